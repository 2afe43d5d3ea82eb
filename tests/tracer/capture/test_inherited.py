"""Descriptors of this very process, as capture describes them."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from tracer.capture.inherited import inherited, sockets_of


def described() -> dict[int, dict[str, object]]:
    return {int(fd): each for fd, each in json.loads(inherited(os.getpid()))["fds"].items()}


def test_files_and_their_flags(tmp_path: Path) -> None:
    path = tmp_path / "file"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        found = described()[fd]
    finally:
        os.close(fd)
    flags = found["flags"]
    assert isinstance(flags, int)
    assert found["path"] == str(path)
    assert flags & (os.O_ACCMODE | os.O_APPEND | os.O_CLOEXEC) == os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC


def test_sockets_with_their_addresses() -> None:
    pair, other = socket.socketpair()
    with pair, other, socket.create_server(("127.0.0.1", 0)) as listening:
        host, port = listening.getsockname()
        with socket.create_connection((host, port)) as client:
            found = described()
            texts = {each.fileno(): found[each.fileno()].get("socket") for each in (listening, client, pair)}
    assert list(texts.values()) == [
        f"inet stream listening on 127.0.0.1:{port}", f"inet stream to 127.0.0.1:{port}", "unix stream",
    ]  # fmt: skip


def test_tables_read_before_are_not_read_again() -> None:
    """They take long where there are many connections, and the process may be stopped meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as known, socket.create_server(("127.0.0.1", 0)) as newer:
        table = sockets_of(os.getpid())
        inodes = [os.readlink(f"/proc/self/fd/{each.fileno()}")[8:-1] for each in (known, newer)]
        found = json.loads(inherited(os.getpid(), {inodes[0]: table[inodes[0]]}))["fds"]
        first, second = found[str(known.fileno())], found[str(newer.fileno())]
    assert first["socket"].startswith("inet stream listening on 127.0.0.1:")
    assert "socket" not in second


def test_a_process_that_is_gone_has_nothing() -> None:
    assert json.loads(inherited(0x3FFFFFFF)) == {"fds": {}}
