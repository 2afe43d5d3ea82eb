"""Datagrams sent one by one.

fine: few, big ones.
"""

import socket
import sys

receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
size, count = (200, 15_000) if sys.argv[1] == "bug" else (20_000, 50)
to = receiver.getsockname()
for _ in range(count):
    sender.sendto(b"x" * size, to)
