"""How a workload and its feeder find each other and hand over descriptors.

The feeder listens on an abstract unix socket (unix(7)): its name lives in the kernel only, so there is no
file to leave behind, and autobind picks a free name, so any number of jobs run side by side. Addresses are
written ``@0004f`` on command lines. Every exchange is one SOCK_SEQPACKET packet of JSON, with the
descriptors it speaks of attached (SCM_RIGHTS).
"""

import json
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

from workloads.errors import CannotRun, FeederLost

Words = dict[str, Any]
PACKET = 4096
DESCRIPTORS = 200
"""In one packet; the kernel's own limit is SCM_MAX_FD = 253 (unix(7))."""
_PEER = struct.Struct("3i")
"""struct ucred: pid, uid, gid."""


def listen() -> tuple[socket.socket, str]:
    """A listening socket and the address a workload has to be told."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind("")
    listener.listen()
    name = listener.getsockname()
    return listener, "@" + name[1:].decode("ascii")


def accept(listener: socket.socket) -> socket.socket | None:
    """The next caller, or None when it is another user's: an abstract name has no file permissions."""
    caller, _ = listener.accept()
    _, uid, _ = _PEER.unpack(caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    if uid in (0, os.geteuid()):
        return caller
    caller.close()
    return None


def dial(address: str) -> socket.socket:
    if not address.startswith("@") or not address[1:]:
        raise CannotRun(f"{address!r} is not the address of a feeder: one looks like @0004f")
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        control.connect("\0" + address[1:])
    except OSError as error:
        control.close()
        raise FeederLost(f"no feeder answers at {address} ({error.strerror}); start it first") from None
    return control


def send(control: socket.socket, words: Words, descriptors: Sequence[int] = ()) -> None:
    """Send one packet; FeederLost when nobody is left to read it."""
    packet = json.dumps(words).encode()
    try:
        if descriptors:
            socket.send_fds(control, [packet], descriptors)
        else:
            control.sendall(packet)
    except ConnectionError:
        raise FeederLost("the feeder went away") from None


def receive(control: socket.socket) -> tuple[Words, list[int]]:
    """Wait for one packet. FeederLost when the other side is gone, CannotRun with the reason it gives."""
    try:
        packet, descriptors, flags, _ = socket.recv_fds(control, PACKET, DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
    except ConnectionError:
        packet, descriptors, flags = b"", [], 0
    if not packet:
        raise FeederLost("the feeder went away")
    if flags & socket.MSG_CTRUNC:
        raise CannotRun("there is no room for the channels' descriptors (ulimit -n); take fewer --clients")
    words = json.loads(packet)
    assert isinstance(words, dict)
    if "error" in words:
        raise CannotRun(words["error"])
    return words, list(descriptors)
