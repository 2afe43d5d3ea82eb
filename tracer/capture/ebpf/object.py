"""The compiled BPF object: its programs, what they refer to, and their instructions joined for the kernel.

Just enough of ELF (elf(5)) and of the BPF psABI: one section a program, named `tp_btf/TRACEPOINT`, or
`tail/TRACEPOINT/NUMBER` when it only goes on where that one ends; `.text` with the functions they call;
relocations against the symbols of maps and of `config`. Nothing else is in our object.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

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
_PSEUDO_CALL: Final = 1
_FIELDS: Final = struct.Struct("<BBhi")
_STT_FUNC: Final = 2
PSEUDO_MAP_FD, PSEUDO_MAP_VALUE = 1, 2
"""What the source register of a 16-byte load says its number is (linux/bpf.h)."""
_PREFIXES: Final = ("tp_btf/", "iter/")
_TAIL: Final = "tail/"


class BrokenObject(Exception):
    """The file is not the object this loader was written for."""


class Reference(NamedTuple):
    """An instruction that loads a map's address or calls a function of `.text`."""

    at: int
    """Byte offset."""
    symbol: str
    """The map; empty for a call."""
    offset: int
    """Where in the map; for a call where in `.text` the function begins."""


@dataclass(frozen=True, slots=True)
class Code:
    """Instructions and their references."""

    instructions: bytes
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class BpfObject:
    """The programs by trace point, the functions they share by where they begin, and how large `config` is."""

    programs: Mapping[str, Code]
    functions: Mapping[int, Code]
    config_size: int
    license: bytes
    tails: Mapping[str, Code]
    """Programs that go on where others end, by trace point and number: "sys_enter/1"."""

    def joined(self, tracepoint: str, maps: Mapping[str, int]) -> bytes:
        """A program's instructions with the functions it calls behind them, and descriptors of `maps` filled in.

        `maps` has a descriptor for every symbol, `config` too. Raises BrokenObject when one is missing."""
        program = self.tails[tracepoint] if "/" in tracepoint else self.programs[tracepoint]
        called = self._called(program)
        parts = [(0, program)]
        places = {}
        end = len(program.instructions)
        for begin in called:
            places[begin] = end
            parts.append((end, self.functions[begin]))
            end += len(self.functions[begin].instructions)
        code = bytearray(b"".join(part.instructions for _, part in parts))
        for base, part in parts:
            for reference in part.references:
                at = base + reference.at
                if reference.symbol:
                    _refer(code, at, reference, maps)
                else:
                    struct.pack_into("<i", code, at + 4, (places[reference.offset] - at) // _INSTRUCTION - 1)
        return bytes(code)

    def _called(self, program: Code) -> list[int]:
        """Where the functions begin that `program` calls, itself or by others: the kernel refuses any more."""
        found: list[int] = []
        waiting = [program]
        while waiting:
            for reference in waiting.pop().references:
                if not reference.symbol and reference.offset not in found:
                    if reference.offset not in self.functions:
                        raise BrokenObject(f"no function begins at {reference.offset}")
                    found.append(reference.offset)
                    waiting.append(self.functions[reference.offset])
        return sorted(found)


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
    table = list(_SYMBOL.iter_unpack(bodies[symbols_at]))
    symbols = [(_text(texts, name), value) for name, _, _, _, value, _ in table]
    references: dict[int, tuple[Reference, ...]] = {}
    for section, body in zip(sections, bodies, strict=True):
        if section[1] == _SHT_REL and names[section[7]].startswith((*_PREFIXES, _TAIL, ".text")):
            references[section[7]] = _references(body, symbols, bodies[section[7]])
    code = {name: Code(bodies[i], references.get(i, ())) for i, name in enumerate(names)}
    programs = {name.partition("/")[2]: each for name, each in code.items() if name.startswith(_PREFIXES)}
    tails = {name.removeprefix(_TAIL): each for name, each in code.items() if name.startswith(_TAIL)}
    if not programs:
        raise BrokenObject("it has no programs")
    text = code.get(".text", Code(b"", ()))
    text_at = names.index(".text") if ".text" in names else 0
    begins = {at for _, kind, _, section, at, _ in table if kind & 0xF == _STT_FUNC and section == text_at}
    functions = _functions(text, sorted(begins) if text_at else [])
    constants, terms = bodies[names.index(".rodata")], bodies[names.index("license")]
    return BpfObject(programs, functions, len(constants), terms, tails)


def _references(body: bytes, symbols: list[tuple[str, int]], code: bytes) -> tuple[Reference, ...]:
    found = []
    for at, information in _RELOCATION.iter_unpack(body):
        kind = information & 0xFFFFFFFF
        name, value = symbols[information >> 32]
        (inside,) = struct.unpack_from("<i", code, at + 4)
        if kind == _R_BPF_64_64 and code[at] == _LD_IMM64:
            found.append(Reference(at, name, value + inside))
        elif kind == _R_BPF_64_32 and code[at] == _CALL:
            found.append(Reference(at, "", value + (inside + 1) * _INSTRUCTION))
        else:
            raise BrokenObject(f"a relocation of type {kind}")
    return tuple(found)


def _functions(text: Code, begins: list[int]) -> dict[int, Code]:
    """The functions of `.text` apart. Calls inside it that need no relocation become references as well."""
    known = {reference.at for reference in text.references}
    calls = [
        Reference(at, "", at + (1 + imm) * _INSTRUCTION)
        for at, (code, registers, _, imm) in zip(
            range(0, len(text.instructions), _INSTRUCTION), _FIELDS.iter_unpack(text.instructions), strict=True
        )
        if code == _CALL and registers >> 4 == _PSEUDO_CALL and at not in known
    ]
    references, found = [*text.references, *calls], {}
    for begin, end in pairwise([*begins, len(text.instructions)]):
        own = tuple(each._replace(at=each.at - begin) for each in references if begin <= each.at < end)
        found[begin] = Code(text.instructions[begin:end], own)
    return found


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
