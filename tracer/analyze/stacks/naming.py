"""The stacks of a recording in names: which function of which file, as far as that can be known now."""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from tracer.analyze.stacks.spaces import Code, Naming, Space, Spaces
from tracer.analyze.stacks.unwind import GAP, Kept, walk
from tracer.recording.header import Header
from tracer.symbols.files import Mapped, find, lives_since, same_file
from tracer.symbols.image import Image
from tracer.symbols.names import UNKNOWN, Frame, name_of
from tracer.symbols.perf_map import PerfMap, perf_map_of
from tracer.symbols.unwind_rules import Rule

MISSING: Final = Frame("[...]", why_not="callers are missing here")
_REMEMBERED: Final = 1 << 16
_LONGEST_CALL: Final = 7
"""Bytes of a call instruction: FF /2 with SIB and a 32-bit displacement (Intel SDM, CALL)."""


class Stack(NamedTuple):
    """A stack in names."""

    frames: tuple[Frame, ...]
    """Innermost first."""
    whole: bool
    """It ends where the thread began. If not, callers may be missing."""
    guessed: bool
    """The second frame is likely, not certain."""


class StackNames:
    """Names stacks; files are read when they are first needed. For one thread."""

    def __init__(self, header: Header, spaces: Spaces, naming: Naming) -> None:
        """`naming`: what descriptors led to."""
        self._spaces, self._naming = spaces, naming
        self._here = header.host == os.uname().nodename
        self._offset_ns = header.began_unix_ns - header.began_ns
        self._began_ns = header.began_unix_ns
        self._stacks: dict[tuple[int, int, Kept], Stack] = {}
        self._frames: dict[tuple[int, int, int], Frame] = {}
        self._ours: dict[tuple[str, int], bool] = {}
        self._mapped: dict[Code, Mapped] = {}
        self._maps: dict[int, PerfMap | None] = {}

    def name(self, row: int, pid: int, kept: Kept) -> Stack:
        """The stack of process `pid` at row number `row` of the recording."""
        space = self._spaces.at(row, pid)
        key = (pid, space.row, kept)
        found = self._stacks.get(key)
        if found is None:
            if len(self._stacks) >= _REMEMBERED:
                self._stacks.clear()
            found = self._stacks[key] = self._named(space, pid, kept)
        return found

    def _named(self, space: Space, pid: int, kept: Kept) -> Stack:
        walked = walk(
            kept,
            lambda address: self._rule(space, pid, address),
            lambda address: self._follows_call(space, pid, address),
        )
        frames = []
        for place, address in enumerate(walked.addresses):
            if address == GAP:
                frames.append(MISSING)
                continue
            # A return address is behind its call, which may be the last instruction of its function.
            frame = self._frame(space, pid, address - (place > 0))
            if frame is UNKNOWN and place > 1 and not walked.whole and space.at(address - 1) is None:
                break  # frame pointers that lead to no code are none
            frames.append(frame)
        return Stack(tuple(frames), walked.whole, walked.guessed)

    def _frame(self, space: Space, pid: int, address: int) -> Frame:
        key = (pid, space.row, address)
        found = self._frames.get(key)
        if found is None:
            found = self._frames[key] = self._look(space, pid, address)
        return found

    def _look(self, space: Space, pid: int, address: int) -> Frame:
        code = space.at(address)
        if code is not None and code.path.startswith("["):
            return Frame(code.path)
        place = self._place(space, pid, address)
        if place is not None:
            return name_of(*place)
        if pid not in self._maps:
            attached = any(each.row < 0 for each in space.codes)
            lives = attached and lives_since(pid, self._began_ns)
            self._maps[pid] = perf_map_of(pid, 0 if lives else self._began_ns)
        made = self._maps[pid]
        name = made.at(address) if made is not None else None
        return Frame(name) if name else UNKNOWN

    def _place(self, space: Space, pid: int, address: int) -> tuple[Mapped, int] | None:
        """The file that has an address, and the offset there; None for code without a file."""
        code = space.at(address)
        if code is not None:
            own = code.path.startswith(("[", "//"))  # the kernel's names, and ours, of what is no file
            return None if own else (self._file(space, pid, code), code.offset + address - code.start)
        if space.program is None:
            return None
        path, entry, at_ns = space.program
        mapped = Mapped(path, 0, at_ns + self._offset_ns, pid, self._is_ours(space))
        image = find(mapped).image
        offset = image.offset_of(address - entry + image.entry) if image is not None else None
        return None if offset is None else (mapped, offset)

    def _image(self, space: Space, pid: int, address: int) -> tuple[Image, int] | None:
        """The same with the file read, and the address as the file counts."""
        found = self._place(space, pid, address)
        image = find(found[0]).image if found is not None else None
        if found is None or image is None:
            return None
        place = image.address_of(found[1])
        return None if place is None else (image, place)

    def _rule(self, space: Space, pid: int, address: int) -> Rule | None:
        found = self._image(space, pid, address)
        return found[0].rule_at(found[1]) if found is not None else None

    def _follows_call(self, space: Space, pid: int, address: int) -> bool:
        found = self._image(space, pid, address)
        return found is not None and is_call(found[0].code(found[1] - _LONGEST_CALL, _LONGEST_CALL))

    def _file(self, space: Space, pid: int, code: Code) -> Mapped:
        mapped = self._mapped.get(code)
        if mapped is None:
            path = code.path or self._naming(code.row, code.pid, code.fd) or "?"
            at_ns = code.at_ns + self._offset_ns
            mapped = self._mapped[code] = Mapped(path, code.inode, at_ns, pid, self._is_ours(space))
        return mapped

    def _is_ours(self, space: Space) -> bool:
        """Whether its paths are paths here: it had our root, or its files that are known by their inode are."""
        if space.root and self._here:
            return True
        known = [each for each in space.codes if each.inode and each.path.startswith("/")]
        for each in known:
            key = (each.path, each.inode)
            if key not in self._ours:
                self._ours[key] = same_file(each.path, each.inode, each.at_ns + self._offset_ns)
        return any(self._ours[each.path, each.inode] for each in known)


def is_call(before: bytes) -> bool:
    """Whether the bytes before an address can be a call instruction of x86 (Intel SDM, CALL): E8 and four bytes, or
    FF /2 with whatever operand."""
    if len(before) < _LONGEST_CALL:
        return False
    if before[-5] == 0xE8:
        return True
    return any(before[-size] == 0xFF and before[1 - size] >> 3 & 7 == 2 for size in (2, 3, 4, 6, 7))
