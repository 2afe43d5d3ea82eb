"""Fixtures of the workload tests; what they give is in programs.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workloads.programs import HandFeeder, Programs


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    made = Programs(tmp_path)
    yield made
    made.close()


@pytest.fixture
def hand_feeder() -> Iterator[HandFeeder]:
    made = HandFeeder()
    yield made
    made.vanish()
