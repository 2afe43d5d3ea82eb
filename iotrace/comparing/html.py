"""The comparison as one page: sentences, charts and the whole table. It needs no network and no JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from iotrace.comparing.charts import STATES, bars, lines, times
from iotrace.comparing.columns import ALONE, COLUMNS, NOTHING, Column, alone_text, percent_of_cpu, ratio
from iotrace.comparing.sentences import sentences
from iotrace.comparing.style import PATTERNS, SHEET
from tracer.analyze.compare.best import Standing, standings
from tracer.analyze.compare.comparison import Run
from tracer.analyze.compare.growth import Growth, growths
from tui.drawing.units import duration

_CHARTS: Final = ("cpu_percent", "kernel_ns", "calls_per_message", "wasted", "control_copied", "payload_copied",
                  "useless_wakeups", "latency_p50_ns")  # fmt: skip
_SIGNS: Final = {Standing.BEST: " ▲", Standing.WORST: " ▼", Standing.BETWEEN: ""}
_MEANINGS: Final = {
    "user": "ran the program's own code",
    "kernel": "ran inside calls",
    "blocked": "slept",
    "runnable": "ready, but waiting for a CPU",
}


def page(runs: Sequence[Run]) -> str:
    """The whole page."""
    ran = [run for run in runs if run.ran]
    parts = [
        f"<h1>{_title(runs)}</h1>",
        '<p class="faint">Recorded with iotrace. All figures are those of the measured phase, over all threads; '
        "the tracer's own time is taken out of user, kernel, blocked and runnable.</p>",
        _sentences(runs),
        _troubles(runs),
        _times(ran),
        _growth(growths(runs)),
        _charts(ran),
        _table(runs),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{_title(runs)}</title><style>{SHEET}</style></head>\n'
        f"<body>{PATTERNS}<main>{''.join(part for part in parts if part)}</main></body></html>\n"
    )


def _title(runs: Sequence[Run]) -> str:
    models = list(dict.fromkeys(run.model or run.name for run in runs))
    return escape(" · ".join(models) if len(models) < 6 else f"{len(models)} I/O models, side by side")


def _sentences(runs: Sequence[Run]) -> str:
    said = "".join(f"<li>{escape(text)}</li>" for text in sentences(runs))
    return f"<ul>{said}</ul>" if said else ""


def _troubles(runs: Sequence[Run]) -> str:
    said = "".join(
        f'<li><span class="failed">{escape(run.name)} {"failed" if run.ran else "cannot run"}:</span> '
        f"{escape(run.reason)}</li>"
        for run in runs
        if not run.figures.ok
    )
    return f"<ul>{said}</ul>" if said else ""


def _times(runs: Sequence[Run]) -> str:
    rows = [(run.name, _four(run), _busy(run)) for run in runs if sum(_four(run))]
    if not rows:
        return ""
    key = "".join(
        f'<li><svg viewBox="0 0 22 14" aria-hidden="true"><rect class="{state}" width="22" height="14"/></svg>'
        f"<b>{state}</b> {_MEANINGS[state]}</li>"
        for state in STATES
    )
    return (
        f'<h2>Where the time goes</h2><ul class="key faint">{key}</ul><figure class="wide">'
        f"{times('Share of the four times', rows)}</figure>"
    )


def _four(run: Run) -> list[float]:
    each = run.figures
    return [float(part or 0) for part in (each.user_ns, each.kernel_ns, each.blocked_ns, each.runnable_ns)]


def _busy(run: Run) -> str:
    percent = run.figures.cpu_percent
    return "" if percent is None else f"{percent_of_cpu(percent)} CPU"


def _growth(grown: Sequence[Growth]) -> str:
    if not grown:
        return ""
    control = [(each.model, [(p.clients, p.control_bytes) for p in each.points]) for each in grown]
    kernel = [(each.model, [(p.clients, p.kernel_ns) for p in each.points]) for each in grown]
    plots = (
        ("Control bytes per message", lines("Control bytes per message", control, lambda n: f"{ratio(n)} B")),
        ("Kernel time per message", lines("Kernel time per message", kernel, lambda n: duration(round(n)))),
    )
    shown = "".join(
        f"<figure><figcaption><b>{name}</b>, by number of clients; both scales are logarithmic</figcaption>{plot}"
        "</figure>"
        for name, plot in plots
    )
    return f'<h2>How the cost of a message grows</h2><div class="charts">{shown}</div>'


def _charts(runs: Sequence[Run]) -> str:
    drawn = [chart for column in COLUMNS if column.figure in _CHARTS and (chart := _chart(column, runs))]
    return f'<h2>Figure by figure</h2><div class="charts">{"".join(drawn)}</div>' if drawn else ""


def _chart(column: Column, runs: Sequence[Run]) -> str:
    """Nothing when there is nothing to compare: all the same, or not known."""
    ranks = standings(runs, column.figure)
    rows = [
        (run.name, value, column.plain(run), rank)
        for run, rank in zip(runs, ranks, strict=True)
        if (value := column.value(run)) is not None
    ]
    if len({value for _, value, _, _ in rows}) < 2:
        return ""
    return (
        f"<figure><figcaption><b>{column.heading}</b> {escape(column.meaning)}</figcaption>"
        f"{bars(column.heading, rows)}</figure>"
    )


def _table(runs: Sequence[Run]) -> str:
    shown = [column for column in COLUMNS if any(column.text(run) != NOTHING for run in runs)]
    ranks = {column.figure: standings(runs, column.figure) for column in shown}
    alone = ALONE if any(run.alone for run in runs) else ()
    heads = [f'<th scope="col" title="{escape(each.meaning, quote=True)}">{each.heading}</th>' for each in shown]
    heads += [
        f'<th scope="col" title="of a run without tracing (getrusage)">{heading}</th>' for heading, _ in alone
    ]
    rows = []
    for place, run in enumerate(runs):
        cells = [_cell(column, run, ranks[column.figure][place]) for column in shown]
        cells += [f"<td>{alone_text(run, field)}</td>" for _, field in alone]
        rows.append(f'<tr><th scope="row">{escape(run.name)}</th>{"".join(cells)}</tr>')
    return (
        '<h2>All figures</h2><div class="scroll" tabindex="0" role="region" aria-label="All figures"><table>'
        f'<thead><tr><th scope="col">run</th>{"".join(heads)}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        '<p class="faint">▲ best and ▼ worst of those that did the job, where they differ by more than a tenth. '
        "≥ a lower bound: it is not known what all calls copied. ± how far a repetition got from the median. "
        "wall, p50 and p99 include the tracer's delay.</p>"
    )


def _cell(column: Column, run: Run, rank: Standing) -> str:
    failed = column.figure == "messages" and not run.figures.ok
    name = "failed" if failed else rank.value
    return f'<td class="{name}">{escape(column.text(run))}{_SIGNS[rank]}</td>'
