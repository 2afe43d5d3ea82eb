"""strace's own test programs under iotrace: each prints the lines strace should write of it; ours must agree."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from tests.live.recorded import Recorded, record
from tests.live.strace_suite_rules import Call, expected, ours
from tests.live.strace_suite_score import Difference, Score, agreement, score_of
from tests.live.strace_suite_values import parts
from tests.live.strace_text import Line, line_of
from tracer.decode import constants_files, constants_network, constants_process, constants_system, constants_uring
from tracer.export import json_lines, strace

KEPT_BYTES: Final = "256"
"""More than any test looks at; what is compared is cut as the test has strace cut it."""
ABBREVIATED: Final = 32
"""strace's -s, which also limits the elements of arrays."""
PROGRAMS: Final[Mapping[str, int | None]] = dict.fromkeys((
    "aio", "aio_pgetevents", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
    "epoll_wait", "eventfd", "io_uring_enter", "io_uring_register", "io_uring_setup", "mmsg",
    "mmsg_name", "pread64-pwrite64", "preadv", "preadv-pwritev", "preadv2-pwritev2", "pselect6", "readv",
    "recvmmsg-timeout", "restart_syscall", "select", "sendfile", "signalfd4", "splice", "tee", "vmsplice",
), ABBREVIATED) | {"poll": None, "ppoll": 2, "ppoll-v": None, "mmsg_name-v": None, "pwritev": 7}  # fmt: skip
"""Programs, and the -s of their test (None: -v, nothing is cut). Left out are those whose call x86-64 does not have
(_newselect, oldselect, pselect6_time64, sendfile64, ...), those that try strace's filters and styles (-P, -y, -X,
-e verbose=none), and read-write, which prints its lines in 340,000 calls of the kind it is about."""
SKIPPED: Final = 77
"""Exit status of a test that cannot be made on this machine (automake's)."""
EXPECTED: Final = re.compile(r"(\w+)\((.*)\)\s+= (.*)")
OURS: Final = re.compile(r"\d+\s+\d+\.\d+ (.*)")
TOOK: Final = re.compile(r" <\d+\.\d+>$")


def run(tests: Path, program: str, folder: Path, unknown: Mapping[str, int]) -> Score:
    """One program of the directory `tests`, in `folder`."""
    work = folder / "work"
    work.mkdir(parents=True)
    recorded = record([tests / program], folder, "--capture-bytes", KEPT_BYTES, cwd=work)
    if recorded.status == SKIPPED:
        return Score(program, skipped=recorded.errors.strip().splitlines()[0])
    if recorded.status:
        said = recorded.errors.strip().replace("\n", "; ")
        return Score(program, lines=1, fields=1, differences=(Difference(f"{program} ends well", said),))
    text = recorded.output.decode("latin-1") or (tests / f"{program}.expected").read_text()
    if "\\(" in text:
        return _matched(program, text, recorded)
    wanted = [expected(call, PROGRAMS[program]) for call in _expected_calls(text)]
    got = [ours(call, PROGRAMS[program], unknown) for call in _our_calls(recorded, {call.name for call in wanted})]
    return score_of(program, list(_aligned(wanted, got)))


def _expected_calls(text: str) -> Iterator[Call]:
    """The calls and signals a program says strace should show; dumps (-e read) and the end are left out."""
    for line in text.splitlines():
        if match := EXPECTED.fullmatch(line):
            yield Call(match[1], tuple(parts(match[2])), match[3])
        elif line.startswith("---"):
            yield Call("---", (line,), "")


def _our_calls(recorded: Recorded, names: set[str]) -> Iterator[Call]:
    """Our lines of calls named so, with their registers."""
    with recorded.open() as recording:
        events = [json.loads(line) for line in json_lines.lines(recording)]
        text = list(strace.lines(recording))
    calls = deque((event["name"], tuple(event["raw"])) for event in events if event["kind"] == "call")
    for line in _our_lines(text):
        returned = bool(calls) and calls[0][0] == line.name
        raw = calls.popleft()[1] if returned else ()
        if line.name in names:
            args = tuple(parts(line.args)) if line.result else (line.args,)
            yield Call(line.name, args, line.result, raw=raw)


def _our_lines(text: Sequence[str]) -> Iterator[Line]:
    for each in text:
        if match := OURS.fullmatch(each.rstrip("\n")):
            yield line_of(TOOK.sub("", match[1]))


def _aligned(wanted: Sequence[Call], got: Sequence[Call]) -> Iterator[tuple[Call, Call | None]]:
    """Every expected call with ours in its place. Ours may have more: the loader's, those that print the lines."""
    if [call.name for call in wanted] == [call.name for call in got]:
        yield from zip(wanted, got, strict=True)
        return
    matcher = SequenceMatcher(None, list(map(str, wanted)), list(map(str, got)), autojunk=False)
    for _, begin, end, first, last in matcher.get_opcodes():
        rest = list(got[first:last])
        for call in wanted[begin:end]:
            place = _likest(call, rest)
            yield call, None if place is None else rest[place]
            del rest[: 0 if place is None else place + 1]


def _likest(call: Call, among: Sequence[Call]) -> int | None:
    """The place of the call that agrees best, the first of equals; None when none has the name."""
    places = [place for place, each in enumerate(among) if each.name == call.name]
    return max(places, key=lambda place: sum(agreement(call, among[place])), default=None)


def _matched(program: str, text: str, recorded: Recorded) -> Score:
    """For a program that prints regular expressions (POSIX's) that the lines must match, in this order."""
    with recorded.open() as recording:
        lines = [TOOK.sub("", line.split(maxsplit=2)[2].rstrip("\n")) for line in strace.lines(recording)]
    got = [re.sub(r"\)\s+= ", ") = ", line) for line in lines]
    patterns = [each.replace("[[:xdigit:]]", "[0-9a-fA-F]") for each in text.splitlines()]
    begin, missed = 0, []
    for pattern in patterns:
        place = next((at for at in range(begin, len(got)) if re.fullmatch(pattern, got[at])), None)
        if place is None:
            missed.append(Difference(pattern, None))
        else:
            begin = place + 1
    same = len(patterns) - len(missed)
    return Score(program, len(patterns), same, len(patterns), same, differences=tuple(missed))


def unknown_names(tests: Path) -> dict[str, int]:
    """Names of ours for numbers that this strace has no name for yet, with the numbers."""
    tables = [*(tests.parent / "src" / "xlat").glob("*.in"), *(tests.parent / "src").glob("*.c")]
    known = {name for table in tables for name in re.findall(r"\w+", table.read_text(errors="replace"))}
    return {name: number for name, number in _our_names() if name not in known}


def _our_names() -> Iterator[tuple[str, int]]:
    for module in (constants_files, constants_network, constants_process, constants_system, constants_uring):
        for flags in module.FLAGS.values():
            yield from ((name, number) for number, name in flags.bits)
        for constants in module.CONSTANTS.values():
            yield from ((name, number) for number, name in constants.items())
