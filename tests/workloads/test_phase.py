"""Inside the measured phase there is the model and nothing else, cross-checked with strace."""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.workloads.programs import BOUND
from workloads import catalog, launch, options

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
CALL = re.compile(r"^\d+ +(\w+)\(.*?(?: = (-?\d+)(?: (E\w+))?.*)?$")


def phase(tmp_path: Path, name: str, *words: str) -> Counter[str]:
    """How often each call was made in the measured phase; "read EAGAIN" for one that failed."""
    trace = tmp_path / "trace"
    with launch.start_feeder() as feeder:
        program = launch.command(name, options.parse(catalog.model(name), words), feeder.address)
        traced = ["strace", "-f", "-o", str(trace), *program]
        subprocess.run(traced, timeout=BOUND, check=True, capture_output=True)
    inside = trace.read_text().partition("iotrace:begin measure")[2].partition("iotrace:end measure")[0]
    calls: Counter[str] = Counter()
    for line in inside.splitlines()[1:-1]:
        if found := CALL.match(line):
            calls[" ".join(part for part in (found[1], found[3]) if part)] += 1
        elif " --- SIG" in line:
            calls["signal"] += 1
    return calls


def test_blocking_reads_every_message_once(tmp_path: Path) -> None:
    assert phase(tmp_path, "blocking", "--messages", "23", "--interval", "0.01") == {"read": 23}


@pytest.mark.parametrize("transport", catalog.CHANNELS)
def test_blocking_serves_one_client_after_the_other(tmp_path: Path, transport: str) -> None:
    words = ("--clients", "3", "--messages", "23", "--interval", "0.005", "--transport", transport)
    assert phase(tmp_path, "blocking", *words) == {"read": 69}


def test_nonblocking_asks_in_vain(tmp_path: Path) -> None:
    calls = phase(tmp_path, "nonblocking", "--messages", "3", "--interval", "0.1")
    assert calls["read"] == 3
    assert calls["read EAGAIN"] > 60
    assert set(calls) == {"ioctl", "read", "read EAGAIN"}


def test_select_and_poll_wait_and_read(tmp_path: Path) -> None:
    words = ("--clients", "3", "--messages", "23", "--interval", "0.005")
    for name, wait in (("select", "pselect6"), ("poll", "poll")):
        calls = phase(tmp_path, name, *words)
        assert set(calls) == {wait, "read"}
        assert calls["read"] == 69
        assert 23 <= calls[wait] <= 69


def test_epoll_registers_once(tmp_path: Path) -> None:
    calls = phase(tmp_path, "epoll", "--clients", "3", "--messages", "23", "--interval", "0.005")
    assert (calls["epoll_ctl"], calls["read"]) == (3, 69)
    assert set(calls) == {"epoll_create1", "epoll_ctl", "epoll_wait", "read"}


def test_epoll_edge_drains_to_eagain(tmp_path: Path) -> None:
    calls = phase(tmp_path, "epoll-edge", "--clients", "3", "--messages", "23", "--interval", "0.01")
    assert calls["read"] == 69
    assert 3 <= calls["read EAGAIN"] <= 69


def test_sigio_gets_signals_and_reads_after_each(tmp_path: Path) -> None:
    calls = phase(tmp_path, "sigio", "--clients", "3", "--messages", "23", "--interval", "0.01")
    assert calls["read"] == 69
    # The signal follows the data. On a busy machine the last messages of a client may be read before it.
    assert 55 <= calls["signal"] <= 69
    assert calls["rt_sigreturn"] + calls["rt_sigreturn EINTR"] == calls["signal"]


def test_io_uring_makes_fewer_calls_than_messages(tmp_path: Path) -> None:
    calls = phase(tmp_path, "io-uring", "--clients", "23", "--messages", "11", "--interval", "0.02")
    assert "read" not in calls
    assert calls.total() < 23 * 11


def test_aio_reads_in_helpers(tmp_path: Path) -> None:
    calls = phase(tmp_path, "aio", "--messages", "11", "--interval", "0.01", "--notify", "signal")
    assert calls["signal"] == 11
    assert calls["rt_sigqueueinfo"] == 11


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("copy-readwrite", {"read": 23, "write": 23}),
        ("copy-sendfile", {"sendfile": 23}),
        ("copy-splice", {"pipe2": 1, "splice": 46}),
    ],
)
def test_copies_make_the_calls_they_are_named_after(tmp_path: Path, name: str, calls: dict[str, int]) -> None:
    assert phase(tmp_path, name, "--messages", "23", "--size", "4096") == calls


def test_copy_mmap_writes_from_the_map(tmp_path: Path) -> None:
    calls = phase(tmp_path, "copy-mmap", "--messages", "23", "--size", "4096")
    assert (calls["mmap"], calls["write"], calls["read"]) == (1, 23, 0)
