"""Sums by user stack as a picture: one SVG file without scripts, for any browser.

Width is the share of the whole, and nothing else: who stands beside whom is in the order of names, not of time. The
outermost function is at the bottom, on it what it called, at the top the system calls. Pointing at a box tells its
whole name and number.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final
from zlib import crc32

from tracer.export.folded import in_kernel, thread_names
from tracer.export.stack_sums import By, StackSums

WIDTH: Final = 1200
_HIGH: Final = 17
_TOP: Final = 56
_NARROWEST: Final = 0.4
"""Boxes below so many pixels are not drawn; a browser would show nothing of them."""
_LETTER: Final = 6.6
_TITLES: Final = {
    By.BLOCKED: "time asleep inside calls",
    By.WASTED: "CPU time of wasted calls",
    By.CALLS: "calls that returned",
}


class _Box:
    """A function in its place, and what it called."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.amount = 0
        self.above: dict[str, _Box] = {}

    def add(self, names: tuple[str, ...], amount: int) -> None:
        """Put a stack on top."""
        self.amount += amount
        if names:
            self.above.setdefault(names[0], _Box(names[0])).add(names[1:], amount)

    def depth(self) -> int:
        return 1 + max((each.depth() for each in self.above.values()), default=0)


def pieces(found: StackSums, by: By, about: str) -> Iterator[str]:
    """The file, box by box; `about`: the command, for the title."""
    root, threads = _Box("all"), thread_names(found.threads)
    for each in found.sums:
        process, own = threads[each.thread]
        lives = (process,) if process == own else (process, own)
        root.add((*lives, *each.frames, in_kernel(each.call)), each.amount)
    height = _TOP + root.depth() * _HIGH + 8
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" '
    yield 'font-size="11">\n<rect width="100%" height="100%" fill="#fffdf7"/>\n'
    title = f"{_TITLES[by]}: {amount_text(root.amount, by)}"
    yield f'<text x="8" y="20" font-size="15">{escape(title)}</text>\n<text x="8" y="40">{escape(about)}</text>\n'
    if root.amount:
        yield from _drawn(root, 0.0, height - 4, root.amount, by)
    yield "</svg>\n"


def amount_text(amount: int, by: By) -> str:
    """With its unit: 1.234 s, 997 calls."""
    if by is By.CALLS:
        return f"{amount:,} call{'s' * (amount != 1)}"
    for unit, ns in (("s", 10**9), ("ms", 10**6), ("µs", 10**3)):
        if amount >= ns:
            return f"{amount / ns:.3f} {unit}"
    return f"{amount} ns"


def _drawn(box: _Box, left: float, bottom: int, whole: int, by: By) -> Iterator[str]:
    wide = box.amount / whole * WIDTH
    if wide < _NARROWEST:
        return
    told = escape(f"{box.name}  {amount_text(box.amount, by)}, {box.amount / whole:.1%}")
    room = int((wide - 6) / _LETTER)
    short = box.name if len(box.name) <= room else box.name[: room - 1] + "…" if room > 2 else ""
    yield f'<g><title>{told}</title><rect x="{left:.1f}" y="{bottom - _HIGH}" width="{max(wide - 0.5, 0.3):.1f}" '
    yield f'height="{_HIGH - 1}" rx="1" fill="{_colour(box.name)}"/>'
    yield f'<text x="{left + 3:.1f}" y="{bottom - 5}">{escape(short)}</text></g>\n' if short else "</g>\n"
    for each in sorted(box.above.values(), key=lambda each: each.name):
        yield from _drawn(each, left, bottom - _HIGH, whole, by)
        left += each.amount / whole * WIDTH


def _colour(name: str) -> str:
    """Calls blue, what has no name grey, functions in warm colours, each always in the same."""
    if name.endswith("_[k]"):
        return "#8fb8de"
    if name.startswith("[") or "+0x" in name:
        return "#d5d0c4"
    return f"hsl({10 + crc32(name.encode()) % 45}, 80%, 70%)"
