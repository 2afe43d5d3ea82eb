"""The recorder against capture processes that behave, refuse, die and talk nonsense."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.recording.wires import END, HELLO, Wired, events, frame
from tracer.recording.capture_process import CaptureProcess
from tracer.recording.errors import CaptureFailed
from tracer.recording.header import header_of_hello
from tracer.recording.output import Outcome
from tracer.recording.reader import Recording
from tracer.recording.recorder import Recorder
from tracer.recording.writer import Writer, create
from tracer.wire import End

Run = Callable[..., Outcome]

FAKE = """
import os, signal, sys, time
wire, control = int(sys.argv[sys.argv.index("--wire") + 1]), int(sys.argv[sys.argv.index("--control") + 1])
told = []
signal.signal(signal.SIGUSR1, lambda *_: told.append(os.read(control, 4096)))
def send(data):
    view = memoryview(data)
    while view:
        view = view[os.write(wire, view):]
def wait_for(line):
    while line not in b"".join(told):
        time.sleep(0.01)
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Record what a fake capture process (the given Python code) does."""

    def record(code: str, commands: int | None = None, writer: Callable[[int, Any], Writer] = Writer) -> Outcome:
        script = tmp_path / "fake.py"
        script.write_text(FAKE + code)
        output = create(tmp_path / "a.iotrace")

        def open_writer(hello: Mapping[str, Any]) -> Writer:
            return writer(output, header_of_hello(hello, ("prog", "x"), {"pin": "auto"}))

        # `-m runpy` runs the script with the wire options where the real capture process has them.
        capture = CaptureProcess([sys.executable, "-m", "tests.tracer.recording.fake_capture", str(script)])
        return Recorder(capture, open_writer, commands).run()

    return record


def test_events_hello_and_end_become_a_recording(run: Run, tmp_path: Path) -> None:
    sent = [frame(HELLO), *(frame(events([Wired(n)] * 512)) for n in range(11)), frame(END)]
    (tmp_path / "wire").write_bytes(b"".join(sent))
    outcome = run(f"send(open({str(tmp_path / 'wire')!r}, 'rb').read())")
    assert outcome == Outcome(End.EXITED, 7 << 8, 11 * 512, 0)
    with Recording.open(tmp_path / "a.iotrace") as recording:
        assert [batch.num_rows for batch in recording.batches] == [4096, 11 * 512 - 4096, 1]
        header = recording.header
        assert (header.command, header.pid, header.capture_pid) == (("prog", "x"), 4003, 4001)
        assert header.calibration["shared"] == {"run_ns": 1.5, "samples": 307}


def test_waiting_events_are_written_while_capture_is_silent(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "a.iotrace")
    (tmp_path / "wire").write_bytes(frame(HELLO) + frame(events([Wired(n) for n in range(7)])))
    outcome = run(
        f"""
send(open({str(tmp_path / "wire")!r}, 'rb').read())
sys.path.insert(0, {str(Path.cwd())!r})
from tracer.recording.reader import Recording
while not (os.path.getsize({path!r}) and Recording.open({path!r}).rows == 7):
    time.sleep(0.01)
send({frame(END)!r})
"""
    )
    assert (outcome.reason, outcome.calls) == (End.EXITED, 7)


def test_a_capture_process_that_dies_leaves_an_ended_recording(run: Run, tmp_path: Path) -> None:
    sent = frame(HELLO) + frame(events([Wired(3)] * 5)) + frame(events([Wired(3)]))[:-9]
    outcome = run(f"send({sent!r}); os.kill(os.getpid(), 9)")
    assert (outcome.reason, outcome.calls) == (End.CAPTURE_DIED, 5)
    assert outcome.complaint == "the capture process died (signal 9)"
    with Recording.open(tmp_path / "a.iotrace") as recording:
        assert recording.rows == 6
        assert recording.end is not None
        assert recording.end.reason is End.CAPTURE_DIED


def test_a_refusal_is_an_error_with_its_stage(run: Run) -> None:
    refusal = frame({"failed": {"stage": "seize", "errno": "EPERM", "pid": 4242}})
    with pytest.raises(CaptureFailed) as caught:
        run(f"send({refusal!r})")
    assert (caught.value.stage, caught.value.errno, caught.value.pid) == ("seize", "EPERM", 4242)


def test_a_refusal_after_hello_is_an_error_too(run: Run) -> None:
    sent = frame(HELLO) + frame({"failed": {"stage": "exec", "errno": "ENOEXEC", "pid": 4242}})
    with pytest.raises(CaptureFailed, match="cannot exec: ENOEXEC"):
        run(f"send({sent!r})")


def test_silence_is_an_error(run: Run) -> None:
    with pytest.raises(CaptureFailed, match="exit status 3"):
        run("sys.exit(3)")


@pytest.mark.parametrize("nonsense", [b"GET / HTTP/1.1\r\n" * 9, frame({"hello": 1})[:-1] + b"\xff"])
def test_nonsense_on_the_wire_ends_the_program_and_the_recording(run: Run, nonsense: bytes) -> None:
    outcome = run(f"send({frame(HELLO)!r}); time.sleep(0.05); send({nonsense!r}); wait_for(b'kill')")
    assert outcome.reason is End.CAPTURE_DIED
    assert outcome.complaint is not None
    assert "not an event" in outcome.complaint


def test_a_full_disk_lets_the_program_run_on(run: Run) -> None:
    class Full(Writer):
        def write(self, batch: Any) -> bool:
            self.full = "No space left on device"
            self.lost += batch.num_rows
            return False

    sent = frame(HELLO) + frame(events([Wired(3)] * 23))
    outcome = run(f"send({sent!r}); wait_for(b'detach wait')", writer=Full)
    assert (outcome.reason, outcome.calls, outcome.lost) == (End.NO_SPACE, 0, 23)
    assert outcome.complaint is not None


def test_commands_of_the_viewer_reach_capture(run: Run) -> None:
    import os

    read, write = os.pipe()
    os.write(write, b"detach wait\n")
    end = frame({"end": {"reason": "detached", "status": None}})
    outcome = run(f"send({frame(HELLO)!r}); wait_for(b'detach wait'); send({end!r})", read)
    os.close(write)
    os.close(read)
    assert outcome == Outcome(End.DETACHED, None, 0, 0)


def test_a_viewer_that_dies_ends_the_program(run: Run) -> None:
    import os

    read, write = os.pipe()
    os.close(write)
    killed = frame({"end": {"reason": "exited", "status": 9}})
    outcome = run(f"send({frame(HELLO)!r}); wait_for(b'kill'); send({killed!r})", read)
    os.close(read)
    assert outcome == Outcome(End.EXITED, 9, 0, 0)
