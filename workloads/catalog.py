"""Every model: its name on the command line, its module, what it is in one sentence, what it can take."""

import ast
import difflib
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from workloads.errors import BadOption

Role = Literal["send", "drain", "file"]
"""What the feeder does for a model: send messages, drain what the model sends, or write a file for it."""

CHANNELS = ("pipe", "unix", "tcp")


@dataclass(frozen=True)
class Model:
    name: str
    module: str
    sentence: str
    works: bool = False
    """Whether it can do ``--work`` while it waits."""
    transports: tuple[str, ...] = CHANNELS
    transport: str = "pipe"
    """The transport when ``--transport`` is not given."""
    copies: bool = False
    """Moves a file to the channels instead of receiving; not paced unless ``--interval`` is given."""
    options: tuple[str, ...] = ()
    """Options that only this model has."""


MODELS = (
    Model("blocking", "blocking", "sleep inside read until data comes; one client at a time"),
    Model("threads", "threads", "blocking reads, with a thread for every client"),
    Model("nonblocking", "nonblocking", "ask every client again and again, on a CPU of its own", works=True),
    Model(
        "nonblocking-backoff",
        "nonblocking_backoff",
        "ask every client; while no data is there, sleep longer",
        works=True,
    ),
    Model("select", "select_model", "let the kernel watch a bitmap of at most 1024 descriptors"),
    Model("poll", "poll", "hand the kernel an array of descriptors at every call"),
    Model("epoll", "epoll", "leave the set with the kernel, fetch only what is ready"),
    Model("epoll-edge", "epoll_edge", "epoll that tells of each change once: read until EAGAIN"),
    Model("sigio", "sigio", "go on working; a signal says which descriptor has data", works=True),
    Model(
        "aio",
        "aio",
        "POSIX aio_read: threads of the C library read for it",
        works=True,
        options=("notify",),
    ),
    Model(
        "linux-aio",
        "linux_aio",
        "the kernel's AIO: io_submit asks, io_getevents answers",
        transports=(*CHANNELS, "file"),
    ),
    Model(
        "io-uring",
        "io_uring",
        "two rings shared with the kernel: many reads in one call",
        works=True,
        options=("sqpoll",),
    ),
    Model("asyncio", "asyncio_model", "coroutines on an event loop, which is epoll underneath", works=True),
    Model("copy-readwrite", "copy_readwrite", "file to socket through a buffer: two copies", copies=True),
    Model("copy-sendfile", "copy_sendfile", "file to socket inside the kernel: no copy", copies=True),
    Model("copy-splice", "copy_splice", "file to pipe to socket by moving pages: no copy", copies=True),
    Model("copy-mmap", "copy_mmap", "map the file and write from the map: one copy", copies=True),
)


def is_model(name: str) -> bool:
    """Whether there is a model of this name."""
    return any(each.name == name for each in MODELS)


def model(name: str) -> Model:
    """The model of this name; BadOption names the nearest one when there is none."""
    for candidate in MODELS:
        if candidate.name == name:
            return candidate
    near = difflib.get_close_matches(name, [each.name for each in MODELS], n=1)
    hint = f"the nearest is {near[0]}" if near else "the models are: " + " ".join(each.name for each in MODELS)
    raise BadOption(f"there is no model {name!r}; {hint}")


def explanation(chosen: Model) -> str:
    """The docstring of the model's module, read from its source: nothing is imported for it."""
    source = resources.files("workloads").joinpath(f"{chosen.module}.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(source)) or ""
