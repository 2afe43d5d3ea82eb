"""However a run ends, it says so in one line, and nothing of it stays behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workloads.programs import BOUND, HandFeeder, Programs, children, has_ended
from workloads import launch
from workloads.catalog import MODELS
from workloads.message import Stamp, corrupted
from workloads.options import JobOptions

NAMES = [model.name for model in MODELS]
ENDLESS = JobOptions(clients=3, messages=100_000, interval=0.005, transport="unix")
COPYING = JobOptions(clients=3, messages=100, interval=0.005, transport="unix", size=20)


def endless(name: str) -> JobOptions:
    return COPYING if name.startswith("copy") else ENDLESS


def started(programs: Programs, hand: HandFeeder, name: str) -> subprocess.Popen[str]:
    """A workload in its measured phase."""
    process = programs.start(launch.command(name, endless(name), hand.address))
    terms = hand.until_ready()
    if terms.role == "send":
        for sequence in range(3):
            hand.send(sequence)
    return process


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("name", NAMES)
def test_ends_when_its_feeder_dies(programs: Programs, hand_feeder: HandFeeder, name: str) -> None:
    process = started(programs, hand_feeder, name)
    hand_feeder.vanish()
    out, err = process.communicate(timeout=BOUND)
    assert out == ""
    assert err.startswith(f"{name}: the feeder went away")
    assert len(err.splitlines()) == 1
    assert process.returncode == 1


@pytest.mark.parametrize("name", NAMES)
def test_ctrl_c_ends_it_without_a_word(programs: Programs, hand_feeder: HandFeeder, name: str) -> None:
    process = started(programs, hand_feeder, name)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=BOUND) == ("", "")
    assert process.returncode == -signal.SIGINT


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_its_own_feeder_goes_with_it(programs: Programs, tmp_path: Path, ending: signal.Signals) -> None:
    process = programs.start(launch.command("epoll", ENDLESS))
    wait_until(lambda: bool(children(process.pid)))
    (feeder,) = children(process.pid)
    process.send_signal(ending)
    process.communicate(timeout=BOUND)
    wait_until(lambda: has_ended(feeder))
    assert process.returncode == -ending
    assert list(tmp_path.iterdir()) == []


def test_the_feeder_of_a_launcher_ends_with_its_workload(programs: Programs) -> None:
    with launch.start_feeder() as feeder:
        ran = programs.run(launch.command("epoll", JobOptions(messages=3, interval=0.001), feeder.address))
        assert ran.returncode == 0
        os.waitid(os.P_PID, feeder.pid, os.WEXITED | os.WNOWAIT)


def test_a_feeder_that_was_never_called_ends_with_its_launcher() -> None:
    feeder = launch.start_feeder()
    feeder.close()
    feeder.close()
    assert not Path(f"/proc/{feeder.pid}").exists()


def test_killing_the_feeder_process_ends_the_workload(programs: Programs) -> None:
    with launch.start_feeder() as feeder:
        process = programs.start(launch.command("blocking", ENDLESS, feeder.address))
        wait_until(lambda: len(list(Path(f"/proc/{feeder.pid}/fd").iterdir())) > 7)
        os.kill(feeder.pid, signal.SIGKILL)
        out, err = process.communicate(timeout=BOUND)
    assert (out, err, process.returncode) == ("", "blocking: the feeder went away\n", 1)


@pytest.mark.parametrize("name", ["blocking", "io-uring", "copy-splice"])
def test_a_wrong_checksum_is_found(programs: Programs, name: str) -> None:
    with launch.start_feeder(corrupt=5) as feeder:
        ran = programs.run(launch.command(name, JobOptions(messages=11, interval=0.001), feeder.address))
    assert ran.returncode == 1
    assert '"checksum_ok": false' in ran.stdout
    assert '"ok": false' in ran.stdout
    assert ran.stderr == f"{name}: a message arrived damaged: its checksum is wrong\n"


def test_a_damaged_bare_header_is_found(programs: Programs) -> None:
    with launch.start_feeder(corrupt=0) as feeder:
        command = launch.command("poll", JobOptions(messages=3, size=20, interval=0), feeder.address)
        assert programs.run(command).returncode == 1


def test_a_gap_in_the_sequence_is_found(programs: Programs, hand_feeder: HandFeeder) -> None:
    process = programs.start(launch.command("epoll", JobOptions(messages=3), hand_feeder.address))
    hand_feeder.until_ready()
    for sequence in (0, 2, 3):
        hand_feeder.send(sequence)
    out, err = process.communicate(timeout=BOUND)
    assert '"sequence_ok": false' in out
    assert (err, process.returncode) == ("epoll: a message arrived out of sequence\n", 1)


def test_damage_is_no_gap_and_a_gap_is_no_damage(programs: Programs, hand_feeder: HandFeeder) -> None:
    process = programs.start(launch.command("epoll", JobOptions(messages=1), hand_feeder.address))
    hand_feeder.until_ready()
    hand_feeder.raw(corrupted(Stamp(0, 64).message(0, 1)))
    out, _ = process.communicate(timeout=BOUND)
    assert '"checksum_ok": false, "sequence_ok": true' in out


def test_nobody_reads_its_result(programs: Programs) -> None:
    """A reader that is gone is no reason for a traceback."""
    process = programs.start(launch.command("epoll", JobOptions(messages=3, interval=0.01)))
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(BOUND) == 1


def test_no_feeder_at_that_address(programs: Programs) -> None:
    ran = programs.model("epoll", "--feeder", "@nobody")
    assert ran.returncode == 1
    assert ran.stderr == "epoll: no feeder answers at @nobody (Connection refused); start it first\n"


def test_a_full_disk_is_no_traceback(programs: Programs) -> None:
    command = launch.command("epoll", JobOptions(messages=3, interval=0.001))
    ran = programs.run(["sh", "-c", 'exec "$@" > /dev/full', "sh", *command])
    assert ran.returncode == 1
    assert ran.stderr == "epoll: the result cannot be written: No space left on device\n"


def test_a_closed_stdout_breaks_nothing(programs: Programs) -> None:
    command = launch.command("epoll", JobOptions(messages=3, interval=0.001))
    ran = programs.run(["sh", "-c", 'exec "$@" >&-', "sh", *command])
    assert (ran.returncode, ran.stderr) == (0, "")


def test_files_in_the_working_directory_are_not_imported(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("select", "json", "workloads"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from the working directory')")
    monkeypatch.chdir(tmp_path)
    assert programs.fed("select", "--messages", "3", "--interval", "0.001")["ok"]
