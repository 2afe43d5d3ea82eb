"""The command `iotrace`: finds the subcommand, and turns every failure into a message and an exit status.

Subcommands are imported when they are used, so that `iotrace --help` starts fast and needs neither pyarrow
nor textual. This is the only place that catches errors it does not expect.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Final

import click

from iotrace.failures import OURS, SIGNALLED, USAGE, Failure
from iotrace.shortage import lack_of
from iotrace.stderr import tell

COMMANDS: Final = {
    "run": "Run a bundled workload or any program, with the live view.",
    "record": "Record a workload or program; it keeps the terminal.",
    "attach": "Watch a process that runs already, and let it go unharmed.",
    "view": "Open a recording in the terminal.",
    "report": "Print what a recording says, as tables, JSON or a page.",
    "compare": "Run models, or open recordings, side by side.",
    "check": "Check a recording against budgets, for build servers.",
    "export": "Write a recording for other tools: timeline, flame graph, table or text.",
    "models": "List the bundled workloads, or explain one.",
    "top": "Show the processes of this machine by what their calls cost (eBPF).",
    "doctor": "Say what works here, and how to get the rest.",
}


_PLAIN: Final = {"a valid integer range": "a whole number", "a valid float range": "a number"}
"""click's names of types, for those who never saw its documentation."""
_CANNOT_TAKE_MORE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Subcommands(click.Group):
    """A group whose commands are `iotrace.NAME:command`, imported on use."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"iotrace.{name}").command
        return command

    def resolve_command(
        self, context: click.Context, words: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click has it, and with the nearest name when there is none of that name, or how to run a model."""
        try:
            return super().resolve_command(context, words)
        except click.UsageError as error:
            near = get_close_matches(words[0], COMMANDS, n=1)
            if _is_model(words[0]):
                run = f"iotrace run {' '.join(words)}"
                raise click.UsageError(f"{words[0]} is a model, no command. Run it: {run}", context) from error
            if near and error.ctx is not None:
                raise click.UsageError(f"{error.message} The nearest is {near[0]}.", context) from error
            raise

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Subcommands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="iotrace-tui", prog_name="iotrace")
@click.pass_context
def cli(context: click.Context) -> int | None:
    """See what a program's system calls cost: user, kernel, blocked and runnable time, and every copy.

    \b
    iotrace run nonblocking          a bundled workload, live
    iotrace run -- ./server --port 1 any program, live
    iotrace report                   the newest recording as tables
    iotrace                          choose from models, recordings and running processes
    """
    if context.invoked_subcommand is not None:
        return None
    from iotrace.run import no_terminal

    if no_terminal() is not None:
        print(context.get_help(), file=sys.stderr)
        return USAGE
    from iotrace.start import show

    return show()


def _is_model(word: str) -> bool:
    """Whether a word names a bundled workload."""
    from workloads import catalog  # only now: commands that need no models start without them

    return catalog.is_model(word)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without bars and µ shows ? for them, and is no reason to fail.
        sys.stdout.reconfigure(errors="replace")
    status = run(arguments)
    if status == SIGNALLED + 13:
        _forget_output()
    sys.exit(status)


def _forget_output() -> None:
    """What could not be written is not tried again, and complained of again, when the interpreter ends."""
    sys.stdout = None


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    try:
        status = cli.main(args=arguments, prog_name="iotrace", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # click 8.2; before, it is no error
            print(error.format_message(), file=sys.stderr)
        else:
            tell(_usage(error))
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        return SIGNALLED + 2
    except BrokenPipeError:
        return SIGNALLED + 13
    except Exception as error:
        return _failed(error)
    return status if isinstance(status, int) else 0


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "iotrace"
    message = error.format_message()
    for theirs, plain in _PLAIN.items():
        message = message.replace(theirs, plain)
    return f"{message}\nSee: {command} --help"


def _failed(error: Exception) -> int:
    from tracer.recording.errors import RecordingError

    if isinstance(error, Failure | RecordingError):
        tell(str(error))
        return error.exit_status
    if os.environ.get("IOTRACE_DEBUG"):
        raise error
    if isinstance(error, OSError) and error.errno in _CANNOT_TAKE_MORE and error.filename is None:
        _forget_output()
        tell(f"cannot write the output: {error.strerror}.\nSend it to where there is room.")
        return OURS
    if isinstance(error, PermissionError) and error.filename is not None:
        tell(
            f"{os.fsdecode(error.filename)} cannot be reached: {error.strerror}.\nName another place, or try: sudo"
        )
        return OURS
    shortage = lack_of(error)
    if shortage is not None:
        tell(shortage)
        return OURS
    tell(
        f"an unexpected error: {type(error).__name__}: {error}\n"
        "This is a fault of iotrace. IOTRACE_DEBUG=1 shows where it happened; please report it."
    )
    return OURS


if __name__ == "__main__":
    main()
