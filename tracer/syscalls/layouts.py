"""How structures lie in memory: each is declared once, and its size and offsets follow from the ABI.

C rules decide: a word (long, pointer, size_t) has 8 bytes or 4, old times have the width of a word except where a
call's name says `time64`, and 64-bit numbers are aligned to 8 bytes, on i386 to 4 (`compat_u64`,
asm-generic/compat.h). A structure that differs by more than that has a variant of its own, `name@machine`.
Sizes are the kernel's, not those of glibc's larger twins.

A structure is a list of fields, CODE:NAME. Codes are those of the module `struct` (b B h H i I q Q), and

    x X    4 and 8 bytes, read in hex        l L P  a word: signed, unsigned, in hex
    t      seconds of a time                 n      its fraction (a word beside 64-bit seconds: its low half counts)
    -N     N bytes of padding                =N     at least N bytes in all
    s      bytes of any number, at the end   {S}    the fields of structure S

A code may be followed by *N for N fields of that name. `packed` as the first word switches alignment off. A name
that begins with _ is not shown.
"""

from __future__ import annotations

from functools import cache
from struct import Struct
from typing import Final, NamedTuple


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

STRUCTURES: Final[dict[str, str]] = {
    "word": "L:value",
    "time": "t:value",
    "iovec": "P:base L:len",
    "msghdr": "P:name I:namelen P:iov L:iovlen P:control L:controllen x:flags",
    "mmsghdr": "{msghdr} I:len",
    "cmsghdr": "L:len i:level i:type",
    "timespec": "t:tv_sec n:tv_nsec",
    "timespec64": "q:tv_sec q:tv_nsec",
    "timeval": "t:tv_sec n:tv_usec",
    "two_timespecs": "{timespec} {timespec}",
    "two_timevals": "{timeval} {timeval}",
    "itimerspec": "{timespec} {timespec}",
    "itimerval": "{timeval} {timeval}",
    "utimbuf": "t:actime t:modtime",
    "tms": "l:utime l:stime l:cutime l:cstime",
    "timex": (
        "x:modes t:offset t:freq t:maxerror t:esterror i:status t:constant t:precision t:tolerance t:time.tv_sec "
        "t:time.tv_usec t:tick t:_ppsfreq t:_jitter i:_shift t:_stabil t:_jitcnt t:_calcnt t:_errcnt t:_stbcnt "
        "i:_tai -44"
    ),
    "rusage": "t:utime n:uutime t:stime n:ustime l*14:_",
    "rlimit": "L:cur L:max",
    "sysinfo": (
        "l:uptime L:load1 L:load2 L:load3 L:totalram L:freeram L:sharedram L:bufferram L:totalswap L:freeswap "
        "H:procs H:_pad L:totalhigh L:freehigh I:mem_unit =64"
    ),
    "sigset": "Q:mask",
    "sigaction": "P:handler L:flags P:restorer Q:mask",
    "old_sigaction": "P:handler L:mask L:flags P:restorer",
    "stack_t": "P:sp i:flags L:size",
    "siginfo": "i:signo i:errno i:code =128",
    "siginfo_copied": "-48",
    "siginfo_copied@i386": "-128",
    "siginfo_copied@x32": "-128",
    "siginfo_zeroed": "-80",
    "siginfo_zeroed@i386": "",
    "siginfo_zeroed@x32": "",
    "sigevent": "P:value i:signo i:notify i:tid =64",
    "sigevent_copied": "-64",
    "sigevent_copied@i386": "-16",
    "sigevent_copied@x32": "-16",
    "sigset_argpack": "P:set L:size",
    "flock": "h:type h:whence l:start l:len i:pid",
    "flock64": "h:type h:whence q:start q:len i:pid",
    "stat": "Q:dev Q:ino L:nlink I:mode I:uid I:gid I:_ Q:rdev q:size q:_blksize q:_blocks -72",
    "stat@aarch64": "Q:dev Q:ino I:mode I:nlink I:uid I:gid Q:rdev Q:_ q:size i:_blksize i:_ q:_blocks -56",
    "stat@i386": "I:dev I:ino H:mode H:nlink H:uid H:gid I:rdev I:size I:_blksize I:_blocks -32",
    "stat64": ("Q:dev -4 I:_ino I:mode I:nlink I:uid I:gid Q:rdev -4 q:size I:_blksize Q:_blocks -24 Q:ino"),
    "old_stat": "H:dev H:ino H:mode H:nlink H:uid H:gid H:rdev I:size I:atime I:mtime I:ctime",
    "statfs": (
        "L:type L:bsize L:blocks L:bfree L:bavail L:files L:ffree I:fsid1 I:fsid2 L:namelen L:frsize L:flags L*4:_"
    ),
    "statfs64": (
        "I:type I:bsize Q:blocks Q:bfree Q:bavail Q:files Q:ffree I:fsid1 I:fsid2 I:namelen I:frsize I:flags -16"
    ),
    "ustat": "i:f_tfree L:f_tinode -12",
    "dirent": "L:ino L:off H:reclen s:name",
    "dirent64": "Q:ino Q:off H:reclen B:type s:name",
    "old_dirent": "I:ino I:off H:namlen s:name",
    "epoll_event": "packed I:events Q:data",
    "epoll_event@aarch64": "I:events Q:data",
    "mq_attr": "P:mq_flags l:mq_maxmsg l:mq_msgsize l:mq_curmsgs l*4:_",
    "msgbuf": "l:type s:text",
    "shmid_ds": "-112",
    "shmid_ds@i386": "-84",
    "sock_fprog": "H:len P:filter",
    "ifreq": "-16 L*2:_memory -8",
    "ifconf": "i:len P:buf",
    "hd_geometry": "B:heads B:sectors H:cylinders L:start",
    "kexec_segment": "P:buf L:bufsz P:mem L:memsz",
    "dqblk": "Q*8:_ I:valid",
    "user_desc": "I:entry_number x:base_addr x:limit x:flags",
    "user_regs": "-216",
    "user_regs@aarch64": "-272",
    "user_regs@i386": "-68",
    "user_fpregs": "-512",
    "user_fpregs@i386": "-108",
}
"""Structures whose layout depends on the ABI, and variants."""

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
