"""`iotrace doctor`: what works here, and how to get the rest."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from iotrace.doctor_check import Check, State, limited, ok


@click.command("doctor")
def command() -> int:
    """Say what works here, and how to get the rest.

    Each line is ok, limited or missing, and says what to do. Exit status 0 when `iotrace run` works.
    """
    works = True
    for check in checks():
        print(f"{check.state.value:<8} {check.name:<12} {check.found}")
        if check.state is not State.OK and check.advice:
            print(f"{'':<21} {check.advice}")
        works = works and not (check.name == "ptrace" and check.state is State.MISSING)
    return 0 if works else 1


def checks() -> Iterator[Check]:
    """All checks, in the order they are shown."""
    from iotrace import asynchronous, machine, trial

    yield machine.versions()
    yield from trial.tracing()
    yield machine.yama()
    yield machine.processors()
    yield machine.terminal(os.environ)
    yield trial.kernel()
    yield asynchronous.io_uring()
    yield asynchronous.aio()
    yield store_folder()


def store_folder() -> Check:
    """Whether recordings without a name have a place."""
    from tracer.recording import store

    folder = store.directory(os.environ)
    place = folder
    while not os.path.exists(place) and place != place.parent:
        place = place.parent
    if os.access(place, os.W_OK | os.X_OK) and os.path.isdir(place):
        return ok("recordings", f"{folder}: the newest {store.KEPT} are kept")
    return limited("recordings", f"{folder} cannot be written", "Name a file with -o FILE, or set XDG_STATE_HOME.")
