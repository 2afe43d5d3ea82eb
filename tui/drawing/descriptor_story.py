"""The details of one descriptor: its numbers, then its story in lines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text

from tracer.analyze.descriptors.lives import DescriptorLine
from tracer.analyze.descriptors.story import Told
from tui.drawing.descriptors import number
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import count, moment, several, size


def story_lines(line: DescriptorLine, told: Sequence[Told], start_ns: int, palette: Palette) -> list[Text]:
    """The lines, not cut to any width. `start_ns`: CLOCK_MONOTONIC of the beginning."""
    copies = line.copies
    head = Text.assemble((f"fd {number(line)} ", palette.strong), (clean(line.what), palette.accent))
    modes = {True: "non-blocking", False: "blocking", None: "blocking or not: not known"}
    about = (
        f"process {line.pid}, {modes[line.nonblocking]}, {several(line.calls, 'call')}, {count(line.wasted)} wasted"
    )
    lines = [head, Text(about, palette.faint)]
    if line.calls:
        lines.append(_copied("↓ in ", copies.copies_in, copies.payload_in, copies.control_in, palette.copy_in))
        lines.append(_copied("↑ out", copies.copies_out, copies.payload_out, copies.control_out, palette.copy_out))
    if copies.unknown:
        lines.append(Text(f"of {several(copies.unknown, 'call')} it is not known what they copied", palette.faint))
    lines += [_told(each, start_ns, palette) for each in told]
    return lines


def _copied(arrow: str, copies: int, payload: int, control: int, style: Style) -> Text:
    number = f"{count(copies)} {'copy' if copies == 1 else 'copies'}"
    return Text(f"{arrow} {number}: {size(payload)} payload, {size(control)} control", style)


def _told(told: Told, start_ns: int, palette: Palette) -> Text:
    when = f"{moment(told.at_ns - start_ns):>12} " if told.at_ns is not None else " " * 13
    return Text.assemble((when, palette.faint), (clean(told.text), palette.text))
