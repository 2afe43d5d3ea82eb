"""`iotrace check`: does a recording keep to its budgets? For build servers: exit status 1 and the reasons."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from iotrace.checking.names import Figured

BROKEN: Final = 1


@click.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--max", "most", multiple=True, metavar="NAME=N", help="NAME may be at most N: wasted=0, cpu=20%.")
@click.option("--min", "least", multiple=True, metavar="NAME=N", help="NAME must be at least N.")
@click.option(
    "--no-finding", "rules", multiple=True, metavar="RULE", help="No finding of RULE; of high severity; of any."
)
@click.option("--messages", type=click.IntRange(min=1), metavar="N", help="For ..._per_message: N were handled.")
@click.option(
    "--phase", metavar="NAME", help="Only this phase; `all` = everything. [default: measure if there is one]"
)
@click.option("--names", is_flag=True, help="List what budgets can be set on, with the values in FILE.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: times in ns, sizes in bytes.")
def command(
    file: Path | None,
    most: tuple[str, ...],
    least: tuple[str, ...],
    rules: tuple[str, ...],
    messages: int | None,
    phase: str | None,
    names: bool,
    as_json: bool,
) -> int:
    """Check FILE (by default the newest recording) against budgets.

    NAME is any total of `report --json` (_ns may be left out), `copied`, `cpu`, NAME_per_message, or a figure of
    one call: read.calls, read.wall_p99. Times take ns us ms s, sizes k M G. What is not known is not kept.

    Exit status: 0 when every budget is kept, 1 when one is not or cannot be known, 2 for bad usage.

    \b
    iotrace check run.iotrace --max wasted=0 --max copies_per_message=2
    iotrace check run.iotrace --max calls.read=100 --max kernel=5ms --no-finding busy-wait
    iotrace check run.iotrace --no-finding high --json
    """
    from iotrace.checking.recording import Asked, Opened
    from iotrace.failures import USAGE, Failure
    from iotrace.report import newest

    asked = Asked(_budgets(most, "--max"), _budgets(least, "--min"), rules)
    if not names and not (most or least or rules):
        raise Failure(
            "nothing to check. Set a budget: iotrace check --max wasted=0, or: --no-finding busy-wait\n"
            "What budgets can be set on: iotrace check --names",
            USAGE,
        )
    opened = Opened(file or newest())
    if names:
        return _list(opened.figured(phase, messages), as_json=as_json)
    checked = opened.check(asked, phase, messages)
    from iotrace.checking.output import document, lines

    print(json.dumps(document(checked), indent=1) if as_json else "\n".join(lines(checked)))
    return 0 if checked.judgement.ok else BROKEN


def _budgets(words: Iterable[str], option: str) -> dict[str, str]:
    from iotrace.failures import USAGE, Failure

    found: dict[str, str] = {}
    for word in words:
        name, equals, limit = word.partition("=")
        if not (name and equals and limit):
            raise Failure(f"{option} {word}: a name and a number, as in: {option} wasted=0", USAGE)
        if name in found:
            raise Failure(f"{option} {name} is given twice: {found[name]} and {limit}.\nGive it once.", USAGE)
        found[name] = limit
    return found


def _list(figured: Figured, *, as_json: bool) -> int:
    from iotrace.checking.amounts import shown
    from iotrace.checking.fields import CALL_FIGURES

    known = [figured.of(name) for name in figured.totals()]
    if as_json:
        print(json.dumps({each.name: each.value for each in known}, indent=1))
        return 0
    for each in known:
        print(f"{each.name:30} {'not known' if each.value is None else shown(each.value, each.unit)}")
    calls = ", ".join(sorted(CALL_FIGURES))
    print(f"\nFor each message: NAME_per_message. Of one call, as in read.calls: {calls}, errors.NAME.")
    return 0
