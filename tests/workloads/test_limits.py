"""Where a model ends, it says so in one line and exits 2; where only a queue ends, it goes on."""

import resource
import sys

import pytest

from tests.workloads.programs import Programs
from workloads import catalog
from workloads.catalog import MODELS

SOFT, HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
many_descriptors = pytest.mark.skipif(HARD < 1300, reason=f"open files are limited to {HARD} here")
WITH_LIMIT = """
import resource, runpy
resource.setrlimit({}, ({}, {}))
runpy.run_module({!r}, run_name="__main__")
"""


def limited(programs: Programs, limit: str, value: int, name: str, *words: str) -> tuple[int, str]:
    """Run a model after lowering a limit; (exit status, stderr)."""
    module = f"workloads.{catalog.model(name).module}"
    code = WITH_LIMIT.format(getattr(resource, limit), value, value, module)
    ran = programs.run([sys.executable, "-c", code, *words])
    return ran.returncode, ran.stderr


@many_descriptors
def test_select_ends_at_1024(programs: Programs) -> None:
    ran = programs.model("select", "--clients", "1100")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("select: select cannot watch descriptor 11")
    assert "1024" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@many_descriptors
@pytest.mark.parametrize("name", ["poll", "epoll", "io-uring", "linux-aio", "threads"])
def test_the_others_do_not(programs: Programs, name: str) -> None:
    fields = programs.fed(name, "--clients", "1100", "--messages", "2", "--interval", "0.01")
    assert fields["ok"]
    assert fields["received"] == 2200


def test_too_few_descriptors(programs: Programs) -> None:
    status, said = limited(programs, "RLIMIT_NOFILE", 256, "epoll", "--clients", "500")
    assert status == 2
    assert "500 clients need 564 descriptors, the limit here is 256 (ulimit -Hn)" in said
    assert len(said.splitlines()) == 1


def test_sigio_goes_on_when_the_signal_queue_is_full(programs: Programs) -> None:
    """Without room in the queue the kernel sends a plain SIGIO that names nobody, and the set is polled."""
    words = ("--clients", "3", "--messages", "23", "--interval", "0.002")
    assert limited(programs, "RLIMIT_SIGPENDING", 0, "sigio", *words) == (0, "")


def test_sigio_shares_signal_numbers_when_there_are_more_clients(programs: Programs) -> None:
    fields = programs.fed("sigio", "--clients", "67", "--messages", "11", "--interval", "0.005")
    assert fields["ok"]
    assert fields["received"] == 67 * 11


def test_aio_has_a_helper_for_every_client(programs: Programs) -> None:
    """glibc's 20 helpers would all be blocked in the first 20 channels."""
    fields = programs.fed("aio", "--clients", "67", "--messages", "3", "--interval", "0.005")
    assert fields["ok"]


def test_io_uring_with_more_clients_than_entries(programs: Programs) -> None:
    ran = programs.run([sys.executable, "-c", "from workloads.rings import Ring; Ring(40_000, sqpoll=False)"])
    assert "room for 32768 requests at most" in ran.stderr


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_help_explains_the_options(programs: Programs, model: catalog.Model) -> None:
    ran = programs.model(model.name, "--help")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert model.sentence.split()[0] in ran.stdout
    for option in ("--clients", "--messages", "--size", "--interval", "--work", "--transport", "--feeder"):
        assert option in ran.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--clients", "0"], "0 is not between 1 and"),
        (["--messages", "-3"], "-3 is not between 1 and"),
        (["--size", "19"], "19 is not between 20 and"),
        (["--size", "many"], "'many' is not a whole number"),
        (["--interval", "-1"], "-1 is not between 0 and 1000000 seconds"),
        (["--interval", "nan"], "nan is not between 0 and 1000000 seconds"),
        (["--transport", "file"], "invalid choice: 'file'"),
        (["--notify", "signal"], "unrecognized arguments: --notify signal"),
        (["--feeder", "nobody"], "'nobody' is not the address of a feeder"),
    ],
)
def test_a_wrong_option_is_one_line(programs: Programs, words: list[str], why: str) -> None:
    ran = programs.model("epoll", *words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("epoll: ")
    assert why in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
