"""Sentences of the calls about files, descriptors and memory."""

from __future__ import annotations

import stat
from typing import Final

from tracer.decode.look import EXIT
from tracer.decode.sentence_data import Saying
from tracer.decode.text import Unread
from tracer.decode.told import Told, counted
from tracer.syscalls.layouts import Model, layout

_ACCESS: Final = ("reading", "writing", "reading and writing", "reading and writing")
_O_CREAT, _O_TRUNC, _O_APPEND, _O_NONBLOCK = 0o100, 0o1000, 0o2000, 0o4000


def _open(told: Told) -> tuple[str, str]:
    flags = told.value("flags") if told.has("flags") else _O_CREAT | _O_TRUNC | 1
    names = told.text("flags").split("|")
    if "O_PATH" in names:
        return f"takes hold of {told.text('pathname')} as a place only, not to read or write", _got(told)
    if "O_TMPFILE" in names:
        return f"makes a file without a name in {told.text('pathname')} for {_ACCESS[flags & 3]}", _got(told)
    purpose = "listing" if "O_DIRECTORY" in names else _ACCESS[flags & 3]
    extras = [
        words
        for bit, words in (
            (_O_CREAT, "creates it if it is missing"),
            (_O_TRUNC, "empties it"),
            (_O_APPEND, "every write goes to its end"),
            (_O_NONBLOCK, "calls on it will not wait"),
        )
        if flags & bit
    ]
    does = f"opens {told.text('pathname')} for {purpose}" + "".join(f", {each}" for each in extras)
    return does, _got(told)


def _got(told: Told) -> str:
    return f"gets descriptor {told.result}"


def _open_how(told: Told) -> tuple[str, str]:
    """openat2, whose flags are in memory: what it wants of them is shown as they are."""
    return f"opens {told.text('pathname')} as {told.text('how')} says", _got(told)


def _close(told: Told) -> tuple[str, str]:
    return f"closes {told.descriptor()}", ""


_KINDS: Final = {
    stat.S_IFREG: "a file", stat.S_IFDIR: "a directory", stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a character device", stat.S_IFBLK: "a block device",
}  # fmt: skip


def _stat(told: Told) -> tuple[str, str]:
    path = told.text("pathname") if told.has("pathname") else ""
    subject = path if path not in ("", '""', "NULL") else told.descriptor("fd" if told.has("fd") else "dirfd")
    return f"asks what {subject} is: its kind, size, owner and times", _found(told)


def _places(structure: str, model: Model) -> tuple[int, int, int, int]:
    """Where st_mode and st_size are, and their widths."""
    shape = layout(structure, model)
    mode, size = shape.field("mode"), shape.field("size")
    return mode.offset, mode.width, size.offset, size.width


def _found(told: Told) -> str:
    extended = told.declared.name == "statx"
    data = told.look("statxbuf" if extended else "statbuf").piece(EXIT)
    reads = next(each.reads for each in told.declared.args if each.name in ("statbuf", "statxbuf"))
    if isinstance(data, Unread) or len(data) < 56:
        return "it is told"
    mode_at, width, size_at, size_width = (28, 2, 40, 8) if extended else _places(reads, told.declared.model)
    mode = int.from_bytes(data[mode_at : mode_at + width], "little")
    kind = _KINDS.get(stat.S_IFMT(mode), "something else")
    size = int.from_bytes(data[size_at : size_at + size_width], "little")
    return f"it is {kind} of {counted(size, 'byte')}" if kind == "a file" else f"it is {kind}"


def _may(told: Told) -> tuple[str, str]:
    wanted = told.number("mode")
    verbs = [verb for bit, verb in ((4, "read"), (2, "write"), (1, "run")) if wanted & bit]
    if not verbs:
        return f"asks whether {told.text('pathname')} exists", "it does"
    return f"asks whether it may {' and '.join(verbs)} {told.text('pathname')}", "it may"


def _path(verb: str, name: str = "pathname", result: str = "") -> Saying:
    return lambda told: (f"{verb} {told.text(name)}", result)


def _paths(verb: str, first: str, second: str, between: str) -> Saying:
    return lambda told: (f"{verb} {told.text(first)} {between} {told.text(second)}", "")


def _list(told: Told) -> tuple[str, str]:
    more = "gets some" if told.result else "there are no more"
    return f"asks for the names in the directory {told.descriptor()}", more


def _link(told: Told) -> tuple[str, str]:
    return f"asks where the link {told.text('pathname')} leads", f"to {told.text('buf')}"


def _duplicate(told: Told) -> tuple[str, str]:
    return f"makes a second descriptor for {told.descriptor('oldfd')}", f"it is {told.result}"


def _pipe(told: Told) -> tuple[str, str]:
    return "makes a pipe", f"its two ends (read, write) are {told.text('pipefd')}"


_F_DUPFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC = 0, 3, 4, 1030


def _control(told: Told) -> tuple[str, str]:
    command = told.number("cmd")
    if command in (_F_DUPFD, _F_DUPFD_CLOEXEC):
        return f"makes a second descriptor for {told.descriptor()}", f"it is {told.result}"
    if command == _F_SETFL:
        waits = "calls on it do not wait" if told.value("arg") & _O_NONBLOCK else "calls on it may wait"
        return f"sets how {told.descriptor()} behaves: {waits}", ""
    if command == _F_GETFL:
        return f"asks how {told.descriptor()} was opened", ""
    return f"does {told.text('cmd')} on {told.descriptor()}", ""


def _request(told: Told) -> tuple[str, str]:
    name = told.text("cmd")
    if name == "FIONREAD":
        return f"asks how many bytes {told.descriptor()} has ready to be read", f"{told.text('arg')}"
    if name == "TCGETS":
        return f"asks for the terminal settings of {told.descriptor()} (that is how programs tell a terminal)", ""
    if name == "TIOCGWINSZ":
        return f"asks how large the terminal of {told.descriptor()} is", told.text("arg")
    return f"makes the device request {name} on {told.descriptor()}", ""


_SHARED, _ANONYMOUS = 1, 0x20


def _map(told: Told) -> tuple[str, str]:
    flags, size = told.value("flags"), counted(told.value("length"), "byte")
    shared = ", shared with whoever maps them too" if flags & 3 == _SHARED else ""
    does = (
        f"asks for {size} of fresh memory"
        if flags & _ANONYMOUS
        else f"maps {size} of {told.descriptor()} into memory"
    )
    return does + shared, f"they are at {told.result & 0xFFFFFFFFFFFFFFFF:#x}"


def _memory(words: str) -> Saying:
    return lambda told: (words.format(size=counted(told.value("length"), "byte"), at=told.text("addr")), "")


def _break(told: Told) -> tuple[str, str]:
    if not told.value("addr"):
        return "asks where its heap ends", f"at {told.result:#x}"
    return "moves the end of its heap", f"it is at {told.result:#x}"


_RENAME_EXCHANGE: Final = 2

FILES: Final[dict[str, Saying]] = {
    **dict.fromkeys(("open", "openat", "creat"), _open),
    **dict.fromkeys(("stat", "lstat", "fstat", "newfstatat", "statx"), _stat),
    **dict.fromkeys(("access", "faccessat", "faccessat2"), _may),
    **dict.fromkeys(("unlink", "unlinkat"), _path("removes")),
    **dict.fromkeys(("mkdir", "mkdirat"), _path("makes the directory")),
    **dict.fromkeys(("rename", "renameat"), _paths("renames", "oldpath", "newpath", "to")),
    "renameat2": lambda told: (
        f"makes {told.text('oldpath')} and {told.text('newpath')} change places"
        if told.number("flags") & _RENAME_EXCHANGE
        else f"renames {told.text('oldpath')} to {told.text('newpath')}", "",
    ),
    "openat2": _open_how,
    **dict.fromkeys(("link", "linkat"), _paths("gives", "oldpath", "newpath", "a second name,")),
    **dict.fromkeys(("symlink", "symlinkat"), _paths("makes", "linkpath", "target", "a link to")),
    **dict.fromkeys(("readlink", "readlinkat"), _link),
    **dict.fromkeys(("chmod", "fchmodat", "fchmodat2"), _path("changes who may use")),
    **dict.fromkeys(("dup", "dup2", "dup3"), _duplicate),
    **dict.fromkeys(("pipe", "pipe2"), _pipe),
    **dict.fromkeys(("getdents", "getdents64"), _list),
    "close": _close,
    "rmdir": _path("removes the directory"),
    "chdir": _path("makes its working directory"),
    "getcwd": lambda told: ("asks for its working directory", f"it is {told.text('buf')}"),
    "fcntl": _control,
    "ioctl": _request,
    "mmap": _map,
    "munmap": _memory("gives back {size} of memory at {at}"),
    "mprotect": lambda told: (
        f"sets what may be done with {counted(told.value('length'), 'byte')} of memory at {told.text('addr')}: "
        f"{told.text('prot')}", "",
    ),
    "madvise": lambda told: (
        f"tells how it will use {counted(told.value('length'), 'byte')} of memory: {told.text('advice')}", "",
    ),
    "brk": _break,
}  # fmt: skip
