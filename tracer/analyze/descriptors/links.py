"""What a descriptor leads to, in the words of `strace -yy`: a path, an inode, a socket's protocol and addresses.

    </usr/bin/dash>   </dev/null<char 1:3>>   </tmp/x>(deleted)   <pipe:[2047946]>   <anon_inode:[eventpoll]>
    <TCP:[127.0.0.1:58594->127.0.0.1:34201]>   <UNIX-STREAM:[2047992->2047988,"/tmp/s"]>   <NETLINK:[ROUTE:1452]>

A part that the trace does not tell is a question mark.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.decode.constants_network import NETLINK
from tracer.decode.text import plain

_DELETED: Final = " (deleted)"
_UNKNOWN: Final = "?"
_NO_ADDRESS: Final = ("0.0.0.0:0", "[::]:0", "0")
_ESCAPED: Final = str.maketrans({"<": "\\74", ">": "\\76"})


class Link(NamedTuple):
    """`text` and `note` are those of `tracer.capture.links`; the rest is known of sockets only."""

    text: str
    note: str = ""
    """`char 1:3`, or a protocol's name (TCP, UDPv6, UNIX-STREAM, NETLINK), or the process of a pidfd."""
    local: str = ""
    """Its address, empty while it has none; of netlink its port."""
    remote: str = ""
    """The address it is connected to; of unix sockets the inode of its peer."""
    connected: bool = False
    family: int = 0
    """Of netlink: which (NETLINK_ROUTE, ...)."""


def link_from(data: bytes) -> Link:
    """The link that capture kept."""
    text, note, local, *_ = (*data.decode(errors="surrogateescape").split("\0"), "", "")
    known = not note.startswith("UNIX") and local not in _NO_ADDRESS
    return Link(text, note, local if known else "")


def link_text(link: Link) -> str:
    """`link` in angle brackets, empty when nothing is known of it."""
    kind, colon, rest = link.text.partition(":")
    if not link.text:
        return ""
    if link.text.startswith("/"):
        path, deleted = link.text.removesuffix(_DELETED), link.text.endswith(_DELETED)
        note = f"<{link.note}>" if link.note else ""
        return f"<{_escaped(path)}{note}>" + ("(deleted)" if deleted else "")
    if kind == "socket" and colon and link.note:
        return f"<{link.note}:[{_socket(link, rest.strip('[]'))}]>"
    if rest == "[pidfd]" and link.note:
        return f"<pid:{link.note}>"
    return f"<{_escaped(link.text)}>"


def _escaped(text: str) -> str:
    return plain(text.encode(errors="surrogateescape")).translate(_ESCAPED)


def _socket(link: Link, inode: str) -> str:
    if link.note.startswith("UNIX"):
        ends = f"{inode}->{link.remote or _UNKNOWN}" if link.connected else inode
        return f"{ends},{_quoted(link.local)}" if link.local else ends
    if link.note == "NETLINK":
        name = NETLINK.get(link.family, str(link.family)).removeprefix("NETLINK_")
        return f"{name}:{link.local}" if link.local else inode
    if link.connected and link.remote:
        return f"{link.local or _UNKNOWN}->{link.remote}"
    return link.local or inode


def _quoted(path: str) -> str:
    abstract = "@" if path.startswith("@") else ""
    return f'{abstract}"{_escaped(path.removeprefix(abstract))}"'


_ANONYMOUS: Final = {
    "epoll": "anon_inode:[eventpoll]", "eventfd": "anon_inode:[eventfd]", "timerfd": "anon_inode:[timerfd]",
    "signalfd": "anon_inode:[signalfd]", "io_uring": "anon_inode:[io_uring]", "inotify": "anon_inode:inotify",
    "fanotify": "anon_inode:[fanotify]", "perf event": "anon_inode:[perf_event]", "bpf map": "anon_inode:bpf-map",
    "bpf program": "anon_inode:bpf-prog", "landlock ruleset": "anon_inode:[landlock-ruleset]",
    "seccomp notify": "anon_inode:seccomp notify", "file system context": "anon_inode:[fscontext]",
    "pidfd": "anon_inode:[pidfd]", "userfaultfd": "anon_inode:[userfaultfd]",
    "pipe (read end)": "pipe:[?]", "pipe (write end)": "pipe:[?]",
}  # fmt: skip


def link_of_what(what: str) -> Link:
    """A link made of what is known of a descriptor whose link was not read; without text when that is nothing."""
    if what.startswith("/"):
        return Link(what)
    if what.startswith("socket"):
        return Link(f"socket:[{_UNKNOWN}]")
    return Link(_ANONYMOUS.get(what, ""))
