"""The other end of every workload: a process of its own, so that no trace of the workload contains it.

    python -m workloads.feeder

prints the address on which it waits for one workload (``--feeder ADDRESS`` there), does the job which that
workload asks for, and ends when the workload does. It also ends when the process that started it does:
``--lifeline FD`` is the read end of a pipe whose write end only that process holds.
"""

import argparse
import os
import select
import socket
import sys
import threading
from collections.abc import Sequence

from workloads import channels, draining, rendezvous, sending, stored
from workloads.errors import CannotRun, FeederLost
from workloads.terms import Terms


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m workloads.feeder", description="Feed one workload.")
    parser.add_argument("--lifeline", type=int, metavar="FD", help="end when this pipe is closed")
    parser.add_argument("--corrupt", type=int, metavar="N", help="damage message N of the first client")
    given = parser.parse_args(argv)
    if given.lifeline is not None:
        threading.Thread(target=_end_with, args=(given.lifeline,), daemon=True).start()
    listener, address = rendezvous.listen()
    print(address, flush=True)
    try:
        with _caller(listener) as control:
            serve(control, given.corrupt)
    except (FeederLost, ConnectionError):
        return 0
    except KeyboardInterrupt:
        return 130
    return 0


def serve(control: socket.socket, corrupt: int | None) -> None:
    """Do the one job the workload asks for."""
    words, _ = rendezvous.receive(control)
    terms = Terms(**words)
    with select.epoll() as epoll:
        try:
            fds = _prepare(control, terms, corrupt)
        except (CannotRun, OSError) as error:
            rendezvous.send(control, {"error": str(error)})
            return
        if terms.role == "send":
            sending.serve(control, epoll, fds, terms, corrupt)
        elif terms.role == "drain":
            draining.serve(control, epoll, fds, terms)
    rendezvous.receive(control)


def _prepare(control: socket.socket, terms: Terms, corrupt: int | None) -> list[int]:
    """Hand over what the job needs: the file, the channels, or both. Returns our ends of the channels."""
    if terms.role != "send":
        stored.give(control, terms, corrupt)
    if terms.role == "file":
        return []
    channels.allow_descriptors(terms.clients)
    return channels.give(control, terms.transport, terms.clients, terms.size, inward=terms.role == "drain")


def _caller(listener: socket.socket) -> socket.socket:
    with listener:
        while True:
            caller = rendezvous.accept(listener)
            if caller is not None:
                return caller


def _end_with(lifeline: int) -> None:
    """Nothing is ever written to a lifeline: the read returns when its last writer is gone."""
    os.read(lifeline, 1)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
