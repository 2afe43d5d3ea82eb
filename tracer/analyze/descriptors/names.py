"""What every descriptor is called at the moment a row is told, as `strace -yy` calls it.

For exporters that go through a recording row by row: `take_in(row)` after a row's end was told, and `name(pid, fd)`
any time between. Where capture kept no link (a recording of an older version, a descriptor made in an io_uring),
the name is made of what the calls say.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from posixpath import join, normpath
from typing import Final

from tracer.analyze.addresses import address_text
from tracer.analyze.calls import CallCodes
from tracer.analyze.changes import Change, Forked, Shared
from tracer.analyze.columns import Columns
from tracer.analyze.descriptions import Description
from tracer.analyze.descriptors.descriptors import Descriptors, planned_changes
from tracer.analyze.descriptors.links import Link, link_from, link_of_what, link_text
from tracer.analyze.inherited import AT_FDCWD, links_of
from tracer.analyze.returned import Returned
from tracer.syscalls.model import CMSGS, LINK, RECEIVED
from tracer.syscalls.table import declaration_of
from tracer.wire import NO_ARG, Kind, Spawn, When

_MADE_LINKS: Final = frozenset({LINK, CMSGS, RECEIVED})
_NOTHING: Final = Link("")
_DELETED: Final = " (deleted)"
_EINPROGRESS: Final = 115
_AF_NETLINK: Final = 16
_REMOVE_FLAG, _EXCHANGE = 0x200, 2


class DescriptorNames:
    """Names of descriptors and working directories; batches and their rows must come in order."""

    def __init__(self) -> None:
        self._descriptors = Descriptors()
        self._links: dict[Description, Link] = {}
        self._directories: dict[int, str] = {}
        self._placed: set[int] = set()
        """New processes whose directory was told once, and will be told again."""
        self._columns: Columns | None = None
        self._names: list[str] = []
        self._planned: dict[int, tuple[Change, ...]] = {}

    def begin(self, columns: Columns, codes: CallCodes) -> None:
        """The next rows are of this batch."""
        self._columns, self._names = columns, [fact.name for fact in codes.facts]
        self._planned = dict(planned_changes(columns, codes))
        self._links = {each: link for each, link in self._links.items() if each.holders}

    def name(self, pid: int, fd: int) -> str:
        """`</etc/passwd>`, `<TCP:[127.0.0.1:80]>`; AT_FDCWD (-100) gives the working directory. Empty when nothing
        is known."""
        if fd == AT_FDCWD:
            return link_text(Link(self._directories.get(pid, "")))
        description = self._descriptors.description(pid, fd) if fd >= 0 else None
        return "" if description is None else link_text(self._of(description))

    def _of(self, description: Description) -> Link:
        link = self._links.get(description) or link_of_what(description.what)
        if link.connected and not link.remote and description.other_end is not None:
            other = self._links.get(description.other_end, _NOTHING)
            link = link._replace(remote=other.text.removeprefix("socket:[").removesuffix("]"))
        return link

    def take_in(self, row: int) -> None:
        """What row number `row` of the batch changed, when it was told."""
        columns = self._columns
        assert columns is not None, "begin comes first"
        changes, kind, pid = self._planned.get(row), int(columns.kind[row]), int(columns.pid[row])
        if kind == Kind.CALL:
            name = self._names[int(columns.code[row])]
            call = Returned(columns.args[row].tolist(), int(columns.result[row]), columns.memory, row)
            removes = _REMOVALS.get(name)
            if removes is not None and call.result == 0:
                removes(self, pid, call)
            if changes is not None:
                self._descriptors.step(row, changes, columns)
                if isinstance(changes[0], Forked | Shared):
                    self._comes_from(pid, changes[0].child)
            self._keep_links(columns, pid, row, name)
            notes = _ADDRESSES.get(name)
            if notes is not None and (call.result >= 0 or (name == "connect" and call.result == -_EINPROGRESS)):
                notes(self, pid, call)
        elif changes is not None:
            self._descriptors.step(row, changes, columns)
            if kind == Kind.SPAWN:
                self._born(columns, row, pid)

    def _born(self, columns: Columns, row: int, pid: int) -> None:
        if int(columns.nr[row]) in (Spawn.START, Spawn.ATTACH):
            for fd, link in links_of(columns.memory.text(row, 1)).items():
                self._set(pid, fd, link)
        self._comes_from(int(columns.args[row, 1]), pid)

    def _comes_from(self, parent: int, child: int) -> None:
        """A new process is where its parent was; told by its birth and by its parent's call, whichever is first."""
        if child in self._placed or parent == child:
            self._placed.discard(child)
        elif parent in self._directories:
            self._directories[child] = self._directories[parent]
            self._placed.add(child)

    def _keep_links(self, columns: Columns, pid: int, row: int, name: str) -> None:
        """The links capture read at the end of the call."""
        if name not in _with_links():
            return
        for piece in columns.memory.of(row):
            if piece.arg == NO_ARG and piece.when == When.EXIT and not piece.reason:
                fd = (piece.address & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
                self._set(pid, fd, link_from(piece.content))

    def _set(self, pid: int, fd: int, link: Link) -> None:
        if fd == AT_FDCWD:
            self._directories[pid] = link.text
            return
        description = self._descriptors.description(pid, fd)
        if description is not None:
            known = self._links.get(description)
            if known is not None:
                # What came over a socket may be known better already, with its addresses.
                link = known._replace(text=link.text, note=link.note, local=link.local or known.local)
            self._links[description] = link

    def _change(self, pid: int, fd: int, **changes: str | bool | int) -> None:
        description = self._descriptors.description(pid, fd & 0xFFFFFFFF)
        if description is not None:
            self._links[description] = self._of(description)._replace(**changes)  # type: ignore[arg-type]

    # --- what calls on sockets tell ----------------------------------------------------------------------------

    def _socket(self, pid: int, call: Returned) -> None:
        if call.args[0] & 0xFFFFFFFF == _AF_NETLINK:
            self._change(pid, call.result, family=call.args[2] & 0xFFFFFFFF)

    def _pair(self, pid: int, call: Returned) -> None:
        content = call.content(3, When.EXIT) or b""
        for at in (0, 4):
            self._change(pid, int.from_bytes(content[at : at + 4], "little"), connected=True)

    def _bind(self, pid: int, call: Returned) -> None:
        address = _known_address(call.content(1))
        if "?" not in address or not self._local_of(pid, call.args[0]):
            self._change(pid, call.args[0], **({"local": address} if address else {}))

    def _got_local(self, pid: int, call: Returned) -> None:
        address = _known_address(call.content(1, When.EXIT))
        if address:
            self._change(pid, call.args[0], local=address)

    def _local_of(self, pid: int, fd: int) -> str:
        description = self._descriptors.description(pid, fd & 0xFFFFFFFF)
        return self._of(description).local if description is not None else ""

    def _connect(self, pid: int, call: Returned) -> None:
        data = call.content(1)
        family = int.from_bytes((data or b"")[:2], "little")
        if family in (1, 2, 10):
            # The address of a unix socket names a file, not the peer: `Tables` knows which that is.
            self._change(pid, call.args[0], remote="" if family == 1 else _known_address(data), connected=True)
        elif family == 0 and data:  # AF_UNSPEC dissolves it (connect(2))
            self._change(pid, call.args[0], remote="", connected=False)

    def _got_remote(self, pid: int, call: Returned) -> None:
        data = call.content(1, When.EXIT)
        if int.from_bytes((data or b"")[:2], "little") in (2, 10):
            self._change(pid, call.args[0], remote=_known_address(data), connected=True)

    def _accept(self, pid: int, call: Returned) -> None:
        local = self._local_of(pid, call.result) or self._local_of(pid, call.args[0])
        if local.startswith(("0.0.0.0:", "[::]:")):  # any of the machine's addresses
            local = ""
        data = call.content(1, When.EXIT) or b""
        remote = "" if data[:2] == b"\1\0" else _known_address(data)
        self._change(pid, call.result, local=local, remote=remote, connected=True)

    # --- paths that go away ------------------------------------------------------------------------------------

    def _remove(self, path: str) -> None:
        for description, link in self._open_links():
            if link.text == path:
                self._links[description] = link._replace(text=path + _DELETED)

    def _rename(self, old: str, new: str) -> None:
        self._remove(new)
        for description, link in self._open_links():
            if link.text == old or link.text.startswith(old + "/"):
                self._links[description] = link._replace(text=new + link.text[len(old) :])

    def _open_links(self) -> list[tuple[Description, Link]]:
        return [(each, link) for each, link in self._links.items() if each.holders and link.text.startswith("/")]

    def absolute(self, pid: int, directory: int, path: str) -> str:
        """`path` as the process means it; links on the way are not followed. Empty when that is not known."""
        if path.startswith("/"):
            return normpath(path)
        if directory == AT_FDCWD:
            base = self._directories.get(pid, "")
        else:
            description = self._descriptors.description(pid, directory)
            base = self._of(description).text if description is not None else ""
        return normpath(join(base, path)) if base.startswith("/") and path not in ("", "?") else ""


def _known_address(data: bytes | None) -> str:
    """The address, with a question mark for a port the kernel is still to choose; of netlink the port."""
    if data and len(data) >= 8 and int.from_bytes(data[:2], "little") == _AF_NETLINK:
        return str(int.from_bytes(data[4:8], "little") or "?")
    text = address_text(data)
    return text[:-1] + "?" if text.endswith(":0") and text[0] != "/" else text


@cache
def _with_links() -> frozenset[str]:
    """Calls at whose end capture reads links; other pieces of no argument are something else."""
    declared = (declaration_of(abi, nr) for abi in (0, 3) for nr in range(512))
    return frozenset(
        each.name for each in declared if each and any(copy.shape in _MADE_LINKS for copy in each.copies)
    )


def _removal(path: int) -> Callable[[DescriptorNames, int, Returned], None]:
    """unlink and rmdir; unlinkat with its directory before the path."""

    def rule(names: DescriptorNames, pid: int, call: Returned) -> None:
        directory = _int(call.args[path - 1]) if path else AT_FDCWD
        names._remove(names.absolute(pid, directory, call.text(path)))

    return rule


def _renaming(old: int, new: int, flags: int | None) -> Callable[[DescriptorNames, int, Returned], None]:
    def rule(names: DescriptorNames, pid: int, call: Returned) -> None:
        if flags is not None and call.args[flags] & _EXCHANGE:
            return
        before, after = (
            names.absolute(pid, _int(call.args[place - 1]) if new - old == 2 else AT_FDCWD, call.text(place))
            for place in (old, new)
        )
        if before and after:
            names._rename(before, after)

    return rule


def _int(register: int) -> int:
    return (register & 0xFFFFFFFF ^ 0x80000000) - 0x80000000


_REMOVALS: Final = {
    "unlink": _removal(0), "rmdir": _removal(0), "unlinkat": _removal(1), "rename": _renaming(0, 1, None),
    "renameat": _renaming(1, 3, None), "renameat2": _renaming(1, 3, 4),
}  # fmt: skip
_ADDRESSES: Final[dict[str, Callable[[DescriptorNames, int, Returned], None]]] = {
    "socket": DescriptorNames._socket, "socketpair": DescriptorNames._pair, "bind": DescriptorNames._bind,
    "connect": DescriptorNames._connect, "accept": DescriptorNames._accept, "accept4": DescriptorNames._accept,
    "getsockname": DescriptorNames._got_local, "getpeername": DescriptorNames._got_remote,
}  # fmt: skip
