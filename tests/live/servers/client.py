"""A client that counts: requests one after the other on each of several connections, until told to stop.

Run as a program: `client.py PROTOCOL PORT CONNECTIONS REQUESTS`. REQUESTS 0 = until standard input ends. Prints one
JSON object: how many requests were answered rightly, how many were not and what went wrong with the first of them,
and the bytes sent and received on the sockets. It imports nothing of ours: a server's load must not depend on us.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from dataclasses import asdict, dataclass

TIMEOUT = 20.0
"""Seconds without an answer: a server that is traced is slow, but not that slow."""
HTTP = b"GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n"
VALUE = b"v" * 1000
GET = b"get key\r\n"
FOUND = b"VALUE key 0 1000\r\n" + VALUE + b"\r\nEND\r\n"


@dataclass
class Count:
    """What one connection, or all of them, did."""

    requests: int = 0
    failed: int = 0
    sent: int = 0
    received: int = 0
    error: str = ""

    def add(self, other: Count) -> None:
        """Take in what another one did."""
        self.requests += other.requests
        self.failed += other.failed
        self.sent += other.sent
        self.received += other.received
        self.error = self.error or other.error


class Connection:
    """One connection, made again where the server closes after each answer."""

    def __init__(self, protocol: str, port: int, count: Count) -> None:
        self.protocol, self.port, self.count = protocol, port, count
        self.socket: socket.socket | None = None

    def ask(self) -> bool:
        """One request; whether the answer was right."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), TIMEOUT)
        request = HTTP if self.protocol == "http" else GET
        self.socket.sendall(request)
        self.count.sent += len(request)
        if self.protocol == "memcached":
            return self._take(b"", len(FOUND)) == FOUND
        head, _, body = self._head().partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields[b"content-length"])
        body = self._take(body, length)
        if fields.get(b"connection") == b"close" or head.startswith(b"HTTP/1.0"):
            self.close()
        return b" 200 " in head[:16] and len(body) == length > 0

    def _head(self) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        return data

    def _take(self, data: bytes, length: int) -> bytes:
        while len(data) < length:
            data += self._receive()
        return data

    def _receive(self) -> bytes:
        assert self.socket is not None
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError("the server closed the connection before its answer was complete")
        self.count.received += len(data)
        return data

    def close(self) -> None:
        """The next request makes a new connection."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def work(connection: Connection, requests: int, stop: threading.Event) -> None:
    """Requests on one connection."""
    count = connection.count
    while not stop.is_set() and (not requests or count.requests + count.failed < requests):
        try:
            right, error = connection.ask(), "a wrong answer"
        except (OSError, ValueError, KeyError) as failure:
            right, error = False, f"{type(failure).__name__}: {failure}"
        if right:
            count.requests += 1
        else:
            count.failed += 1
            count.error = count.error or error
            connection.close()
    connection.close()


def main() -> None:
    """Ask, count, tell."""
    protocol, port, connections, requests = sys.argv[1], *(int(each) for each in sys.argv[2:5])
    stop = threading.Event()
    counts = [Count() for _ in range(connections)]
    threads = [
        threading.Thread(target=work, args=(Connection(protocol, port, count), requests // connections, stop))
        for count in counts
    ]
    for thread in threads:
        thread.start()
    if not requests:
        sys.stdin.read()
        stop.set()
    total = Count()
    for thread, count in zip(threads, counts, strict=True):
        thread.join()
        total.add(count)
    print(json.dumps(asdict(total)))


if __name__ == "__main__":
    main()
