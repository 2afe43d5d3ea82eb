"""Files that have no name until they are wanted (O_TMPFILE, open(2)): whoever dies before that leaves nothing."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from tracer.recording.errors import OutputFailed


class Unnamed:
    """A new file in `folder`, readable by its owner only, open for writing as `fd`, which its user closes.

    Raises OutputFailed. Where a file system has no files without a name, it has one that begins with a dot.
    """

    def __init__(self, folder: Path) -> None:
        self._name: str | None = None
        try:
            try:
                self.fd = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
            except OSError:
                self.fd, self._name = tempfile.mkstemp(prefix=".iotrace-", dir=folder)
        except OSError as error:
            raise OutputFailed(f"cannot make another file in {folder}: {error.strerror}.") from error

    def replace(self, path: Path) -> None:
        """Put it in the place of the file at `path`, at once for whoever opens that. Raises OSError."""
        name = self._name
        if name is None:
            name = os.fspath(path.with_name(f".{path.name}.{os.getpid()}"))
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            # With a directory named, Python calls linkat(2), which can follow the link; link(2) does not.
            os.link(f"/proc/self/fd/{self.fd}", name, src_dir_fd=self.fd, follow_symlinks=True)
        os.replace(name, path)
        self._name = None

    def discard(self) -> None:
        """Give up the name it may have."""
        if self._name is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._name)
