"""Every model does the whole job on every transport: real processes, prime counts, exact bytes."""

import pytest

from tests.workloads.programs import Programs
from workloads.catalog import CHANNELS, MODELS, Model

COPIES = tuple(model for model in MODELS if model.copies)
RECEIVING = tuple(model for model in MODELS if not model.copies)
WORKING = tuple(model for model in MODELS if model.works)
PRIMES = ("--clients", "5", "--messages", "23", "--size", "67")


def name_of(model: Model) -> str:
    return model.name


@pytest.mark.parametrize("transport", CHANNELS)
@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_receives_every_byte(programs: Programs, model: Model, transport: str) -> None:
    fields = programs.fed(model.name, *PRIMES, "--interval", "0.001", "--transport", transport)
    assert fields["ok"]
    assert (fields["model"], fields["transport"]) == (model.name, transport)
    assert (fields["received"], fields["payload_bytes"]) == (5 * 23, 5 * 23 * 67)
    assert fields["checksum_ok"]
    assert fields["sequence_ok"]
    assert 0 < fields["latency_p50_ns"] <= fields["latency_p99_ns"]
    assert fields["wall_ns"] > 0
    assert fields["work_done"] == 0


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_puts_messages_together_that_come_in_pieces(programs: Programs, model: Model) -> None:
    """300,007 bytes fit neither a pipe nor a socket buffer at once, and nothing is paced."""
    words = (
        "--clients",
        "3",
        "--messages",
        "7",
        "--size",
        "300007",
        "--interval",
        "0",
        "--transport",
        "unix",
    )
    fields = programs.fed(model.name, *words)
    assert fields["ok"]
    assert fields["payload_bytes"] == 3 * 7 * 300007


@pytest.mark.parametrize("model", WORKING, ids=name_of)
def test_works_while_it_waits(programs: Programs, model: Model) -> None:
    fields = programs.fed(model.name, *PRIMES, "--interval", "0.002", "--work", "3")
    assert fields["ok"]
    assert fields["work_done"] > 0
    assert fields["work_done"] % 3 == 0


@pytest.mark.parametrize("notify", ["signal", "thread", "suspend"])
@pytest.mark.parametrize("work", ["0", "3"])
def test_aio_is_told_in_three_ways(programs: Programs, notify: str, work: str) -> None:
    fields = programs.fed("aio", *PRIMES, "--interval", "0.001", "--notify", notify, "--work", work)
    assert fields["ok"]


@pytest.mark.parametrize("work", ["0", "3"])
def test_io_uring_with_a_kernel_thread(programs: Programs, work: str) -> None:
    assert programs.fed("io-uring", *PRIMES, "--interval", "0.001", "--sqpoll", "--work", work)["ok"]


def test_linux_aio_reads_a_file_past_the_page_cache(programs: Programs) -> None:
    fields = programs.fed("linux-aio", *PRIMES, "--transport", "file")
    assert fields["ok"]
    assert fields["payload_bytes"] == 5 * 23 * 67


def test_a_message_may_be_a_bare_header(programs: Programs) -> None:
    assert programs.fed("epoll", "--messages", "3", "--size", "20", "--interval", "0")["payload_bytes"] == 60


def test_models_that_cannot_work_ignore_work(programs: Programs) -> None:
    fields = programs.fed("epoll", "--messages", "3", "--interval", "0.001", "--work", "5")
    assert fields["ok"]
    assert fields["work_done"] == 0


def test_a_copy_is_paced_when_asked(programs: Programs) -> None:
    fields = programs.fed("copy-sendfile", "--messages", "5", "--interval", "0.01")
    assert fields["wall_ns"] >= 40_000_000
