"""Numbers as names: flag words bit by bit, constants, and whatever has no name in hex."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Table:
    """Names of the bits of a flag word; a part of the word may be a choice instead (the access mode of open)."""

    bits: tuple[tuple[int, str], ...]
    mask: int = 0
    choices: Mapping[int, str] | None = None
    zero: str = "0"

    def with_bits(self, *bits: tuple[int, str]) -> Table:
        """The same table with more bits."""
        return replace(self, bits=self.bits + bits)


def table(text: str) -> Table:
    """A table from "NAME=value NAME=value"; values may be decimal, 0x or 0o."""
    pairs = (each.split("=") for each in text.split())
    return Table(tuple((int(value, 0), name) for name, value in pairs))


def bit_table(text: str) -> Table:
    """A table from "first:NAME NAME ...", one bit after the other."""
    first, names = text.split(":")
    return Table(tuple((1 << (int(first) + place), name) for place, name in enumerate(names.split())))


def flags_text(value: int, names: Table) -> str:
    """`value` by names joined with |, what is left in hex; `names.zero` when nothing is set."""
    parts = []
    rest = value
    if names.choices is not None:
        choice = rest & names.mask
        parts.append(names.choices.get(choice) or hex(choice))
        rest &= ~names.mask
    for bit, name in names.bits:
        if rest & bit == bit:
            parts.append(name)
            rest &= ~bit
    if rest:
        parts.append(hex(rest))
    return "|".join(parts) or names.zero


def constant_text(value: int, names: Mapping[int, str]) -> str:
    """The name of `value`, or the value in hex (plain when it is a small number)."""
    name = names.get(value)
    if name is not None:
        return name
    return str(value) if -4096 <= value < 10 else hex(value & 0xFFFFFFFFFFFFFFFF)
