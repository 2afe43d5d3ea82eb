"""Starting a workload from outside: its feeder first, then the command line to run (and trace).

    with launch.start_feeder() as feeder:
        subprocess.run(launch.command("epoll", JobOptions(clients=3), feeder.address))

Whoever starts the feeder must live as long as the workload: the feeder ends with it. Started this way the
feeder is no descendant of the workload, so a tracer that follows the workload's children never sees it.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from workloads import catalog
from workloads.errors import FeederLost
from workloads.options import JobOptions, to_argv

PATIENCE = 5.0
"""Seconds a feeder gets to end by itself; it needs a few milliseconds."""


class Feeder:
    """A running feeder. ``address`` is what a workload is told, ``pid`` its process."""

    def __init__(self, process: subprocess.Popen[str], address: str, lifeline: int) -> None:
        self.address = address
        self.pid = process.pid
        self._process = process
        self._lifeline = lifeline

    def close(self) -> None:
        """End the feeder, if its workload has not ended it already, and reap it. May be called again."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> "Feeder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def start_feeder(*, corrupt: int | None = None) -> Feeder:
    """Start a feeder for one workload; returns when it can be called.

    It serves whatever job its workload asks for. ``corrupt`` damages that message of the first client, to
    see that a workload notices. FeederLost when it does not come up.
    """
    ours, theirs = _lifeline()
    command = [*python(), "workloads.feeder", "--lifeline", str(theirs)]
    if corrupt is not None:
        command += ["--corrupt", str(corrupt)]
    try:
        # A process group of its own: Ctrl-C ends the workload, and the workload's end ends the feeder.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            pass_fds=[theirs],
            process_group=0,
            text=True,
        )
    except OSError as error:
        os.close(ours)
        raise FeederLost(f"the feeder does not start: {error.strerror}") from None
    finally:
        os.close(theirs)
    assert process.stdout is not None
    with process.stdout as answer:
        feeder = Feeder(process, answer.readline().strip(), ours)
    if not feeder.address:
        feeder.close()
        raise FeederLost("the feeder ended before it could be called")
    return feeder


def command(model: str, options: JobOptions, feeder_address: str | None = None) -> list[str]:
    """The argv of a workload. Without an address it starts a feeder by itself, as its child."""
    chosen = catalog.model(model)
    words = [*python(), f"workloads.{chosen.module}", *to_argv(chosen, options)]
    return words if feeder_address is None else [*words, "--feeder", feeder_address]


def python() -> list[str]:
    """This interpreter, up to and including ``-m``.

    -P keeps the working directory out of the import path, so that a file named select.py in it cannot get
    in the way; only in the directory that holds this package is it needed to find the package.
    """
    here = Path(__file__).resolve().parent.parent
    try:
        inside = Path.cwd() == here
    except OSError:  # it has been removed (getcwd(2)), which is no obstacle for who needs no file in it
        inside = False
    return [sys.executable, "-m"] if inside else [sys.executable, "-P", "-m"]


def _lifeline() -> tuple[int, int]:
    """(write end for us, read end for the feeder)

    The read end is numbered 3 or higher: with a standard descriptor closed a pipe may become descriptor 1,
    which is something else in a new process.
    """
    lowest, ours = os.pipe()
    theirs = fcntl.fcntl(lowest, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(lowest)
    return ours, theirs
