"""Making the channels, at both ends: pipes, pairs of unix sockets, or TCP connections over loopback.

The feeder makes pipes and socket pairs and passes one end over; for TCP it listens on 127.0.0.1 and the
workload connects, because that is how a TCP program gets its channels.
"""

import fcntl
import os
import resource
import socket
import struct

from workloads import rendezvous
from workloads.errors import CannotRun

SPARE = 64
"""Descriptors a process needs besides its channels."""
PIPE_SIZE = 65536
"""What a pipe holds unless told otherwise (pipe(7))."""
PATIENCE = 30.0
"""Seconds the feeder waits for a connection that was announced."""
_INDEX = struct.Struct("<I")


def allow_descriptors(clients: int) -> None:
    """Raise the soft limit on open files so that ``clients`` channels fit; CannotRun when it may not be."""
    needed = clients + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed:
        return
    if hard < needed:
        raise CannotRun(f"{clients} clients need {needed} descriptors, the limit here is {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def give(control: socket.socket, transport: str, clients: int, size: int, *, inward: bool) -> list[int]:
    """Make the channels and hand them over; ``inward`` when data comes back from the workload.

    Returns this end of each, in order.
    """
    if transport == "tcp":
        return _accept_all(control, clients)
    ours: list[int] = []
    while len(ours) < clients:
        count = min(rendezvous.DESCRIPTORS, clients - len(ours))
        pairs = [_pair(transport, size, inward=inward) for _ in range(count)]
        rendezvous.send(control, {"channels": count}, [theirs for _, theirs in pairs])
        for mine, theirs in pairs:
            os.close(theirs)
            ours.append(mine)
    return ours


def take(control: socket.socket, transport: str, clients: int) -> list[int]:
    """The workload's side of ``give``: its end of each channel, in order."""
    if transport == "tcp":
        words, _ = rendezvous.receive(control)
        return [_connect(words["port"], index) for index in range(clients)]
    theirs: list[int] = []
    while len(theirs) < clients:
        _, descriptors = rendezvous.receive(control)
        theirs += descriptors
    return theirs


def _pair(transport: str, size: int, *, inward: bool) -> tuple[int, int]:
    """(the feeder's end, the workload's end)"""
    if transport == "unix":
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        return here.detach(), there.detach()
    read_end, write_end = os.pipe()
    if size > PIPE_SIZE:
        _widen(write_end, size)
    return (read_end, write_end) if inward else (write_end, read_end)


def _widen(pipe: int, size: int) -> None:
    """Let a whole message fit, so that it can be read at once; only a wish (F_SETPIPE_SZ, fcntl(2))."""
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, size)
    except OSError:
        return


def _accept_all(control: socket.socket, clients: int) -> list[int]:
    """Accept ``clients`` connections; each starts with its index, since nothing orders an accept queue."""
    with socket.create_server(("127.0.0.1", 0), backlog=min(clients, socket.SOMAXCONN)) as listener:
        listener.settimeout(PATIENCE)
        rendezvous.send(control, {"port": listener.getsockname()[1]})
        by_index = dict(_introduced(listener.accept()[0]) for _ in range(clients))
    return [by_index[index] for index in range(clients)]


def _introduced(connection: socket.socket) -> tuple[int, int]:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(PATIENCE)
    (index,) = _INDEX.unpack(connection.recv(_INDEX.size, socket.MSG_WAITALL))
    return index, connection.detach()


def _connect(port: int, index: int) -> int:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(_INDEX.pack(index))
    return connection.detach()
