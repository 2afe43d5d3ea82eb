"""Options survive the way from one command line to the next, and defaults make a run of two seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads import catalog, launch
from workloads.catalog import MODELS, Model
from workloads.errors import BadOption
from workloads.options import NOTIFY, JobOptions, defaults, parse, to_argv

JOBS = st.builds(
    JobOptions,
    clients=st.integers(1, 10_000),
    messages=st.integers(1, 2**32 - 1),
    size=st.integers(20, 1 << 20),
    interval=st.floats(0, 1e6),
    work=st.integers(0, 10_000),
    transport=st.sampled_from(catalog.CHANNELS),
    stagger=st.booleans(),
)


@given(JOBS, st.sampled_from(MODELS))
def test_options_come_back_from_their_words(job: JobOptions, model: Model) -> None:
    assert parse(model, to_argv(model, job)) == job


@pytest.mark.parametrize("notify", NOTIFY)
def test_options_of_one_model(notify: str) -> None:
    aio = catalog.model("aio")
    assert parse(aio, ["--notify", notify]).notify == notify
    assert parse(aio, to_argv(aio, parse(aio, ["--notify", notify]))).notify == notify
    ring = catalog.model("io-uring")
    assert parse(ring, to_argv(ring, parse(ring, ["--sqpoll"]))).sqpoll
    assert parse(catalog.model("linux-aio"), ["--transport", "file"]).transport == "file"


def test_words_are_not_abbreviated() -> None:
    with pytest.raises(BadOption, match="unrecognized arguments"):
        parse(catalog.model("epoll"), ["--client", "3"])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_bare_run_takes_about_two_seconds(model: Model) -> None:
    job = defaults(model)
    assert job.messages * job.interval == (0 if model.copies else 2)
    assert parse(model, []) == job


def test_the_command_of_a_model() -> None:
    command = launch.command("epoll-edge", JobOptions(clients=3), "@0001f")
    assert command[command.index("-m") + 1] == "workloads.epoll_edge"
    assert command[-2:] == ["--feeder", "@0001f"]
    assert "--feeder" not in launch.command("epoll-edge", JobOptions())
