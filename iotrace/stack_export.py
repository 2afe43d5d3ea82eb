"""`iotrace export --stacks`: flame graphs by user stack, and what is to be said about how good the stacks are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iotrace.export_target import stream_to
from iotrace.failures import USAGE, Failure
from iotrace.stderr import tell

if TYPE_CHECKING:
    from tracer.export.stack_sums import StackSums
    from tracer.recording.reader import Recording

FORMS: Final = ("folded", "speedscope", "flamegraph")
_MOST_FILES: Final = 3
_MANY_SHORT: Final = 0.05
_WORTH_SAYING: Final = 0.01


def check(form: str) -> None:
    """Raises Failure when the format has no stacks."""
    if form not in FORMS:
        raise Failure(
            f"--stacks makes a flame graph: it goes with --to flamegraph, folded and speedscope, not {form}.", USAGE
        )


def write(recording: Recording, form: str, by: str, out: str | None) -> None:
    """Write the sums of `recording` and tell what they lack. Raises Failure when it has no stacks."""
    from tracer.export.flame_graph import pieces
    from tracer.export.folded import stack_lines
    from tracer.export.speedscope import stack_chunks
    from tracer.export.stack_sums import By, stack_sums

    if "stacks" not in recording.header.options:
        raise Failure(
            "this recording has no user stacks.\n"
            "Record it again with --stacks, for example: iotrace record --stacks -- PROGRAM",
            USAGE,
        )
    found = stack_sums(recording, By(by))
    with stream_to(out, text=True) as stream:
        about = " ".join(recording.header.command) or "iotrace"
        if form == "speedscope":
            for chunk in stack_chunks(found, f"{by}: {about}", "none" if by == "calls" else "nanoseconds"):
                stream.write(chunk)
            return _tell(found, by)
        for line in stack_lines(found) if form == "folded" else pieces(found, By(by), about):
            stream.write(line.encode(errors="surrogateescape"))
    return _tell(found, by)


def _tell(found: StackSums, by: str) -> None:
    for sentence in sentences(found, by):
        tell(sentence)


def sentences(found: StackSums, by: str) -> list[str]:
    """What whoever looks at the graph must know."""
    from tracer.export.stack_sums import NO_STACK

    said = []
    total = sum(each.amount for each in found.sums)
    without = sum(each.amount for each in found.sums if each.frames == (NO_STACK,))
    if not total:
        said.append(f"nothing to show: no call {'returned' if by == 'calls' else f'was {by}'}.")
    elif without / total >= _WORTH_SAYING:
        what = {"blocked": "blocked time", "wasted": "wasted CPU", "calls": "calls"}[by]
        said.append(f"{without / total:.0%} of the {what} is in calls whose stack --stacks did not ask for.")
    if found.kept and found.short / found.kept > _MANY_SHORT:
        said.append(
            f"{found.short:,} of {found.kept:,} stacks have two functions at most: their program has no frame "
            "pointers.\nCompile it with -fno-omit-frame-pointer to see the callers (docs/stacks.md)."
        )
    if found.not_named:
        files = sorted(found.not_named.items())
        shown = ", ".join(f"{file} ({why})" for file, why in files[:_MOST_FILES])
        more = f" and {len(files) - _MOST_FILES} more" if len(files) > _MOST_FILES else ""
        said.append(f"addresses stand for functions without a name in {shown}{more}.")
    return said
