"""The recording options: what they mean, and what is wrong with a wrong one, before anything is started."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from iotrace import kept, record, run, trace_set
from iotrace.amounts import Amount, Size, Span, SpanOrSize
from iotrace.failures import USAGE, Failure
from iotrace.recording_options import RecordingOptions
from iotrace.target import Target
from tests.iotrace.running import iotrace
from tracer.recording.header import Header
from tracer.recording.writer import Writer, create
from tracer.syscalls.names import numbers
from tracer.wire import Abi, End

SECOND = 1_000_000_000


def options(**given: object) -> RecordingOptions:
    base = {"output": None, "force": False, "pin": "auto", "capture_bytes": 64, "redact": False, "clock": "auto"}
    return RecordingOptions(**{**base, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "ns"),
    [("30s", 30 * SECOND), ("1.5s", 3 * SECOND // 2), ("5m", 300 * SECOND), ("1h", 3600 * SECOND),
     ("1500ms", 3 * SECOND // 2)],
)  # fmt: skip
def test_times(text: str, ns: int) -> None:
    assert Span(SECOND).convert(text, None, None) == ns


@pytest.mark.parametrize(
    "text", ["", "30", "0", "s", "0s", "10ms", "-5s", "5M", "5 s", "1d", "nan", "infs", "9999999h"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"time|between"):
        Span(SECOND).convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "size"), [("200M", 200 << 20), ("1G", 1 << 30), ("1.5MiB", 3 << 19), ("2000k", 2000 << 10)]
)
def test_sizes(text: str, size: int) -> None:
    assert Size(1 << 20).convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "M", "100K", "-1M", "1X", "1e9", "2000000T", "1M 2M"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"size|between"):
        Size(1 << 20).convert(text, None, None)


def test_minutes_are_small_and_megabytes_large() -> None:
    either = SpanOrSize(SECOND // 10, 1 << 16)
    assert either.convert("5m", None, None).ns == 300 * SECOND
    assert either.convert("5M", None, None).size == 5 << 20


@pytest.mark.parametrize("text", ["", "5", "0s", "10", "1K", "x", "5Ms", "1ns"])
def test_what_is_neither(text: str) -> None:
    with pytest.raises(click.BadParameter):
        SpanOrSize(SECOND // 10, 1 << 16).convert(text, None, None)


def names(text: str, abi: Abi = Abi.X86_64) -> set[str]:
    chosen = trace_set.parse(text)
    known = set(numbers(abi))
    return known - chosen.names if chosen.inverted else known & chosen.names


def test_a_set_is_names_patterns_and_classes() -> None:
    assert names("read,WRITE") == {"read", "write"}
    assert {"epoll_wait", "epoll_ctl"} <= names("epoll_*") <= {n for n in numbers(Abi.X86_64) if "epoll" in n}
    assert {"socket", "sendto", "accept4"} <= names("%net")
    assert names("%network") == names("%net")
    assert names("%net,!socket") == names("%net") - {"socket"}
    assert names("!futex") == set(numbers(Abi.X86_64)) - {"futex"}
    assert names("-futex,!read") == set(numbers(Abi.X86_64)) - {"futex", "read"}


def test_a_name_means_its_32_bit_variants_too() -> None:
    assert "clock_nanosleep_time64" in names("clock_nanosleep", Abi.I386)
    assert "futex_time64" not in names("!futex", Abi.I386)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a name is missing"),
        ("read,", "a name is missing"),
        ("!", "a name is missing"),
        ("raed", "no system call is called raed"),
        ("foo*", "no system call is called foo"),
        ("%nett", "there is no class %nett"),
        ("%", "there is no class"),
        ("!futex,read", "is read wanted or not"),
        ("read,!read", "nothing is left"),
    ],
)
def test_what_is_wrong_with_a_set_is_said(text: str, why: str) -> None:
    with pytest.raises(Failure, match=why) as raised:
        trace_set.parse(text)
    assert raised.value.exit_status == USAGE
    assert "Try: " in str(raised.value)


def test_options_survive_being_passed_on_to_the_recorder() -> None:
    given = options(
        redact=True, trace="%net,!poll", follow=False, last=30 * SECOND, max_size=1 << 28, output_every=Amount(ns=5)
    )
    assert [word for word in given.as_arguments() if word not in ("--backend", given.backend)] == [
        "--pin", "auto", "--capture-bytes", "64", "--clock", "auto", "--redact", "--no-follow",
        "--trace", "%net,!poll", "--last", "30000000000ns", "--max-size", "268435456B", "--output-every", "5ns",
    ]  # fmt: skip
    assert Span(SECOND).convert("30000000000ns", None, None) == given.last
    assert Size(1).convert("268435456B", None, None) == given.max_size


def test_what_the_header_is_told() -> None:
    assert kept.settings(options(), hold=False).as_options() == {
        "pin": "auto", "capture_bytes": 64, "redact": False, "clock": "auto",
    }  # fmt: skip
    limited = kept.settings(options(trace="read", last=7, max_size=11), hold=False).as_options()
    assert (limited["trace"], limited["last_ns"], limited["max_size"]) == ("read", 7, 11)
    assert kept.settings(options(follow=False), hold=False).as_options()["follow"] is False


def test_arguments_are_no_part_of_a_redacted_header() -> None:
    target = Target(command=("curl", "-H", "Authorization: x"), path="/usr/bin/curl")
    assert kept.command_shown(target, options(redact=True)) == ("curl", "(arguments redacted)")
    assert kept.command_shown(target, options()) == target.command
    model = Target(command=("epoll", "--clients", "3"), model="epoll")
    assert kept.command_shown(model, options(redact=True)) == model.command


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(Failure, match="ENOSYS"):
        kept.settings(options(trace="read", follow=False), hold=False)
    with pytest.raises(Failure, match="before it starts"):
        record.refuse_trace(options(trace="read"))
    with pytest.raises(Failure, match="--no-tui"):
        run.refuse_several_files(options(output_every=Amount(ns=SECOND)))
    with pytest.raises(Failure, match="two files"):
        kept.place(Path("/nowhere/a"), options(output_every=Amount(size=1 << 20), max_size=1 << 20))


@pytest.mark.parametrize("given", [{"last": SECOND}, {"max_size": 1 << 20}, {"output_every": Amount(ns=SECOND)}])
def test_a_device_cannot_hold_a_tail(given: dict[str, object]) -> None:
    with pytest.raises(Failure, match="not a regular file"):
        kept.place(Path("/dev/null"), options(**given))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["record", "--last", "30", "--", "true"], "write it with its unit"),
        (["record", "--trace", "raed", "--", "true"], "no system call is called raed"),
        (["attach", "1", "--trace", "read", "--no-tui"], "before it starts"),
    ],
)
def test_the_command_says_so_and_exits_with_2(words: list[str], says: str, tmp_path: Path) -> None:
    ran = iotrace(*words, home=tmp_path)
    assert ran.status == USAGE
    assert says in ran.err
    assert not list(tmp_path.rglob("*.iotrace"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"backend": "ptrace"},
        {"backend": "ebpf", "stacks": "all"},
        {"backend": "ebpf", "last": SECOND},
        {"backend": "auto", "max_size": 1 << 24},
        {"backend": "ebpf", "output_every": Amount(ns=SECOND)},
    ],
)
def test_sums_go_without_what_needs_single_calls_or_ptrace(wrong: dict[str, object]) -> None:
    with pytest.raises(Failure, match="--summary") as refused:
        kept.settings(options(summary=True, **wrong), hold=False)
    assert refused.value.exit_status == USAGE


def test_sums_take_the_backend_that_can_make_them() -> None:
    for backend in ("auto", "ebpf"):
        settings = kept.settings(options(summary=True, backend=backend), hold=False)
        assert settings.backend == "ebpf"
        assert settings.as_options()["summary"] is True
    with pytest.raises(Failure, match="--step"):
        kept.settings(options(summary=True, backend="auto"), hold=True)


def test_a_summary_has_no_page_no_operations_and_no_calls_to_export(tmp_path: Path) -> None:
    path = tmp_path / "sums.iotrace"
    made = Writer(create(path), Header(command=("p",), options={"summary": True}))
    made.end(End.EXITED, 0, "the program ended")
    for words in (
        ("report", path, "--html", tmp_path / "x.html"),
        ("report", path, "--by", "operation"),
        ("export", path, "--to", "strace"),
        ("export", path, "--to", "parquet", "-o", tmp_path / "x.parquet"),
    ):
        done = iotrace(*words, home=tmp_path)
        assert done.status == USAGE
        assert "recorded with --summary" in done.err
        assert "Traceback" not in done.err
    assert iotrace("export", path, "--to", "folded", home=tmp_path).status == 0
