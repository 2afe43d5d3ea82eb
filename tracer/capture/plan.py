"""Declarations compiled for the capture loop: which memory to copy at the entry and at the exit stop.

A plan is one function per stop: the steps of the call's pieces (`tracer.capture.plan_steps`), each after those it
depends on. A call that copies nothing has no plan.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Final, NamedTuple

from tracer.capture.memory import Reader
from tracer.capture.plan_expression import Value, compile_expression, needs_success, simplify
from tracer.capture.plan_segments import Step
from tracer.capture.plan_steps import step_of
from tracer.syscalls.expression import ALWAYS, NEVER, Expr
from tracer.syscalls.model import FLAT, IN, PAYLOAD, SEGMENTS, Copy, Syscall
from tracer.syscalls.table import declarations
from tracer.wire import Abi

EntryPlan = Callable[[Reader, tuple[int, ...]], None]
ExitPlan = Callable[[Reader, tuple[int, ...], int], None]


class PlanOptions(NamedTuple):
    """What the user wants kept of the payload."""

    capture_bytes: int = 64
    """First bytes kept of each payload buffer; 0 = none."""
    redact: bool = False
    """Keep addresses of payload, no bytes."""


class Plan(NamedTuple):
    """What to do at the two stops of a call; None = nothing."""

    entry: EntryPlan | None
    exit: ExitPlan | None


def compile_plans(abi: Abi, options: PlanOptions) -> dict[int, Plan]:
    """The plans of all declared calls of `abi` that have memory worth keeping, by number."""
    plans = {nr: compile_plan(declared, options) for nr, declared in declarations(abi).items()}
    return {nr: plan for nr, plan in plans.items() if plan.entry or plan.exit}


def compile_plan(declared: Syscall, options: PlanOptions) -> Plan:
    """The plan of one call."""
    # What another piece's address or length depends on is read before it.
    copies = sorted((_simplified(copy) for copy in declared.copies if _kept(copy, options)), key=_depth)
    entry = _dispatched([copy for copy in copies if copy.way == IN], options)
    exits = [copy for copy in copies if copy.way != IN]
    return Plan(_at_entry(entry), _at_exit(exits, options))


_WORTH_A_TABLE: Final = 5


def _dispatched(copies: list[Copy], options: PlanOptions) -> list[Step]:
    """The steps of `copies`. Many that each ask whether one and the same value is among certain numbers (the
    commands of ioctl) become one step that looks the value up."""
    asked = Counter(copy.given.operands[0] for copy in copies if copy.given.op == "among" and not _depth(copy))
    value, times = asked.most_common(1)[0] if asked else (None, 0)
    if times < _WORTH_A_TABLE or not isinstance(value, Expr):
        return [step_of(copy, options.capture_bytes, options.redact) for copy in copies]
    table: defaultdict[int, list[Step]] = defaultdict(list)
    others = []
    for copy in copies:
        if copy.given.op == "among" and copy.given.operands[0] == value and not _depth(copy):
            step = step_of(copy._replace(given=ALWAYS), options.capture_bytes, options.redact)
            for number in copy.given.operands[1:]:
                assert isinstance(number, int)
                table[number].append(step)
        else:
            others.append(step_of(copy, options.capture_bytes, options.redact))
    return [_looked_up(compile_expression(value), dict(table)), *others]


def _looked_up(value: Value, table: dict[int, list[Step]]) -> Step:
    def looked_up(reader: Reader, args: tuple[int, ...], result: int) -> None:
        for step in table.get(value(reader, args, result), ()):
            step(reader, args, result)

    return looked_up


def _simplified(copy: Copy) -> Copy:
    return copy._replace(given=simplify(copy.given), on=simplify(copy.on))


def _kept(copy: Copy, options: PlanOptions) -> bool:
    if copy.kept == NEVER and copy.shape == FLAT:
        return False
    return copy.kind != PAYLOAD or options.redact or options.capture_bytes > 0


def _depth(copy: Copy) -> int:
    """How many loads from other pieces lie between the registers and this piece."""
    return max(_loads(copy.at), _loads(copy.kept), _loads(copy.given)) + (copy.shape == SEGMENTS)


def _loads(expr: Expr) -> int:
    return (expr.op == "load") + max((_loads(each) for each in expr.operands if isinstance(each, Expr)), default=0)


def _at_entry(steps: list[Step]) -> EntryPlan | None:
    if not steps:
        return None
    if len(steps) == 1:
        only = steps[0]
        return lambda reader, args: only(reader, args, 0)

    def entry(reader: Reader, args: tuple[int, ...]) -> None:
        for step in steps:
            step(reader, args, 0)

    return entry


def _at_exit(copies: list[Copy], options: PlanOptions) -> ExitPlan | None:
    steps = _dispatched(copies, options)
    if not steps:
        return None
    if len(steps) == 1 and len(copies) == 1:
        return steps[0]
    if all(needs_success(copy.on) for copy in copies):
        # A failed call, EAGAIN above all, costs one comparison.
        def succeeded(reader: Reader, args: tuple[int, ...], result: int) -> None:
            if result >= 0:
                for step in steps:
                    step(reader, args, result)

        return succeeded

    def always(reader: Reader, args: tuple[int, ...], result: int) -> None:
        for step in steps:
            step(reader, args, result)

    return always
