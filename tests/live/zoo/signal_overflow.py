"""Signal-driven I/O with a real-time signal whose queue is full: the kernel falls back to a plain SIGIO (fcntl(2)).

fine: room for all that is queued.
"""

import fcntl
import os
import resource
import signal
import socket
import sys

number = signal.SIGRTMIN + 1
signal.pthread_sigmask(signal.SIG_BLOCK, [number, signal.SIGIO])
if sys.argv[1] == "bug":
    resource.setrlimit(resource.RLIMIT_SIGPENDING, (5, 5))
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
fcntl.fcntl(receiver, 10, number)  # F_SETSIG
fcntl.fcntl(receiver, fcntl.F_SETOWN, os.getpid())
fcntl.fcntl(receiver, fcntl.F_SETFL, fcntl.fcntl(receiver, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20):
    sender.sendto(b"x", receiver.getsockname())
while (taken := signal.sigtimedwait([number, signal.SIGIO], 0.2)) is not None:
    try:
        receiver.recv(10)
    except BlockingIOError:
        pass
    if taken.si_signo == signal.SIGIO:
        break
