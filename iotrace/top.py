"""`iotrace top`: the processes of this machine by what their system calls cost, live."""

from __future__ import annotations

import contextlib
import itertools
import sys
import time
from typing import TYPE_CHECKING

import click

from iotrace.amounts import Seconds

if TYPE_CHECKING:
    from iotrace.top_source import TopSource

_SORTS = ("pid", "calls", "wasted", "failed", "kernel", "read", "written", "command")
"""As in `tracer.analyze.top`, which is not imported for help; a test compares."""


@click.command("top")
@click.option(
    "--interval", type=Seconds(0.1, 3600), default=1.0, metavar="S", show_default=True,
    help="Seconds between two looks.",
)  # fmt: skip
@click.option("--count", type=click.IntRange(1), metavar="N", help="Print N looks as text, then end.")
@click.option(
    "--sort", type=click.Choice(_SORTS), default="calls", metavar="COLUMN", show_default=True,
    help=f"{', '.join(_SORTS[:-1])} or {_SORTS[-1]}.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print each look as a line of JSON.")
def command(interval: float, count: int | None, sort: str, as_json: bool) -> int:
    """Count the system calls of all processes, inside the kernel (eBPF), and show the busiest.

    For each process, a second: calls that returned; wasted ones (EAGAIN, or a wait with a timeout of 0 that found
    nothing); failed ones; its share of a CPU inside calls; bytes read and written, by the results of read, write,
    send, recv and their relatives. Of io_uring only the calls are seen. iotrace itself is not counted.

    On a terminal it is a live view, in which Enter watches a process with: iotrace attach --backend ebpf PID. With
    --count or --json, or when the output is no terminal, each look is printed.

    \b
    sudo iotrace top
    sudo iotrace top --sort wasted --interval 5
    sudo iotrace top --count 1 --json
    """
    from iotrace.run import no_terminal
    from iotrace.top_source import opened

    source = opened()
    if count is not None or as_json or no_terminal() is not None:
        with contextlib.closing(source):
            return _printed(source, interval, count, sort, as_json)
    from tui.top_app import watch

    with contextlib.closing(source):
        chosen = watch(source, interval, sort)
    if chosen is None:
        return 0
    return _dive(chosen.key)


def _printed(source: TopSource, interval: float, count: int | None, sort: str, as_json: bool) -> int:
    from iotrace.console import TextConsole
    from iotrace.top_text import document, table

    console = TextConsole()
    width = console.width if sys.stdout.isatty() else None
    begin = time.monotonic()
    try:
        for number in itertools.count(1) if count is None else range(1, count + 1):
            time.sleep(max(0.0, begin + number * interval - time.monotonic()))
            view, now = source.look(), time.time()
            if as_json:
                print(document(view, sort, now))
            else:
                for line in table(view, sort, now, width):
                    console.print(line, soft_wrap=True)
            sys.stdout.flush()
    except KeyboardInterrupt:  # how an endless one is meant to end
        if count is not None:
            raise
    return 0


def _dive(pid: str) -> int:
    from iotrace.main import cli

    words = ["attach", "--backend", "ebpf", pid]
    status = cli.main(args=words, prog_name="iotrace", standalone_mode=False)
    return status if isinstance(status, int) else 0
