"""The arguments of one call, and the structures they lead to, as lines that can be folded."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from tracer.decode.tree_node import Node
from tui.drawing.folding import Item
from tui.drawing.palette import Palette
from tui.drawing.text import clean, fit
from tui.snapshot import Details

_FEW = 4
"""A structure with so many fields is unfolded at first; the first entry of an array too."""


def tree_items(details: Details, palette: Palette) -> Iterator[Item]:
    """One item an argument."""
    if details.tree:
        heading = Text("arguments", palette.faint)
        yield Item(heading, "arguments", tuple(_items(details.tree, "arguments", 0, palette)))


def _items(nodes: tuple[Node, ...], path: str, depth: int, palette: Palette) -> Iterator[Item]:
    longest = min(16, max(len(node.name) for node in nodes))
    for number, node in enumerate(nodes):
        below = tuple(_items(node.children, f"{path}/{node.name}", depth + 1, palette)) if node.children else ()
        closed = len(node.children) > _FEW or (depth > 0 and number > 0)
        yield Item(_text(node, longest, palette), f"{path}/{node.name}", below, closed, longest + 1)


def _text(node: Node, longest: int, palette: Palette) -> Text:
    name = clean(node.name)
    line = Text(fit(name, max(longest, len(name))) + " ", palette.faint)
    line.append(clean(node.text), palette.text)
    if node.type.startswith("struct") or (node.type and node.offset is not None):
        line.append(f"  {clean(node.type)}", palette.faint)
    if node.offset is not None and node.size:
        line.append(f" +{node.offset}:{node.size}", palette.faint)
    return line
