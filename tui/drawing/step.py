"""The step panel: which call a thread is held at, what it means, and the kernel's side of it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from tracer.kernel.states import DescriptorState, ThreadState, Watch
from tui.drawing.figure_glyphs import UNICODE
from tui.drawing.palette import Palette
from tui.drawing.text import clean, fit
from tui.drawing.units import several, size
from tui.drawing.waiting_words import epoll_events, epoll_mode
from tui.step_view import Elsewhere, StepView

_WATCHED_SHOWN = 4
_ELSEWHERE_SHOWN = 3


def step_lines(view: StepView, width: int, height: int, palette: Palette) -> list[Text]:
    """At most `height` lines of `width` cells, the most important first."""
    lines = list(_lines(view, width, palette))[: max(1, height)]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _lines(view: StepView, width: int, palette: Palette) -> Iterator[Text]:
    call = view.call
    if call is None:
        yield from _waiting(view, palette)
        return
    entry = call.hold.at_entry
    head = Text("HELD before " if entry else "HELD after ", palette.accent)
    head.append(clean(call.text), palette.strong)
    yield head
    sentence = call.sentence + (f"; {view.outlook}" if view.outlook else "")
    yield from _wrapped(sentence[:1].upper() + sentence[1:] + "." if sentence else "", width, palette)
    yield _figure(view, palette)
    for state, name in zip(view.descriptors, call.names, strict=False):
        yield _descriptor(state, name, palette)
        if state.watches is not None:
            yield _watches(state.watches, palette)
    if len(call.fds) > len(view.descriptors):
        yield Text(f"  and {len(call.fds) - len(view.descriptors)} more descriptors", palette.faint)
    yield from _others(view, palette)


def _waiting(view: StepView, palette: Palette) -> Iterator[Text]:
    head = Text("NOT HELD YET", palette.accent)
    inside = len(view.elsewhere)
    if view.until:
        head.append(f"  runs until the next {clean(view.until)} begins; s holds it at any call", palette.text)
    elif inside and inside >= view.threads:
        head.append("  every thread is inside a call; it is held when the call returns", palette.text)
    else:
        head.append("  a thread is held when it comes to its next call", palette.text)
    yield head
    yield from _others(view, palette)


def _wrapped(sentence: str, width: int, palette: Palette) -> Iterator[Text]:
    line = ""
    for word in clean(sentence).split(" "):
        if line and len(line) + 1 + len(word) > max(20, width):
            yield Text(line, palette.text)
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield Text(line, palette.text)


def _figure(view: StepView, palette: Palette) -> Text:
    """Application and kernel side by side, and where the thread is."""
    assert view.call is not None
    arrow, wall = UNICODE.line * 3, UNICODE.empty.strip()
    line = Text("application ", palette.user)
    if view.call.hold.at_entry:
        line.append(f"● {arrow}{UNICODE.right}{wall}  ", palette.text)
        line.append("      kernel", palette.kernel)
        line.append("  has done nothing yet", palette.faint)
    else:
        line.append(f"  {UNICODE.left}{arrow}{wall}", palette.text)
        line.append(" ●", palette.text)
        line.append("       kernel", palette.kernel)
        line.append("  is done; the program does not know yet", palette.faint)
    return line


def _descriptor(state: DescriptorState, name: str, palette: Palette) -> Text:
    line = Text(f"fd {state.fd}", palette.strong)
    line.append(f" {clean(fit(name or state.what, min(40, len(name or state.what))))}  ", palette.text)
    line.append(clean(" · ".join(descriptor_words(state))), palette.text)
    return line


def descriptor_words(state: DescriptorState) -> list[str]:
    """What is known of a descriptor, most telling first; what is not known has its reason."""
    if state.reason == "not open":
        return ["not open"]
    if state.watches is not None:
        return [] if state.readable is None else ["something is ready" if state.readable else "nothing is ready"]
    words = []
    if state.nonblocking is not None:
        words.append("non-blocking" if state.nonblocking else "blocking")
    if state.state:
        words.append(state.state)
    if state.listening:
        words.append("nobody waits to be accepted" if not state.waiting else f"{state.waiting} wait to be accepted")
    if state.queued is not None:
        of = f" of {size(state.capacity)}" if state.capacity is not None else ""
        words.append(f"{size(state.queued)}{of} queued")
    if state.unsent:
        words.append(f"{size(state.unsent)} not acknowledged")
    if state.count is not None:
        words.append(f"count {state.count}")
    if state.readable is not None:
        words.append("readable" if state.readable else "nothing to read")
    if state.writable is False:
        words.append("no room to write")
    if state.hung_up:
        words.append("other end closed")
    if state.reason:
        words.append(f"more is not known ({state.reason})")
    return words


def _watches(watches: tuple[Watch, ...], palette: Palette) -> Text:
    shown = ", ".join(
        f"fd {each.fd} {epoll_events(each.events & ~0x18)} {epoll_mode(each.events)}"
        for each in watches[:_WATCHED_SHOWN]
    )
    more = f", and {len(watches) - _WATCHED_SHOWN} more" if len(watches) > _WATCHED_SHOWN else ""
    return Text(f"  interest list: {shown or 'empty'}{more}", palette.text)


def _others(view: StepView, palette: Palette) -> Iterator[Text]:
    if view.state is not None and view.state.letter != "t":
        yield Text(f"its thread is {_state_words(view.state)}", palette.faint)
    if view.also_held:
        yield Text(f"{several(view.also_held, 'other thread')} held as well (t shows the next)", palette.text)
    for each in view.elsewhere[:_ELSEWHERE_SHOWN]:
        yield _inside(each, palette)
    if len(view.elsewhere) > _ELSEWHERE_SHOWN:
        yield Text(f"and {several(len(view.elsewhere) - _ELSEWHERE_SHOWN, 'thread')} more", palette.faint)


def _inside(each: Elsewhere, palette: Palette) -> Text:
    line = Text(f"thread {each.row.tid} ", palette.faint)
    line.append(_state_words(each.state), palette.blocked)
    line.append(f" inside {clean(each.row.call)}", palette.faint)
    return line


def _state_words(state: ThreadState) -> str:
    return f"{state.words} in {clean(state.function)}" if state.function else state.words
