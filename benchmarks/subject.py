"""The measured programs: C files with known calls, compiled on the spot, that time themselves untraced."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Final

SECTIONS: Final = ("getppid", "read 1 B", "pread 64 KiB", "preadv 1 MiB", "poll 1000 fds", "user work")
CALL_OF: Final = {
    "getppid": "getppid",
    "read 1 B": "read",
    "pread 64 KiB": "pread64",
    "preadv 1 MiB": "preadv",
    "poll 1000 fds": "poll",
    "user work": "getppid",
}
"""The call each section makes over and over; "user work" is what runs between two of them."""
COLD: Final = "preadv 1 MiB, cold"
"""The preadv after 256 KiB of other memory were touched: not traced, for comparison."""
LOOPS: Final = ("getppid", "read", "poll", "epoll_wait", "writev")
"""What the tight loop can call; getppid has no memory."""
_PROGRAMS: Final = Path(__file__).with_name("programs")


def compile_program(source: str, name: str, folder: Path) -> Path:
    """Compile C source with the system's compiler; raises CalledProcessError when that fails."""
    path = folder / name
    subprocess.run(["cc", "-O1", "-pthread", "-x", "c", "-o", path, "-"], input=source.encode(), check=True)
    return path


def accuracy_program(folder: Path) -> Path:
    """The program with all sections (`accuracy CALLS THREADS`); prints its own ns per call as JSON."""
    return compile_program((_PROGRAMS / "accuracy.c").read_text(), "subject", folder)


def loop_program(folder: Path) -> Path:
    """The tight loop (`loop CALL CALLS`, CALL of `LOOPS`); prints its own ns per call: CPU, wall."""
    return compile_program((_PROGRAMS / "loop.c").read_text(), "loop", folder)


def untraced(program: Path, *arguments: str) -> dict[str, float]:
    """What the accuracy program says of itself when nobody watches, ns per call by section."""
    output = subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout
    truth: dict[str, float] = json.loads(output)
    return truth


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes away."""
    return tempfile.TemporaryDirectory(prefix="iotrace-benchmark-")
