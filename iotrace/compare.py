"""`iotrace compare`: models or recordings side by side, in one table and a few sentences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from iotrace.failures import USAGE, Failure

if TYPE_CHECKING:
    from tracer.analyze.compare.comparison import Run

FAILED: Final = 1


class CompareCommand(click.Command):
    """A command whose operands may be followed by programs, each after a `--` of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words, *programs = _split(args)
        ctx.meta["programs"] = programs
        return super().parse_args(ctx, words)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- PROGRAM [ARGS]...]..."]


def _split(args: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in args:
        if word == "--":
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


@click.command("compare", cls=CompareCommand)
@click.argument("operands", nargs=-1, metavar="[MODEL|FILE|FOLDER]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: times in ns, sizes in bytes.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT", help="Write a page as well."
)
@click.option(
    "--repeat", type=click.IntRange(1, 1000), default=1, metavar="N", help="Run each model or program N times."
)
@click.option("--untraced", is_flag=True, help="Run each once more without tracing, for its own figures.")
@click.option(
    "--pin", type=click.Choice(["auto", "all", "off"]), default="auto", help="Share a CPU with traced threads."
)
@click.option("--clients", metavar="N[,N...]", help="How many channels; several numbers show how the cost grows.")
@click.option("--messages", metavar="N", help="Messages for each client.")
@click.option("--size", metavar="BYTES", help="Size of a message.")
@click.option("--interval", metavar="SECONDS", help="From one message to the next; 0: as fast as possible.")
@click.option("--work", metavar="UNITS", help="CPU work when idle, for models that can.")
@click.option("--transport", metavar="NAME", help="What the channels are: pipe, unix or tcp.")
@click.option("--stagger", is_flag=True, help="Clients send one after the other; always so with several --clients.")
@click.option("--notify", metavar="HOW", help="For aio: signal, thread or suspend.")
@click.option("--sqpoll", is_flag=True, help="For io-uring: let a kernel thread fetch the requests.")
@click.pass_context
def command(
    context: click.Context,
    /,
    operands: tuple[str, ...],
    as_json: bool,
    html: Path | None,
    repeat: int,
    untraced: bool,
    pin: str,
    **job: Any,
) -> int:
    """Run models on the same job, or programs, or open recordings, and put their figures side by side.

    Figures are those of the phase `measure`, over all threads, with the tracer's time taken out. CPU is user +
    kernel as a share of the program's own time; of a program with several threads, as a share of wall time,
    which the tracer lengthens (two busy threads: up to 200 %). With --repeat: medians, and ± how far a run got
    from them. With several numbers of --clients, the clients send in turns (--stagger), so that most are idle
    at any moment. A name that is both a model and a file is the model; write ./NAME for the file.

    Recordings and programs are compared part by part as well: by system call, by what a descriptor leads to, by
    thread. A FOLDER of recordings is one side, repeated. What is within the noise of the repetitions is marked.

    Exit status: 0 when every run did its job, 1 when one did not, 2 for bad usage or when a model cannot run
    here (and none failed).

    \b
    iotrace compare blocking nonblocking epoll --clients 23
    iotrace compare select poll epoll --clients 10,100,1000
    iotrace compare before.iotrace after.iotrace --html result.html
    iotrace compare --repeat 5 -- ./before -- ./after
    """
    from iotrace.comparing import output as compare_output
    from iotrace.comparing.operands import Given, subjects

    programs: list[list[str]] = context.meta["programs"]
    if not all(programs):
        raise Failure("no program after --. Give one: iotrace compare FILE -- PROGRAM [ARGS]", USAGE)
    if not operands and not programs:
        raise Failure("nothing to compare. Name models, recordings, or programs after --.", USAGE)
    found = subjects(operands, Given(repeat, untraced, pin, job), programs)
    if len(found) < 2:
        raise Failure(
            "there is only one run, nothing to compare it with.\n"
            "Name a second model or recording, a program after --, or several numbers: --clients 10,100",
            USAGE,
        )
    if html is not None:
        compare_output.writable(html)
    runs = compare_output.collected(found)
    compare_output.show(runs, as_json=as_json)
    if html is not None:
        compare_output.write_page(html, runs)
    return status_of(runs)


def status_of(runs: list[Run]) -> int:
    """0 all did their job, 1 one did not, 2 one cannot run here."""
    if any(run.ran and not run.figures.ok for run in runs):
        return FAILED
    return USAGE if any(not run.ran for run in runs) else 0
