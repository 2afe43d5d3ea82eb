"""The tables of the page: system calls, threads with their models, phases, descriptors."""

from __future__ import annotations

from typing import Final

from iotrace.page.facts import PageFacts
from iotrace.page.text import cell, code, number, section, shown, stack, table, time_cell
from tracer.analyze.results import Copies, DescriptorRow, Report, SyscallRow, ThreadRow
from tui.drawing.units import count, percent, several, size

_MOST: Final = 120
_MOST_FDS: Final = 60


def syscalls(facts: PageFacts) -> str:
    """A row for each system call: what it cost in total, and its single calls."""
    rows = facts.report.syscalls
    longest = max((row.times.own_ns for row in rows), default=0)
    heads = (
        ("call", ""), ("calls", "that returned"), ("wasted", "EAGAIN, or a wait with timeout 0 that found nothing"),
        ("failed", "by error"), ("time", "the four times, to scale"), ("user", "before the call"), ("kernel", ""),
        ("blocked", ""), ("runnable", "ready, but waiting for a CPU"), ("p50", "kernel time of a single call"),
        ("p99", "kernel time of a single call"), ("p50 all", "kernel, blocked and runnable time of a single call"),
        ("p99 all", "kernel, blocked and runnable time of a single call"),
    )  # fmt: skip
    lines = [_syscall(row, longest) for row in rows[:_MOST]]
    return section(
        "calls", "System calls", table("System calls", heads, lines) + _more(len(rows)),
        "Sums over all calls; p50 and p99 are of single calls: kernel time, and (all) all from entry to return.",
    )  # fmt: skip


def _syscall(row: SyscallRow, longest: int) -> str:
    times = row.times
    errors = ", ".join(f"{name} {count(n)}" for name, n in row.errors.items())
    failed = f'<span title="{shown(errors)}">{count(row.failed)}</span>' if row.failed else ""
    cells = [
        cell(count(row.calls), row.calls), number(row.wasted, count(row.wasted), "wasted"),
        cell(failed, row.failed),
        cell(stack(times, times.own_ns / longest if longest else 0, shown(row.name)), times.own_ns, "bar"),
        time_cell(times.user_ns), time_cell(times.kernel_ns), time_cell(times.blocked_ns),
        time_cell(times.runnable_ns), time_cell(row.kernel_p50_ns), time_cell(row.kernel_p99_ns),
        time_cell(row.wall_p50_ns), time_cell(row.wall_p99_ns),
    ]  # fmt: skip
    return f'<tr><th scope="row">{shown(row.name)}</th>{"".join(cells)}</tr>'


def _copied(copies: Copies) -> list[str]:
    """Both directions; what is not known makes it a lower bound."""
    least = "≥ " if copies.unknown else ""
    into, out = copies.payload_in + copies.control_in, copies.payload_out + copies.control_out
    return [number(into, least + size(into)), number(out, least + size(out))]


def threads(facts: PageFacts) -> str:
    """A row for each thread with the I/O model it uses, and what shows that."""
    report = facts.report
    models = {(each.pid, each.tid): each for each in report.models}
    longest = max((row.times.own_ns for row in report.threads), default=0)
    heads = (
        ("thread", ""), ("name", ""), ("model", "how it does I/O, and what shows it"), ("calls", ""),
        ("lifetime", ""), ("time", "the four times, to scale"), ("user", ""), ("kernel", ""), ("blocked", ""),
        ("runnable", ""), ("tracer", "held by the tracer; in none of the others"),
    )  # fmt: skip
    lines = []
    for row in report.threads[:_MOST]:
        model = models.get((row.pid, row.tid))
        said = (
            f"<b>{shown(model.model)}</b><small>{shown(model.evidence, 400)}</small>" if model is not None else ""
        )
        lines.append(_thread(row, said, longest))
    return section(
        "threads", "Threads and their models", table("Threads", heads, lines) + _more(len(report.threads)),
        "For every thread, user, kernel, blocked, runnable and tracer add up to its lifetime.",
    )  # fmt: skip


def _thread(row: ThreadRow, model: str, longest: int) -> str:
    times = row.times
    cells = [
        cell(code(row.name, 40), style="left"), cell(model, style="left long"), cell(count(row.calls), row.calls),
        time_cell(row.lifetime_ns),
        cell(stack(times, times.own_ns / longest if longest else 0, str(row.tid)), times.own_ns, "bar"),
        time_cell(times.user_ns), time_cell(times.kernel_ns), time_cell(times.blocked_ns),
        time_cell(times.runnable_ns), time_cell(times.tracer_ns),
    ]  # fmt: skip
    who = str(row.tid) if row.tid == row.pid else f"{row.tid} <small>of {row.pid}</small>"
    return f'<tr><th scope="row" data-v="{row.tid}">{who}</th>{"".join(cells)}</tr>'


def phases(report: Report) -> str:
    """A row for each phase the program marked; nothing when there is at most one."""
    if len(report.phases) < 2:
        return ""
    heads = (("phase", ""), ("calls", ""), ("wasted", ""), ("user", ""), ("kernel", ""), ("blocked", ""),
             ("runnable", ""), ("in", ""), ("out", ""))  # fmt: skip
    lines = []
    for row in report.phases[:_MOST]:
        totals, times = row.totals, row.totals.times
        cells = [
            cell(count(totals.calls), totals.calls), number(totals.wasted, count(totals.wasted), "wasted"),
            time_cell(times.user_ns), time_cell(times.kernel_ns), time_cell(times.blocked_ns),
            time_cell(times.runnable_ns), *_copied(totals.copies),
        ]  # fmt: skip
        lines.append(f'<tr><th scope="row">{code(row.name, 60)}</th>{"".join(cells)}</tr>')
    return section("phases", "Phases", table("Phases", heads, lines) + _more(len(report.phases)))


def descriptors(facts: PageFacts) -> str:
    """A row for each of the busiest descriptors."""
    rows = facts.report.fds
    heads = (
        ("fd", "process and number; #n: opened for the n-th time again"), ("what", ""), ("opened by", ""),
        ("calls", ""), ("wasted", "EAGAIN: it was not ready"), ("payload in", ""), ("payload out", ""),
        ("control in", ""), ("control out", ""), ("bytes a call", "payload"),
    )  # fmt: skip
    lines = [_descriptor(row) for row in rows[:_MOST_FDS]]
    if not lines:
        return ""
    return section(
        "descriptors", "Descriptors", table("Descriptors", heads, lines) + _more(len(rows), _MOST_FDS),
        "A row for each time a number was opened; those with most calls first.",
    )  # fmt: skip


def _descriptor(row: DescriptorRow) -> str:
    again = f"#{row.generation}" if row.generation else ""
    mode = {True: " <small>nonblocking</small>", False: "", None: ""}[row.nonblocking]
    copies = row.copies
    moved = copies.payload_in + copies.payload_out
    each = moved // row.calls if row.calls else 0
    wasted = f'<span title="{percent(row.wasted, row.calls)}">{count(row.wasted)}</span>' if row.wasted else ""
    sizes = (copies.payload_in, copies.payload_out, copies.control_in, copies.control_out, each)
    cells = [
        cell(code(row.what, 120) + mode, style="left long"), cell(shown(row.opened_by, 40), style="left"),
        cell(count(row.calls), row.calls), cell(wasted, row.wasted), *(number(n, size(n)) for n in sizes),
    ]  # fmt: skip
    order = row.pid * 1e6 + row.fd
    return f'<tr><th scope="row" data-v="{order:.15g}">{row.pid}:{row.fd}{again}</th>{"".join(cells)}</tr>'


def _more(there: int, listed: int = _MOST) -> str:
    more = there - listed
    return f'<p class="faint">{several(more, "more row")}: iotrace report --json</p>' if more > 0 else ""
