"""kill -9 of the capture process and of the recorder, and a full disk, each in the middle of a run."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.bpf import bpf_refused
from tests.live.recorded import IOTRACE, TIMEOUT, iotrace
from tracer.recording.reader import Recording

# Announces its pid, then makes calls until it is ended; never ends by itself within a test.
BUSY = (
    "import os, time\nprint(os.getpid(), flush=True)\n"
    "end = time.monotonic() + 100\nwhile time.monotonic() < end: os.getppid()"
)


def started(path: Path, *options: str) -> tuple[subprocess.Popen[str], int]:
    """A recorder with a busy program under it, and the program's pid."""
    recorder = subprocess.Popen(
        [*IOTRACE, "record", "-o", path, *options, "--", sys.executable, "-c", BUSY],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert recorder.stdout is not None
    return recorder, int(recorder.stdout.readline())


def parent_of(pid: int) -> int:
    return int(re.search(r"PPid:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])  # type: ignore[index]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether `condition` comes true within the time limit."""
    end = time.monotonic() + TIMEOUT / 2
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def has_rows(path: Path) -> bool:
    try:
        with Recording.open(path) as recording:
            return recording.rows > 1000
    except Exception:
        return False


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    path = tmp_path / "busy.iotrace"
    recorder, program = started(path)
    try:
        assert eventually(lambda: has_rows(path)), tree_of(recorder.pid)
        yield recorder, program, path
    finally:
        recorder.kill()
        recorder.communicate(timeout=TIMEOUT)


def tree_of(pid: int) -> str:
    """What a process tree waits in, for the message of a failure."""
    lines = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            command = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:120]
            if (int(each.name) >= pid and "iotrace" in command) or "getppid" in command:
                stat = (each / "stat").read_text().rpartition(")")[2].split()
                lines.append(f"{each.name} parent {stat[1]} {stat[0]} {(each / 'wchan').read_text()} {command}")
        except OSError:
            continue
    return "\n".join(lines)


def test_the_capture_process_is_killed(busy: tuple[subprocess.Popen[str], int, Path]) -> None:
    """The program dies with it, the recording says what happened, and the recorder fails with 125."""
    recorder, program, path = busy
    os.kill(parent_of(program), signal.SIGKILL)
    _, errors = recorder.communicate(timeout=TIMEOUT)
    assert recorder.returncode == 125
    assert "Traceback" not in errors
    assert eventually(lambda: is_gone(program))
    assert_incomplete(path)


@pytest.mark.skipif(bpf_refused() != "", reason=f"BPF: {bpf_refused()}")
def test_the_capture_process_is_killed_that_only_watched(tmp_path: Path) -> None:
    """With BPF the program does not die of it by itself; the recorder ends it, as ptrace would."""
    path = tmp_path / "watched.iotrace"
    recorder, program = started(path, "--backend", "ebpf")
    try:
        assert eventually(lambda: has_rows(path)), tree_of(recorder.pid)
        os.kill(parent_of(program), signal.SIGKILL)
        recorder.wait(timeout=TIMEOUT)
        assert eventually(lambda: is_gone(program))
        assert recorder.returncode == 125
        assert_incomplete(path)
    finally:
        recorder.kill()
        if not is_gone(program):
            os.kill(program, signal.SIGKILL)
        recorder.communicate(timeout=TIMEOUT)


def test_the_recorder_is_killed(busy: tuple[subprocess.Popen[str], int, Path]) -> None:
    """Capture and program end with it; the file opens to its last whole batch."""
    recorder, program, path = busy
    capture = parent_of(program)
    recorder.kill()
    recorder.wait(timeout=TIMEOUT)
    assert eventually(lambda: is_gone(program) and is_gone(capture))
    assert_incomplete(path)


def assert_incomplete(path: Path) -> None:
    shown = iotrace("report", path)
    assert shown.returncode == 0
    assert "getppid" in shown.stdout
    assert "incomplete" in (shown.stdout + shown.stderr).lower()
    with Recording.open(path) as recording:
        assert recording.rows > 1000


def test_sigterm_is_for_the_program_and_the_recording_is_finished(
    busy: tuple[subprocess.Popen[str], int, Path],
) -> None:
    """`timeout` and service managers end us politely: the program gets the signal, we report its death."""
    recorder, program, path = busy
    recorder.terminate()
    recorder.communicate(timeout=TIMEOUT)
    assert recorder.returncode == 128 + signal.SIGTERM
    assert is_gone(program)
    report = iotrace("report", path)
    assert "incomplete" not in report.stdout.lower()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to mount a small file system")
def test_the_disk_is_full(tmp_path: Path) -> None:
    """The program runs on and is not disturbed; the recording ends cleanly; 125."""
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", small], check=True, timeout=TIMEOUT)
    try:
        script = "import os\nfor _ in range(20011): os.getppid()\nprint('finished')\nraise SystemExit(3)"
        path = small / "full.iotrace"
        done = iotrace("record", "-o", path, "--", sys.executable, "-c", script)
        assert done.stdout == "finished\n"
        assert done.returncode == 125
        assert "space" in done.stderr.lower()
        assert len(done.stderr.strip().splitlines()) <= 3
        with Recording.open(path) as recording:
            assert recording.rows > 100
        assert "getppid" in iotrace("report", path).stdout
    finally:
        subprocess.run(["umount", small], check=True, timeout=TIMEOUT)


def test_the_screen_is_killed(tmp_path: Path) -> None:
    """kill -9 of the terminal interface: recorder, capture and program end, the recording opens."""
    path = tmp_path / "screen.iotrace"
    pid_file = tmp_path / "pid"
    script = f"import os\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\nwhile True: os.getppid()"
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    screen = subprocess.Popen(
        [*IOTRACE, "run", "-o", path, "--", sys.executable, "-c", script],
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(terminal)
    drain = threading.Thread(target=read_to_end, args=(master,))
    drain.start()
    try:
        assert eventually(lambda: has_rows(path))
        program = int(pid_file.read_text())
        capture = parent_of(program)
        recorder = parent_of(capture)
        assert recorder not in (screen.pid, 1)
    finally:
        screen.kill()
        screen.wait(timeout=TIMEOUT)
    assert eventually(lambda: is_gone(program) and is_gone(capture) and is_gone(recorder))
    with Recording.open(path) as recording:
        assert recording.rows > 1000
    drain.join(timeout=TIMEOUT)
    os.close(master)


def read_to_end(descriptor: int) -> None:
    """Keep a terminal's other end readable until nobody writes to it."""
    try:
        while os.read(descriptor, 65536):
            pass
    except OSError:  # EIO: the last one that had the terminal open is gone
        pass
