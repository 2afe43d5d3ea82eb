"""What `run` and `record` have in common: the recording options, and MODEL or `-- PROGRAM`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from iotrace.amounts import Amount, Size, Span, SpanOrSize
from iotrace.stack_set import spelled_out

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class RecordingOptions:
    """The recording options as given."""

    output: Path | None
    force: bool
    pin: str
    capture_bytes: int
    redact: bool
    clock: str
    trace: str | None = None
    """Which calls (`trace_set`), as it was given."""
    follow: bool = True
    last: int | None = None
    """ns of the run's end that are kept."""
    max_size: int | None = None
    """Bytes."""
    output_every: Amount | None = None
    backend: str = "ptrace"
    summary: bool = False
    """Only sums, made in the kernel."""
    stacks: str | None = None
    """At which calls user stacks are kept (`stack_set`), as it was given."""

    def as_arguments(self) -> list[str]:
        """The same options as command line words, without the output."""
        words = ["--pin", self.pin, "--capture-bytes", str(self.capture_bytes), "--clock", self.clock]
        words += ["--backend", self.backend]
        words += ["--redact"] * self.redact + ["--no-follow"] * (not self.follow)
        words += ["--trace", self.trace] if self.trace is not None else []
        words += ["--summary"] * self.summary
        words += [f"--stacks={self.stacks}"] if self.stacks is not None else []
        words += ["--last", f"{self.last}ns"] if self.last is not None else []
        words += ["--max-size", f"{self.max_size}B"] if self.max_size is not None else []
        words += ["--output-every", self.output_every.as_argument()] if self.output_every is not None else []
        return words


_OPTIONS = (
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Where the recording goes; by default below $XDG_STATE_HOME/iotrace, newest 20 kept.",
    ),
    click.option("--force", is_flag=True, help="Replace FILE when it exists."),
    click.option(
        "--pin",
        type=click.Choice(["auto", "all", "off"]),
        default="auto",
        show_default=True,
        help="Share a CPU with the traced threads: while there is one, all of them, never.",
    ),
    click.option(
        "--capture-bytes",
        type=click.IntRange(0, 1 << 20),
        default=64,
        show_default=True,
        metavar="N",
        help="Keep the first N bytes of each payload buffer.",
    ),
    click.option(
        "--redact", is_flag=True, help="Keep sizes of payload, arguments and environment, never their bytes."
    ),
    click.option(
        "--clock",
        type=click.Choice(["auto", "schedstat", "process", "ticks", "none"]),
        default="auto",
        show_default=True,
        help="Where on-CPU times come from.",
    ),
    click.option(
        "--backend",
        type=click.Choice(["ptrace", "ebpf", "auto"]),
        default="ptrace",
        show_default=True,
        help="How to see calls: by stopping at each, or from inside the kernel (root), which costs far less.",
    ),
    click.option(
        "--trace",
        metavar="SET",
        help="Only these calls, the others at full speed: read,%net,'epoll_*' or '!futex'.",
    ),
    click.option(
        "--summary",
        is_flag=True,
        help="Only sums, made inside the kernel (eBPF, root): no single call, but nothing is lost at any rate.",
    ),
    click.option(
        "--stacks",
        metavar="[=WHICH]",
        help="Keep the user stack at calls: wasted, failed, 'blocked>1ms', all, or names as --trace has them. "
        "[without =WHICH: wasted,blocked>1ms]",
    ),
    click.option(
        "--follow/--no-follow",
        default=True,
        help="Trace the processes it starts too. [default: follow]",
    ),
    click.option(
        "--last",
        type=Span(1_000_000_000),
        metavar="TIME",
        help="Keep only the end of the run, at least TIME of it: 30s, 5m.",
    ),
    # Of less than 1 MiB, snapshots (`tracer.capture.snapshot`) would be most.
    click.option(
        "--max-size", type=Size(1 << 20), metavar="SIZE", help="Keep only as much of the end as SIZE holds: 200M."
    ),
    click.option(
        "--output-every",
        type=SpanOrSize(100_000_000, 1 << 16),
        metavar="N",
        help="Begin another file every N (30s, 5m, 100M): FILE.000, FILE.001, ...",
    ),
)


def recording_options(function: Command) -> Command:
    """Give a command the shared options; it receives one `RecordingOptions` as `recording`."""

    def packed(*positional: Any, **given: Any) -> Any:
        recording = RecordingOptions(**{name: given.pop(name) for name in RecordingOptions.__annotations__})
        if recording.summary and _by_default("backend"):
            recording = replace(recording, backend="ebpf")
        return function(*positional, recording=recording, **given)

    packed.__doc__ = function.__doc__
    packed.__name__ = getattr(function, "__name__", "command")
    packed.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    for option in reversed(_OPTIONS):
        packed = option(packed)
    return packed  # type: ignore[return-value]


def _by_default(name: str) -> bool:
    """Whether nobody gave this option."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.DEFAULT


class RecordingCommand(click.Command):
    """A command with the recording options, one of which needs no value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, spelled_out(args))


class TargetCommand(RecordingCommand):
    """A command whose operand is `MODEL [MODEL OPTIONS]` or `-- PROGRAM [ARGS]...`.

    Our options may stand before or after MODEL; what we do not know belongs to the model. After `--`
    everything is the program's. `context.meta` gets "model words" and "program words" (None without `--`).
    """

    def __init__(self, *positional: Any, **given: Any) -> None:
        given.setdefault("context_settings", {}).update(ignore_unknown_options=True, allow_extra_args=True)
        super().__init__(*positional, **given)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        program = None
        if "--" in args:
            at = args.index("--")
            args, program = args[:at], args[at + 1 :]
        rest = super().parse_args(ctx, list(args))
        ctx.meta["model words"] = list(ctx.args)
        ctx.meta["program words"] = program
        return rest

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "MODEL [MODEL OPTIONS] | -- PROGRAM [ARGS]..."]
