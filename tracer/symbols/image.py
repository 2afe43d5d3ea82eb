"""An ELF file as far as naming its code goes: its segments, its functions, its rules for unwinding (elf(5)).

pyelftools finds headers and sections; symbol tables are read as columns, because one of a browser or an interpreter
has a hundred thousand entries.
"""

from __future__ import annotations

import contextlib
import io
import lzma
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import numpy as np
from elftools.elf.elffile import ELFFile
from numpy.typing import NDArray

from tracer.symbols.unwind_rules import Rule, UnwindRules

_FUNCTION, _INDIRECT = 2, 10
"""STT_FUNC, STT_GNU_IFUNC."""
_SYMBOL64: Final = np.dtype(
    [("name", "<u4"), ("info", "u1"), ("other", "u1"), ("section", "<u2"), ("value", "<u8"), ("size", "<u8")]
)
_SYMBOL32: Final = np.dtype(
    [("name", "<u4"), ("value", "<u4"), ("size", "<u4"), ("info", "u1"), ("other", "u1"), ("section", "<u2")]
)


class Segment(NamedTuple):
    """A PT_LOAD: where it is in the file, and where it wants to be in memory."""

    offset: int
    address: int
    size: int


class Functions:
    """Functions by address."""

    def __init__(self, symbols: NDArray[np.void], names: bytes) -> None:
        kind = symbols["info"] & 0xF
        chosen = symbols[((kind == _FUNCTION) | (kind == _INDIRECT)) & (symbols["section"] != 0)]
        chosen = chosen[np.argsort(chosen["value"], kind="stable")]
        self._names = names
        self._start = chosen["value"].astype(np.uint64)
        self._size = chosen["size"].astype(np.uint64)
        self._name = chosen["name"]

    def __len__(self) -> int:
        return len(self._start)

    def at(self, address: int) -> str | None:
        """The name of the function that has code at `address`; None when no function says it has."""
        last = int(np.searchsorted(self._start, np.uint64(address), side="right"))
        if not last:
            return None
        start = self._start[last - 1]
        first = int(np.searchsorted(self._start, start))
        # One without a size, from an assembler, goes on to the next.
        sizes = self._size[first:last]
        fits = [first + each for each in np.flatnonzero((sizes > address - int(start)) | (sizes == 0)).tolist()]
        return min((self._named(each) for each in fits), key=_plainness, default=None)

    def _named(self, place: int) -> str:
        begin = int(self._name[place])
        name = self._names[begin : self._names.find(b"\0", begin)].decode(errors="replace")
        return name.partition("@")[0] or name  # the version of a symbol: read@@GLIBC_2.2.5


class Image:
    """One ELF file, read as far as needed. Little-endian; others have no names."""

    def __init__(self, stream: BinaryIO) -> None:
        """Raises whatever pyelftools makes of what is no ELF file."""
        self._elf = elf = ELFFile(stream)
        self.segments = [
            Segment(each["p_offset"], each["p_vaddr"], each["p_filesz"]) for each in elf.iter_segments("PT_LOAD")
        ]
        self.build_id = self._build_id()
        self.debug_link = self._debug_link()
        """The file that has the symbols, and its CRC-32."""
        self._functions: Functions | None = None
        self._rules: UnwindRules | None = None
        self._rules_looked_for = False

    @property
    def wide(self) -> bool:
        """64-bit x86, whose unwinding is known here."""
        return bool(self._elf["e_machine"] == "EM_X86_64" and self._elf.elfclass == 64)

    def address_of(self, offset: int) -> int | None:
        """The address, as the file counts, of what lies at `offset` in it."""
        for each in self.segments:
            if each.offset <= offset < each.offset + each.size:
                return each.address + offset - each.offset
        return None

    def offset_of(self, address: int) -> int | None:
        """The reverse of `address_of`."""
        for each in self.segments:
            if each.address <= address < each.address + each.size:
                return each.offset + address - each.address
        return None

    @property
    def entry(self) -> int:
        """The address, as the file counts, where a program begins."""
        return int(self._elf["e_entry"])

    @property
    def functions(self) -> Functions:
        """By .symtab, else by the one in .gnu_debugdata and .dynsym."""
        if self._functions is None:
            try:
                found = self._symbols(".symtab") or self._small_debug_data() or self._symbols(".dynsym")
            except Exception:  # a damaged file: pyelftools fails in whatever way the damage leads to
                found = None
            self._functions = found or Functions(np.zeros(0, _SYMBOL64), b"")
        return self._functions

    @property
    def stripped(self) -> bool:
        """It has the names of what it offers to others only."""
        return self._elf.get_section_by_name(".symtab") is None

    def rule_at(self, address: int) -> Rule | None:
        """How to unwind the function at `address` there; None when the file does not say."""
        if not self._rules_looked_for:
            self._rules_looked_for = True
            with contextlib.suppress(Exception):  # a damaged file, as above
                self._rules = self._unwind_rules() if self.wide else None
        return self._rules.at(address) if self._rules is not None else None

    def code(self, address: int, size: int) -> bytes:
        """Bytes of code at `address`; empty when they are not in the file."""
        for each in self.segments:
            if each.address <= address and address + size <= each.address + each.size:
                self._elf.stream.seek(each.offset + address - each.address)
                return bytes(self._elf.stream.read(size))
        return b""

    def _symbols(self, name: str) -> Functions | None:
        section = self._elf.get_section_by_name(name)
        if section is None or not self._elf.little_endian or section["sh_type"] == "SHT_NOBITS":
            return None
        layout = _SYMBOL64 if self._elf.elfclass == 64 else _SYMBOL32
        data = section.data()
        names = self._elf.get_section(section["sh_link"]).data()
        found = Functions(np.frombuffer(data, layout, len(data) // layout.itemsize), names)
        return found if len(found) else None

    def _small_debug_data(self) -> Functions | None:
        """The compressed symbols that Fedora's packages carry (MiniDebugInfo, sourceware.org/gdb)."""
        section = self._elf.get_section_by_name(".gnu_debugdata")
        if section is None:
            return None
        return Image(io.BytesIO(lzma.decompress(section.data())))._symbols(".symtab")

    def _build_id(self) -> bytes:
        for segment in self._elf.iter_segments("PT_NOTE"):
            for note in segment.iter_notes():  # type: ignore[attr-defined]
                if note["n_type"] == "NT_GNU_BUILD_ID":
                    return bytes.fromhex(note["n_desc"])
        return b""

    def _debug_link(self) -> tuple[str, int] | None:
        """The name in .gnu_debuglink, and the CRC-32 of that file behind it, at a multiple of four bytes."""
        section = self._elf.get_section_by_name(".gnu_debuglink")
        if section is None:
            return None
        data = section.data()
        return data.partition(b"\0")[0].decode(errors="replace"), int.from_bytes(data[-4:], "little")

    def _unwind_rules(self) -> UnwindRules | None:
        index, frames = (self._elf.get_section_by_name(name) for name in (".eh_frame_hdr", ".eh_frame"))
        if index is None or frames is None or frames["sh_type"] == "SHT_NOBITS":
            return None
        return UnwindRules(index.data(), index["sh_addr"], frames.data(), frames["sh_addr"])


def open_image(path: Path | str) -> Image | None:
    """The file at `path`; None when it is no ELF file that can be made sense of. Raises OSError."""
    with open(path, "rb") as file:
        data = file.read()
    return image_of(data)


def image_of(data: bytes) -> Image | None:
    """The same of a file's content."""
    if data[:4] != b"\x7fELF":
        return None
    try:
        return Image(io.BytesIO(data))
    except Exception:  # a damaged file: pyelftools fails in whatever way the damage leads to
        return None


def _plainness(name: str) -> tuple[int, int, str]:
    """`read` rather than `__libc_read`: of several names of one function the one that is meant for people."""
    return len(name) - len(name.lstrip("_")), len(name), name
