"""What is to be compared: models or programs to run, recordings or folders of recordings to open."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol

from iotrace.comparing.runs import alone, recorded, traced
from iotrace.failures import USAGE, Failure
from iotrace.target import Target, model_target, program_target
from tracer.analyze.compare.comparison import Run
from tracer.analyze.compare.repeat import together
from tracer.recording.reader import Recording
from workloads import catalog
from workloads.errors import BadOption

_COMMON: Final = ("messages", "size", "interval", "work", "transport", "stagger")


@dataclass(frozen=True, slots=True)
class Given:
    """The options that say how to run models; `job` holds the model options as words, None when not given."""

    repeat: int
    untraced: bool
    pin: str
    job: Mapping[str, Any]


class Subject(Protocol):
    """Something to compare."""

    @property
    def name(self) -> str:
        """What it is called."""

    def run(self) -> Run:
        """Its run; takes as long as it takes."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording."""

    name: str
    path: Path

    def run(self) -> Run:
        """Read it."""
        return recorded(self.name, self.path)


@dataclass(frozen=True, slots=True)
class Folder:
    """Recordings of the same thing."""

    name: str
    paths: tuple[Path, ...]

    def run(self) -> Run:
        """Read them all; what they have in common is their median."""
        return together([recorded(self.name, path) for path in self.paths])


@dataclass(frozen=True, slots=True)
class Fresh:
    """A model or a program to run, `repeat` times under a recorder and maybe once without."""

    name: str
    target: Target
    given: Given

    def run(self) -> Run:
        """Run it; the recordings are thrown away."""
        with tempfile.TemporaryDirectory(prefix="iotrace-") as folder:
            runs = [
                traced(self.name, self.target, Path(folder) / f"{number}.iotrace", self.given.pin)
                for number in range(self.given.repeat)
            ]
        run = together(runs)
        if self.given.untraced and run.ran:
            return replace(run, alone=alone(self.target))
        return run


def subjects(operands: Sequence[str], given: Given, programs: Sequence[Sequence[str]] = ()) -> list[Subject]:
    """The subjects that `operands` name, and `programs` with their arguments, checked before anything is run.

    Raises Failure for bad usage.
    """
    found: list[Subject] = []
    for operand in operands:
        if not catalog.is_model(operand) and (
            os.path.exists(operand) or os.sep in operand or operand.endswith(".iotrace")
        ):
            found.append(_opened(operand))
        else:
            found += [_fresh(operand, clients, given) for clients in _clients(given.job.get("clients"))]
    for words in programs:
        target = program_target(words)
        names = [each.name for each in found]
        name = next(name for name in _names(target.name) if name not in names)
        found.append(Fresh(name, target, given))
    _check_job(found, given)
    if given.repeat > 1 and not any(isinstance(each, Fresh) for each in found):
        raise Failure(
            f"--repeat {given.repeat} is for models and programs, and there are recordings only.\n"
            "Put several recordings of the same thing into a folder, and name the folder.",
            USAGE,
        )
    return found


def _check_job(found: Sequence[Subject], given: Given) -> None:
    """Raises Failure for a model option that nothing of what is compared takes."""
    models = [catalog.model(each.target.model) for each in found if isinstance(each, Fresh) and each.target.model]
    asked = [option for option, value in given.job.items() if value is not None and value is not False]
    for option in asked:
        if not models:
            raise Failure(f"--{option} is for models, and there is none among what is compared.", USAGE)
        if option not in (*_COMMON, "clients") and not any(option in model.options for model in models):
            takers = " and ".join(model.name for model in catalog.MODELS if option in model.options)
            raise Failure(f"--{option} is for {takers}, which is not among the models compared.", USAGE)


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name} ({number})" for number in count(2))


def _model(operand: str) -> catalog.Model:
    try:
        return catalog.model(operand)
    except BadOption as error:
        raise Failure(
            f"{operand} is neither a recording nor a model: {error}.\n"
            f"To compare programs, record each first: iotrace record -o {operand}.iotrace -- {operand}",
            USAGE,
        ) from error


def _opened(operand: str) -> Opened | Folder:
    path = Path(operand)
    if path.is_dir():
        return _folder(path)
    Recording.open(path).close()
    return Opened(path.name.removesuffix(".iotrace"), path)


def _folder(path: Path) -> Folder:
    paths = tuple(sorted(path.glob("*.iotrace")))
    if not paths:
        raise Failure(f"{path} has no recordings: no file in it ends in .iotrace.\nName a folder that does.", USAGE)
    for each in paths:
        Recording.open(each).close()
    return Folder(path.resolve().name, paths)


def _clients(text: str | None) -> list[str | None]:
    if text is None:
        return [None]
    numbers = [word.strip() for word in text.split(",")]
    if len(set(numbers)) != len(numbers) or not all(numbers):
        raise Failure(f"--clients {text}: name each number once, with commas between: --clients 10,100,1000", USAGE)
    return list(numbers)


def _fresh(operand: str, clients: str | None, given: Given) -> Fresh:
    model = _model(operand)
    words = [operand]
    if clients is not None:
        words += ["--clients", clients]
    for option in (*_COMMON, *model.options):
        value = given.job.get(option)
        if value is True:
            words.append(f"--{option}")
        elif value is not None and value is not False:
            words += [f"--{option}", str(value)]
    if _several(given) and "--stagger" not in words:
        words.append("--stagger")
    target = model_target(words, "iotrace compare")
    return Fresh(f"{operand} ×{clients}" if _several(given) else operand, target, given)


def _several(given: Given) -> bool:
    return "," in (given.job.get("clients") or "")
