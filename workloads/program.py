"""The frame of every workload: command line in, one line of JSON out, exit status.

0 the job was done and every byte was right · 1 it was not, or the feeder went away · 2 a wrong option, or
the model cannot run on this machine · ended by SIGINT after Ctrl-C.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from socket import socket
from typing import NoReturn

from workloads import catalog, marks, options, rendezvous
from workloads.catalog import Model
from workloads.errors import FeederLost, WorkloadError
from workloads.job import Job
from workloads.result import line, result

Body = Callable[[Job], None]


def main(name: str, body: Body, argv: Sequence[str] | None = None) -> NoReturn:
    """Run one model as a program. ``body`` receives everything the feeder sends."""
    try:
        status = _run(catalog.model(name), body, argv)
    except WorkloadError as error:
        status = _fail(name, str(error), error.status)
    except ConnectionError as error:
        status = _fail(name, f"the feeder went away ({error.strerror})", FeederLost.status)
    except OSError as error:
        status = _fail(name, f"a system call failed unexpectedly: {error}", 1)
    except KeyboardInterrupt:
        _end_by_interrupt()
    _leave(status)


def _run(model: Model, body: Body, argv: Sequence[str] | None) -> int:
    parser = options.parser(model)
    parser.add_argument("--feeder", metavar="ADDRESS", help="of a running feeder (default: start one)")
    given = parser.parse_args(argv)
    wanted = options.options_of(given)
    with _control(given.feeder) as control:
        job = Job(model, wanted, control)
        body(job)
        fields = result(model.name, wanted, job.verdict(), job.latencies, job.work.done, job.spent)
    said = line(fields)
    marks.result(said)
    try:
        print(said, flush=True)
    except BrokenPipeError:
        return 1
    except OSError as error:
        return _fail(model.name, f"the result cannot be written: {error.strerror}", 1)
    return 0 if fields["ok"] else _fail(model.name, _complaint(fields), 1)


@contextlib.contextmanager
def _control(address: str | None) -> Iterator[socket]:
    """A connection to the feeder at this address, or to one of our own, which ends when we do."""
    with contextlib.ExitStack() as stack:
        if address is None:
            from workloads import launch  # needs subprocess, which a workload with a feeder does without

            address = stack.enter_context(launch.start_feeder()).address
        yield stack.enter_context(rendezvous.dial(address))


def _complaint(fields: dict[str, object]) -> str:
    if not fields["checksum_ok"]:
        return "a message arrived damaged: its checksum is wrong"
    if not fields["sequence_ok"]:
        return "a message arrived out of sequence"
    return f"received {fields['received']} messages, which is not what the feeder sent"


def _fail(name: str, why: str, status: int) -> int:
    print(f"{name}: {why}", file=sys.stderr, flush=True)
    return status


def _end_by_interrupt() -> NoReturn:
    """Die of the signal itself, so that the shell that started us knows (signal(7))."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.kill(os.getpid(), signal.SIGINT)
    raise AssertionError("SIGINT does not end this process")


def _leave(status: int) -> NoReturn:
    """Leave without taking the interpreter apart: helper threads of the C library, or the kernel, may still
    hold a buffer of a request that will never complete. Everything printed is flushed already."""
    os._exit(status)
