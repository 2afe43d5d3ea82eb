"""Calls that make descriptors of rarer kinds: message queues, fanotify, perf events, BPF, mounts, other processes'.

Flag values are those of the kernel's own headers: each of these calls has its own for close-on-exec.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from tracer.analyze.changes import Change, Opened
from tracer.analyze.returned import Returned, Rule, flags_of
from tracer.syscalls.objects import Object
from tracer.wire import When

_O_DIRECT: Final = 0o40000
CLONE_PIDFD: Final = 0x1000


def _made(name: str, what: str, flags: int, cloexec: int, nonblocking: int = 0) -> Rule:
    """`flags` = the argument that has them, `cloexec` and `nonblocking` = the flags in it."""

    def rule(call: Returned) -> Iterator[Change]:
        given = call.args[flags]
        yield Opened(call.result, what, name, bool(given & nonblocking), bool(given & cloexec))

    return rule


def _message_queue(call: Returned) -> Iterator[Change]:
    """Its name lies in the message queue file system's only directory, and it is always closed on exec."""
    yield Opened(call.result, f"/{call.text(0)}", "mq_open", flags_of(call.args[1])[0], True)


def _by_handle(call: Returned) -> Iterator[Change]:
    thing = Object.DIRECT if call.args[2] & _O_DIRECT else Object.OTHER
    yield Opened(call.result, "file by handle", "open_by_handle_at", *flags_of(call.args[2]), thing)


def _taken(call: Returned) -> Iterator[Change]:
    """A second descriptor for what another process has open; which file that is, is not followed."""
    yield Opened(call.result, "descriptor of another process", "pidfd_getfd", False, True, Object.UNKNOWN)


_BPF_MAKES: Final = {
    0: "bpf map", 5: "bpf program", 7: "bpf object", 13: "bpf program", 14: "bpf map", 17: "bpf tracepoint",
    18: "btf", 19: "btf", 28: "bpf link", 30: "bpf link", 32: "bpf statistics", 33: "bpf iterator", 36: "bpf token",
}  # fmt: skip
"""bpf_cmd (linux/bpf.h) whose result is a descriptor."""


def _bpf(call: Returned) -> Iterator[Change]:
    what = _BPF_MAKES.get(call.args[0] & 0xFFFFFFFF)
    if what is not None:
        yield Opened(call.result, what, "bpf", False, True)


_SET_MODE_FILTER, _NEW_LISTENER = 1, 1 << 3


def _ruleset(call: Returned) -> Iterator[Change]:
    """With flags it is a question about the version, which is answered by a number (landlock_create_ruleset(2))."""
    if not call.args[2] & 0xFFFFFFFF:
        yield Opened(call.result, "landlock ruleset", "landlock_create_ruleset", False, True)


def _seccomp(call: Returned) -> Iterator[Change]:
    if call.args[0] & 0xFFFFFFFF == _SET_MODE_FILTER and call.args[1] & _NEW_LISTENER:
        yield Opened(call.result, "seccomp notify", "seccomp", False, True)


def child_descriptor(call: Returned) -> Iterator[Change]:
    """What clone3 with CLONE_PIDFD stored in the parent (clone(2)); the child's table was copied before."""
    given = call.content(0)
    if given is None or len(given) < 16:
        return
    flags, address = struct.unpack_from("<2Q", given)
    if flags & CLONE_PIDFD:
        for piece in call.memory.of(call.row):
            if piece.when == When.EXIT and piece.address == address and len(piece.content) >= 4:
                yield Opened(struct.unpack_from("<i", piece.content)[0], "pidfd", "clone3", False, True)
                return


SPECIAL_RULES: Final[dict[str, Rule]] = {
    "mq_open": _message_queue,
    "open_by_handle_at": _by_handle,
    "pidfd_getfd": _taken,
    "bpf": _bpf,
    "seccomp": _seccomp,
    "fanotify_init": _made("fanotify_init", "fanotify", 0, 1, 2),
    "perf_event_open": _made("perf_event_open", "perf event", 4, 8),
    "memfd_secret": _made("memfd_secret", "secret memory", 0, 0o2000000),
    "landlock_create_ruleset": _ruleset,
    "fsopen": _made("fsopen", "file system context", 1, 1),
    "fspick": _made("fspick", "file system context", 2, 1),
    "fsmount": _made("fsmount", "mount", 1, 1),
    "open_tree": _made("open_tree", "mount", 2, 0o2000000),
}
"""What each call makes, by name."""
