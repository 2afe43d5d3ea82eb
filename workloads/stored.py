"""A file that holds every message of the job, for the models that read one instead of a channel.

Message k of client c is record k * clients + c. The file never has a name (O_TMPFILE where the file system
knows it), so it is gone with the last descriptor.
"""

import os
import socket
import tempfile
from typing import BinaryIO

from workloads import rendezvous
from workloads.errors import CannotRun
from workloads.message import Stamp, corrupted
from workloads.terms import Terms

LARGEST = 4 << 30


def give(control: socket.socket, terms: Terms, corrupt: int | None) -> None:
    """Write the file in the system's temporary directory (TMPDIR) and hand its descriptor over.

    CannotRun when it is too large, or does not fit there.
    """
    length = terms.slot * terms.total
    if length > LARGEST:
        raise CannotRun(f"the file would have {length} bytes, more than {LARGEST}; take fewer --messages")
    try:
        with tempfile.TemporaryFile() as file:
            _write(file, terms, corrupt)
            rendezvous.send(control, {"file": True}, [file.fileno()])
    except OSError as error:
        raise CannotRun(
            f"a file of {length} bytes cannot be written in {tempfile.gettempdir()} ({error.strerror}); "
            "point TMPDIR to another directory, or take fewer --messages"
        ) from None


def take(control: socket.socket) -> int:
    """The workload's side of ``give``: a descriptor at the start of the file."""
    _, descriptors = rendezvous.receive(control)
    return descriptors[0]


def _write(file: BinaryIO, terms: Terms, corrupt: int | None) -> None:
    stamps = [Stamp(client, terms.size) for client in range(terms.clients)]
    padding = bytes(terms.slot - terms.size)
    for sequence in range(terms.messages):
        for stamp in stamps:
            data = stamp.message(sequence, 0)
            if sequence == corrupt and stamp.channel == 0:
                data = corrupted(data)
            file.write(data)
            file.write(padding)
    file.flush()
    if terms.role == "file":
        _forget(file.fileno())
    file.seek(0)


def _forget(file: int) -> None:
    """Write it out and drop it from the page cache, so that reading it is reading the disk."""
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
