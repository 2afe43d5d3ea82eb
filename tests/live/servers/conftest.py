"""A folder for a server, that users other than root can reach."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """pytest's own are closed to other users; some servers refuse to run as root."""
    path = Path(tempfile.mkdtemp(prefix="iotrace-server-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)
