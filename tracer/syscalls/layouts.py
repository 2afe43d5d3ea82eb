"""How structures lie in memory: size and offsets follow from fields (`tracer.syscalls.structure_fields`) and ABI.

C rules decide: a word (long, pointer, size_t) has 8 bytes or 4, old times have the width of a word except where a
call's name says `time64`, and 64-bit numbers are aligned to 8 bytes, on i386 to 4 (`compat_u64`,
asm-generic/compat.h).
"""

from __future__ import annotations

from functools import cache
from struct import Struct
from typing import Final, NamedTuple

from tracer.syscalls.structure_fields import STRUCTURES


class Model(NamedTuple):
    """What decides how data is laid out for one way into the kernel: widths and alignments in bytes."""

    machine: str
    word: int = 8
    time: int = 8
    wide: int = 8
    """Alignment of 64-bit numbers."""
    pairs: bool = False
    """Whether a 64-bit argument takes two registers, the low half first."""


X86_64: Final = Model("x86_64")
AARCH64: Final = Model("aarch64")
I386: Final = Model("i386", word=4, time=4, wide=4, pairs=True)
I386_TIME64: Final = I386._replace(time=8)
"""Calls whose names end in 64 or _time64: `__kernel_timespec` and its relatives."""
X32: Final = Model("x32", word=4, wide=4)
"""Calls of x32 from number 512 on: the compat code of the kernel, but with 64-bit times. All others of x32 enter by
the functions of x86-64 and use its layouts (arch/x86/entry/syscalls/syscall_64.tbl)."""

HEXADECIMAL: Final = frozenset("xXP")
_WIDTHS: Final = {
 "s": 0, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "x": 4, "q": 8, "Q": 8, "X": 8,
}  # fmt: skip
_FORMATS: Final = {"x": "I", "X": "Q"}
_SIGNED_WORDS, _UNSIGNED_WORDS = {4: "i", 8: "q"}, {4: "I", 8: "Q"}


class Field(NamedTuple):
    """One field: how it reads, and where it is, in bytes."""

    name: str
    code: str
    offset: int
    width: int


class Layout(NamedTuple):
    """A structure as one ABI has it."""

    size: int
    """Bytes, with the padding at its end."""
    alignment: int
    fields: tuple[Field, ...]
    packed: Struct
    """Unpacks the fields, in order."""
    shown: tuple[int, ...]
    """Which of the fields have a name to be shown."""

    def values(self, data: bytes) -> list[int]:
        """The fields that have a name, of a structure that `data` (long enough) begins with."""
        found = self.packed.unpack_from(data)
        return [found[place] for place in self.shown]

    def field(self, name: str) -> Field:
        """The first field called `name`. Raises KeyError."""
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(name)


@cache
def layout(name: str, model: Model) -> Layout:
    """Structure `name` of `STRUCTURES` as `model` lays it out. Raises KeyError."""
    variant = STRUCTURES.get(f"{name}@{model.machine}")
    return lay_out(STRUCTURES[name] if variant is None else variant, model)


@cache
def lay_out(text: str, model: Model) -> Layout:
    """The field list `text` as `model` lays it out."""
    words = text.split()
    packed = words[:1] == ["packed"]
    offset, alignment, least = 0, 1, 0
    fields: list[Field] = []
    for each in words[packed:]:
        if each[0] == "-":
            offset += int(each[1:])
        elif each[0] == "=":
            least = int(each[1:])
        elif each[0] == "{":
            inner = layout(each[1:-1], model)
            start = _aligned(offset, inner.alignment)
            fields += [part._replace(offset=start + part.offset) for part in inner.fields]
            offset, alignment = start + inner.size, max(alignment, inner.alignment)
        else:
            kind, name = each.split(":")
            code, _, times = kind.partition("*")
            width, needed = _width(code, model)
            for _place in range(int(times or 1)):
                start = offset if packed else _aligned(offset, needed)
                fields.append(Field(name, code, start, width))
                offset = start + (model.time if code == "n" else width)
            alignment = alignment if packed else max(alignment, needed)
    size = max(_aligned(offset, alignment), least)
    read = tuple([each for each in fields if each.code != "s"])
    shown = tuple([place for place, each in enumerate(read) if each.name[0] != "_"])
    return Layout(size, alignment, tuple(fields), Struct(_format(read, model)), shown)


def _aligned(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment


def _width(code: str, model: Model) -> tuple[int, int]:
    """Bytes of a field, and its alignment."""
    if code in "lLP":
        return model.word, model.word
    if code == "n":  # the kernel ignores the high half (`get_timespec64`, kernel/time/time.c)
        return min(model.time, model.word), model.time
    if code == "t":
        return model.time, model.time
    width = _WIDTHS[code]
    return width, min(width, model.wide) or 1


def _format(fields: tuple[Field, ...], model: Model) -> str:
    """The format of the module `struct`, its padding written out."""
    parts, offset = ["<"], 0
    for each in fields:
        parts.append(f"{each.offset - offset}x" if each.offset > offset else "")
        code = each.code
        offset = each.offset + each.width
        if code == "n" and model.time > model.word:
            parts.append("I")
        elif code in "ltn":
            parts.append(_SIGNED_WORDS[each.width])
        elif code in "LP":
            parts.append(_UNSIGNED_WORDS[each.width])
        else:
            parts.append(_FORMATS.get(code, code))
    return "".join(parts)
