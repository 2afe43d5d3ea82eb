"""The compiled BPF object: its programs, what they refer to, and their instructions joined for the kernel.

Just enough of ELF (elf(5)) and of the BPF psABI: one section a program, named `tp_btf/TRACEPOINT`; `.text` with the
functions they call; relocations against the symbols of maps and of `config`. Nothing else is in our object.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_RELOCATION: Final = struct.Struct("<QQ")
_INSTRUCTION: Final = 8
_EM_BPF: Final = 247
_SHT_SYMTAB, _SHT_REL = 2, 9
_R_BPF_64_64, _R_BPF_64_32 = 1, 10
_LD_IMM64: Final = 0x18
_CALL: Final = 0x85
PSEUDO_MAP_FD, PSEUDO_MAP_VALUE = 1, 2
"""What the source register of a 16-byte load says its number is (linux/bpf.h)."""
_PREFIX: Final = "tp_btf/"


class BrokenObject(Exception):
    """The file is not the object this loader was written for."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An instruction that loads a map's address or calls a function of `.text`."""

    at: int
    """Byte offset."""
    symbol: str
    """The map; empty for a call."""
    offset: int
    """Where in the map; for a call the instruction's number in `.text`, less one, as the kernel counts."""


@dataclass(frozen=True, slots=True)
class Code:
    """Instructions and their references."""

    instructions: bytes
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class BpfObject:
    """The programs by trace point, the functions they share, and how large `config` is."""

    programs: Mapping[str, Code]
    functions: Code
    config_size: int
    license: bytes

    def joined(self, tracepoint: str, maps: Mapping[str, int]) -> bytes:
        """A program's instructions with its functions behind them, and descriptors of `maps` filled in.

        `maps` has a descriptor for every symbol, `config` too. Raises BrokenObject when one is missing."""
        program = self.programs[tracepoint]
        begin = len(program.instructions)
        # Functions nobody calls would be refused as unreachable.
        calls = not all(reference.symbol for reference in program.references)
        parts = [(0, program), *([(begin, self.functions)] * calls)]
        code = bytearray(b"".join(part.instructions for _, part in parts))
        for base, part in parts:
            for reference in part.references:
                at = base + reference.at
                if reference.symbol:
                    _refer(code, at, reference, maps)
                else:
                    struct.pack_into("<i", code, at + 4, (begin - at) // _INSTRUCTION + reference.offset)
        return bytes(code)


def parse(data: bytes) -> BpfObject:
    """Read an object file. Raises BrokenObject."""
    try:
        return _parse(data)
    except (struct.error, IndexError, KeyError, ValueError, OverflowError, StopIteration) as error:
        raise BrokenObject(f"not a BPF object of ours: {error}") from error


def _parse(data: bytes) -> BpfObject:
    header = _HEADER.unpack_from(data)
    if header[0][:6] != b"\x7fELF\x02\x01" or header[2] != _EM_BPF:
        raise BrokenObject("not a little-endian BPF object")
    sections = [_SECTION.unpack_from(data, header[6] + i * header[11]) for i in range(header[12])]
    bodies = [data[at : at + size] if kind != 8 else b"" for _, kind, _, _, at, size, *_ in sections]
    names = [_text(bodies[header[13]], section[0]) for section in sections]
    symbols_at = next(i for i, section in enumerate(sections) if section[1] == _SHT_SYMTAB)
    texts = bodies[sections[symbols_at][6]]
    symbols = [(_text(texts, name), value) for name, _, _, _, value, _ in _SYMBOL.iter_unpack(bodies[symbols_at])]
    references: dict[int, tuple[Reference, ...]] = {}
    for section, body in zip(sections, bodies, strict=True):
        if section[1] == _SHT_REL and names[section[7]].startswith((_PREFIX, ".text")):
            references[section[7]] = _references(body, symbols, bodies[section[7]])
    code = {name: Code(bodies[i], references.get(i, ())) for i, name in enumerate(names)}
    programs = {name.removeprefix(_PREFIX): each for name, each in code.items() if name.startswith(_PREFIX)}
    if not programs:
        raise BrokenObject("it has no programs")
    functions = code.get(".text", Code(b"", ()))
    return BpfObject(programs, functions, len(bodies[names.index(".rodata")]), bodies[names.index("license")])


def _references(body: bytes, symbols: list[tuple[str, int]], code: bytes) -> tuple[Reference, ...]:
    found = []
    for at, information in _RELOCATION.iter_unpack(body):
        kind = information & 0xFFFFFFFF
        name, value = symbols[information >> 32]
        (inside,) = struct.unpack_from("<i", code, at + 4)
        if kind == _R_BPF_64_64 and code[at] == _LD_IMM64:
            found.append(Reference(at, name, value + inside))
        elif kind == _R_BPF_64_32 and code[at] == _CALL:
            found.append(Reference(at, "", value // _INSTRUCTION + inside))
        else:
            raise BrokenObject(f"a relocation of type {kind}")
    return tuple(found)


def _refer(code: bytearray, at: int, reference: Reference, maps: Mapping[str, int]) -> None:
    descriptor = maps.get(reference.symbol)
    if descriptor is None:
        raise BrokenObject(f"it refers to {reference.symbol!r}")
    value = reference.symbol == "config"
    code[at + 1] = code[at + 1] & 0x0F | (PSEUDO_MAP_VALUE if value else PSEUDO_MAP_FD) << 4
    struct.pack_into("<i", code, at + 4, descriptor)
    struct.pack_into("<i", code, at + 12, reference.offset if value else 0)


def _text(table: bytes, at: int) -> str:
    return table[at : table.index(b"\0", at)].decode()
