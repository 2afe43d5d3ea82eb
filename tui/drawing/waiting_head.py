"""What one return of a waiting call was, in two lines: when, whose, how many were ready, and what it cost."""

from __future__ import annotations

from rich.text import Text

from tracer.analyze.waiting_sets.asked import Requests
from tracer.analyze.waiting_sets.waiting_sets import Array, Bits, Family, WaitReturn
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import count, duration, moment, several, short_size
from tui.drawing.waiting_list import who


def head_lines(ret: WaitReturn, start_ns: int, palette: Palette, width: int = 400) -> list[Text]:
    """Two lines; the first says most. Words at their ends that have no room in `width` cells are left out."""
    return [_fitting(_first(ret, start_ns, palette), width), _fitting(_second(ret, palette), width)]


def _fitting(parts: list[Text], width: int) -> Text:
    """As many of `parts` as there is room for, from the front; at least the first."""
    line = Text(no_wrap=True, end="", overflow="ellipsis")
    for place, part in enumerate(parts):
        if place and line.cell_len + part.cell_len > width:
            break
        line.append_text(part)
    return line


def _first(ret: WaitReturn, start_ns: int, palette: Palette) -> list[Text]:
    line = Text()
    line.append(f" {who(ret.waiter)} ", palette.strong)
    line.append(f"return {count(ret.number + 1)} of {count(ret.waiter.returns)}", palette.accent)
    line.append(f" · {_outcome(ret)}", palette.text)
    if ret.useless:
        line.append(" · ✗ USELESS WAKE-UP", palette.wasted)
    at, thread = f" · at {moment(ret.at_ns - start_ns)} s", f" · thread {ret.tid}"
    return [line, Text(at, palette.faint), Text(thread, palette.faint)]


def _outcome(ret: WaitReturn) -> str:
    if ret.result < 0:
        return clean(ret.outcome)
    watched = ret.watched
    if isinstance(watched, Requests):
        return f"{count(len(watched.answered))} answered, {count(len(watched.flying))} in flight"
    if ret.result == 0:
        return "nothing ready: timeout"
    if isinstance(watched, Bits):
        asked = len(frozenset().union(*(each for each in watched.asked if each)))
    else:
        asked = len(watched.entries)
    of = f" of {count(asked)}" if asked else ""
    bits = "" if not isinstance(watched, Bits) else " bit" if ret.result == 1 else " bits"
    return f"{count(ret.result)}{bits}{of} ready"


def _second(ret: WaitReturn, palette: Palette) -> list[Text]:
    line = Text()
    line.append(f" {ret.name}, {_asked(ret)}", palette.faint)
    slept = f"slept {duration(ret.blocked_ns)}" if ret.blocked_ns else "did not sleep"
    line.append(f" · {slept}", palette.blocked)
    line.append(f" · kernel {duration(ret.kernel_ns)}", palette.kernel)
    copied = Text(" · copied", palette.faint)
    copied.append(f" ↓{short_size(ret.bytes_in)}", palette.copy_in)
    copied.append(f" ↑{short_size(ret.bytes_out)}", palette.copy_out)
    cut = " · too many calls until the next wait to look at all" if ret.cut else ""
    return [line, copied, Text(cut, palette.faint), Text(f" {_what_crossed(ret)}", palette.faint)]


def _asked(ret: WaitReturn) -> str:
    """What the call was to wait for."""
    if not isinstance(ret.watched, Requests):
        return f"timeout {_timeout(ret)}"
    wanted = ret.watched.wanted
    waits = f"waits for {several(wanted, 'answer')}" if wanted else "does not wait"
    timeout = f", timeout {_timeout(ret)}" if ret.timeout else ""
    return f"{waits}{timeout} · {count(ret.watched.handed)} handed over"


def _timeout(ret: WaitReturn) -> str:
    """A plain number is of milliseconds; what is behind a pointer comes with its fields."""
    if ret.timeout in ("-1", "NULL"):
        return "for ever"
    return f"{ret.timeout} ms" if ret.timeout.isdigit() else clean(ret.timeout)


def _what_crossed(ret: WaitReturn) -> str:
    watched = ret.watched
    if isinstance(watched, Bits):
        sets = sum(each is not None for each in watched.asked)
        return f"({several(sets, 'set')} of {several(watched.bytes_each // 8, 'word')}, in and out again)"
    if isinstance(watched, Array):
        return "(the whole array in, every revents out)"
    if isinstance(watched, Requests) and ret.waiter.family is Family.URING:
        return "(requests and answers lie in memory that both share)"
    return "(one io_event an answer, out)" if isinstance(watched, Requests) else "(only what is ready, out)"
