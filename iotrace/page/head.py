"""The head of the page: what ran, where and how it was recorded, and the totals at a glance."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from iotrace.page.facts import PageFacts
from iotrace.page.text import key, section, shown, stack
from iotrace.text_report import clock, ended
from tracer.analyze.compare.comparison import cpu_percent
from tracer.analyze.scope import sentences
from tui.drawing.palette import STATES, USER
from tui.drawing.time_bar import note
from tui.drawing.units import count, duration, percent, seconds, several, short_count, size

_COMMAND = 2000


def head(facts: PageFacts) -> str:
    """Command, facts and key figures."""
    report = facts.report
    command = " ".join(report.command)
    lines = "".join(f"<div><dt>{name}</dt><dd>{words}</dd></div>" for name, words in _facts(facts) if words)
    return (
        f'<header><p class="faint brand">iotrace report</p><h1><code>{shown(command, _COMMAND)}</code></h1>'
        f'<dl class="facts">{lines}</dl>{_warnings(facts)}{_tiles(facts)}</header>'
    )


def title_of(facts: PageFacts) -> str:
    """What the browser's tab says."""
    return shown(" ".join(facts.report.command) or "recording", 80)


def times(facts: PageFacts) -> str:
    """The time bar: the program's own time by its four states."""
    totals = facts.report.totals
    own, rows = totals.times.own_ns, []
    partly = facts.report.scope.trace is not None
    for state in STATES:
        part = int(getattr(totals.times, f"{state.word}_ns"))
        words = escape(note(state, totals, facts.report.uncertainty_ns, roomy=True).replace("  ", " · "))
        if state is USER and partly:
            words = " · ".join(filter(None, ("user + untraced kernel", words)))
        bar = (
            f'<svg class="stack" aria-hidden="true"><rect class="{state.word}" '
            f'width="{100 * part / own if own else 0:.2f}%" height="100%"/></svg>'
        )
        name = "user +" if state is USER and partly else state.word
        rows.append(
            f'<tr><th scope="row">{name}</th><td class="wide">{bar}</td>'
            f'<td><b>{percent(part, own)}</b></td><td>{duration(part)}</td><td class="said">{words}</td></tr>'
        )
    whole = stack(totals.times, 1.0, "Where the time goes")
    return section(
        "time", "Where the time goes",
        f'{key()}<div class="whole">{whole}</div><table class="times"><tbody>{"".join(rows)}</tbody></table>',
        f"Of the program's own time, {duration(own)} over all its threads: what it would take untraced. The "
        f"tracer's own {duration(totals.times.tracer_ns)} is left out of all figures.",
    )  # fmt: skip


def _facts(facts: PageFacts) -> list[tuple[str, str]]:
    report, header = facts.report, facts.header
    began = (
        datetime.fromtimestamp(header.began_unix_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        if 0 < header.began_unix_ns < 1 << 62
        else ""
    )
    phase = f", phase {shown(report.phase)}" if report.phase else ""
    pin = header.options.get("pin")
    samples = facts.calibration.shared.samples + facts.calibration.apart.samples
    calibrated = f"; calibrated with {count(samples)} calls" if samples else ""
    placed = f"; --pin {shown(str(pin))}" if pin else ""
    why = f": {shown(report.ending.reason)}" if report.ending.complete and report.ending.reason else ""
    return [
        ("ended", shown(ended(report.ending)) + why),
        ("duration", f"{seconds(report.duration_ns)}{phase}"),
        ("recorded", began),
        ("machine", " ".join(filter(None, (shown(header.kernel), shown(header.machine))))),
        ("captured by", shown(clock(report, facts.corrected)) + calibrated + placed),
        ("lost", f"{count(report.totals.lost)} events" if report.totals.lost else "nothing"),
    ]


def _warnings(facts: PageFacts) -> str:
    report, said = facts.report, []
    if not report.ending.complete:
        said.append(f"Incomplete: {shown(report.ending.reason or 'the recording does not say how it ended.')}")
    if report.totals.lost:
        said.append(f"{count(report.totals.lost)} events were lost: all figures are lower bounds.")
    if report.source not in ("schedstat", "switches", ""):
        said.append(f"The on-CPU clock was {shown(report.source)}: user and kernel time are coarse or unknown.")
    said += [shown(f"{sentence[:1].upper()}{sentence[1:]}.", 400) for sentence in sentences(report.scope)]
    if report.older_calls:
        since = "this file begins" if report.scope.later_part else "the attach"
        said.append(
            f"{several(report.older_calls, 'call')} entered before {since}; since when is not known, so they are "
            "counted from then on."
        )
    return "".join(f'<p class="warning">{words}</p>' for words in said)


def _tiles(facts: PageFacts) -> str:
    totals = facts.report.totals
    cpu = cpu_percent(facts.report)
    copies = totals.copies
    least = "≥ " if copies.unknown else ""
    # As `compare` has it: of several threads the shares of one wall clock are added up.
    share = f"user and kernel, of {'its own time' if len(facts.report.threads) <= 1 else 'wall time'}"
    wasted = f"{several(totals.wasted, 'call')} found nothing" if totals.wasted else "none"
    tiles = [
        (
            "calls",
            short_count(totals.calls),
            f"{short_count(totals.failed)} failed" if totals.failed else "none failed",
        ),
        ("wasted", percent(totals.wasted, totals.calls), wasted),
        ("CPU", "–" if cpu is None else f"{cpu:.0f} %" if cpu >= 0.5 or not cpu else "<1 %", share),
        ("copied in", f"{least}{size(copies.payload_in)}", f"payload; {size(copies.control_in)} control"),
        ("copied out", f"{least}{size(copies.payload_out)}", f"payload; {size(copies.control_out)} control"),
    ]
    if totals.wakeups:
        useless = totals.useless_wakeups
        words = "not known how many in vain" if useless is None else f"{short_count(useless)} useless"
        tiles.append(("wake-ups", short_count(totals.wakeups), words))
    if totals.signals:
        tiles.append(("signals", short_count(totals.signals), "delivered"))
    shown_tiles = "".join(
        f"<li><span>{escape(name)}</span><b>{escape(value)}</b><small>{escape(words)}</small></li>"
        for name, value, words in tiles
    )
    return f'<ul class="tiles">{shown_tiles}</ul>'
