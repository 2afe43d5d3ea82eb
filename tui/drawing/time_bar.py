"""Where the program's own time goes: four bars, each with its share, its amount and what it went into."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from tracer.analyze.results import Totals
from tui.drawing.palette import BLOCKED, KERNEL, RUNNABLE, STATES, USER, Palette, State, style_of
from tui.drawing.text import fit
from tui.drawing.units import duration, percent

_EIGHTHS = " ▏▎▍▌▋▊▉"
_LABEL, _SHARE, _AMOUNT = 9, 8, 10
_LEAST_BAR: Final = 10


def time_bar(
    totals: Totals, uncertainty_ns: int, width: int, palette: Palette, *, untraced: bool = False
) -> list[Text]:
    """Four lines of at most `width` cells. `uncertainty_ns` is the ± on user and on kernel; `untraced`: there were
    calls that nobody looked at, so what seems user time has kernel time in it."""
    notes = {state: note(state, totals, uncertainty_ns, roomy=width >= 104) for state in STATES}
    if untraced:
        notes[USER] = "  ".join(filter(None, ("user + untraced kernel", notes[USER])))
    room = width - 1 - _LABEL - _SHARE - _AMOUNT
    longest = max(len(text) for text in notes.values())
    if room - longest - 3 < _LEAST_BAR:  # on a narrow screen the bars are left alone
        notes, longest = dict.fromkeys(STATES, ""), 0
    bar = max(_LEAST_BAR, min(60, room - longest - 3))
    words = {state: "user +" if untraced and state is USER else state.word for state in STATES}
    return [_line(state, words[state], totals, notes[state], bar, palette) for state in STATES]


def bar_text(part: int, whole: int, width: int, pattern: str) -> str:
    """`part` of `whole` as a bar in at most `width` cells; anything above nothing shows at least a sliver.

    A solid pattern ends in eighths of a cell; the others are rounded to whole cells.
    """
    if part <= 0 or whole <= 0:
        return ""
    eighths = max(1, round(8 * width * min(part, whole) / whole))
    if pattern == "█":
        return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
    return pattern * ((eighths + 4) // 8) or "▏"


def note(state: State, totals: Totals, uncertainty_ns: int, *, roomy: bool) -> str:
    """What is worth saying beside one bar; empty when nothing is."""
    times = totals.times
    words = []
    own = {USER: times.user_ns, KERNEL: times.kernel_ns}.get(state, 0)
    if own and uncertainty_ns * 50 >= own:
        words.append(f"±{duration(uncertainty_ns)}")
    if state is KERNEL and totals.failed_kernel_ns and times.kernel_ns:
        share = percent(totals.failed_kernel_ns, times.kernel_ns)
        words.append(f"of it {share} in calls that failed" if roomy else f"{share} in failed calls")
    if state is BLOCKED:
        words += _about_waiting(totals, roomy=roomy)
    if state is RUNNABLE and times.runnable_ns * 2 > times.own_ns:
        words.append("ready, but waits for a CPU")
    if state is RUNNABLE and roomy and times.tracer_ns:
        words.append(f"the tracer's own {duration(times.tracer_ns)} not counted")
    return "  ".join(words)


def _about_waiting(totals: Totals, *, roomy: bool) -> list[str]:
    """Whether the program waits for its data or asks for it over and over: the busy-wait in one sentence."""
    times = totals.times
    if times.blocked_ns * 2 > times.own_ns:
        return ["asleep: costs no CPU"]
    if totals.wasted * 2 > totals.calls and times.blocked_ns * 10 < times.own_ns:
        share = f": {percent(totals.wasted, totals.calls)} of its calls find nothing"
        return [f"spins instead of waiting{share if roomy else ''}"]
    return []


def _line(state: State, name: str, totals: Totals, words: str, bar: int, palette: Palette) -> Text:
    times = totals.times
    part = int(getattr(times, f"{state.word}_ns"))
    style = style_of(palette, state)
    line = Text(" ", no_wrap=True, end="")
    line.append(fit(name, _LABEL), palette.text)
    line.append(fit(bar_text(part, times.own_ns, bar, state.pattern), bar), style)
    line.append(fit(percent(part, times.own_ns), _SHARE, right=True), palette.strong)
    line.append(fit(duration(part), _AMOUNT, right=True), palette.text)
    line.append(f"   {words}" if words else "", palette.wasted if state in {KERNEL, BLOCKED} else palette.faint)
    return line
