"""The command line of every workload, declared once.

``parse(model, argv)`` gives a frozen ``JobOptions``; ``to_argv(model, options)`` turns it back into words,
so that what one process parsed another can be started with.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Literal, NoReturn

from workloads.catalog import Model
from workloads.errors import BadOption
from workloads.message import HEADER

Notify = Literal["signal", "thread", "suspend"]
NOTIFY: tuple[Notify, ...] = ("signal", "thread", "suspend")
LARGEST_MESSAGE = 64 << 20
LONGEST_INTERVAL = 1_000_000
LARGEST_COUNT = 2**32 - 1
"""The sequence number is 32 bits wide."""


@dataclass(frozen=True)
class JobOptions:
    """The job: ``interval`` in seconds, ``size`` in bytes, ``work`` in units for each idle moment."""

    clients: int = 1
    messages: int = 20
    size: int = 64
    interval: float = 0.1
    work: int = 0
    transport: str = "pipe"
    stagger: bool = False
    notify: Notify = "thread"
    sqpoll: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadOption(f"{message} (--help shows the options)")


def parser(model: Model) -> argparse.ArgumentParser:
    """The parser of one model. A wrong value raises BadOption with one line; nothing is printed."""
    base = defaults(model)
    made = _Parser(prog=f"python -m workloads.{model.module}", description=model.sentence, allow_abbrev=False)

    def value(name: str, read: Callable[[str], object], metavar: str, meaning: str) -> None:
        default = getattr(base, name)
        text = f"{meaning} (default {default})"
        made.add_argument(f"--{name}", type=read, default=default, metavar=metavar, help=text)

    def choice(name: str, choices: Sequence[str], meaning: str) -> None:
        default = getattr(base, name)
        text = f"{meaning} (default {default})"
        made.add_argument(f"--{name}", choices=choices, default=default, help=text)

    value("clients", _count, "N", "how many channels")
    value("messages", _count, "N", "messages for each client")
    value("size", _size, "BYTES", "size of a message")
    value("interval", _interval, "SECONDS", "from one message to the next; 0: as fast as possible")
    value("work", _units, "UNITS", "CPU work when idle" if model.works else "no effect on this model")
    choice("transport", model.transports, "what the channels are")
    made.add_argument("--stagger", action="store_true", help="clients send one after the other, not all at once")
    if "notify" in model.options:
        choice("notify", NOTIFY, "how completion is told")
    if "sqpoll" in model.options:
        made.add_argument("--sqpoll", action="store_true", help="let a kernel thread fetch the requests")
    return made


def parse(model: Model, argv: Sequence[str]) -> JobOptions:
    """The options of one model; BadOption with one line for a value it does not take."""
    return options_of(parser(model).parse_args(argv))


def options_of(given: argparse.Namespace) -> JobOptions:
    known = {field.name for field in fields(JobOptions)}
    return JobOptions(**{name: value for name, value in vars(given).items() if name in known})


def defaults(model: Model) -> JobOptions:
    """A bare run takes about two seconds; a copy of a file has nobody to wait for and is not paced."""
    if model.copies:
        return JobOptions(messages=100, size=16384, interval=0.0, transport="tcp")
    return JobOptions(transport=model.transport)


def to_argv(model: Model, options: JobOptions) -> list[str]:
    words: list[str] = []
    for name in ("clients", "messages", "size", "interval", "work", "transport"):
        words += [f"--{name}", str(getattr(options, name))]
    if options.stagger:
        words.append("--stagger")
    if "notify" in model.options:
        words += ["--notify", options.notify]
    if "sqpoll" in model.options and options.sqpoll:
        words.append("--sqpoll")
    return words


def _whole(text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{number} is not between {least} and {most}")
    return number


def _count(text: str) -> int:
    return _whole(text, 1, LARGEST_COUNT)


def _units(text: str) -> int:
    return _whole(text, 0, LARGEST_COUNT)


def _size(text: str) -> int:
    """At least the header, so that every message can carry its send time and checksum."""
    return _whole(text, HEADER.size, LARGEST_MESSAGE)


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 <= seconds <= LONGEST_INTERVAL:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {LONGEST_INTERVAL} seconds")
    return seconds
