"""Is the screen quick enough? Prints a table of what was measured beside what it is to be.

    python -m benchmarks.tui [--calls 10000000] [--seconds 20] [--rounds 3] [--size 160x50] [--size 300x80]

Parts: `finished` (a generated recording of so many calls, made in a temporary folder and removed), `live` (a
recording that grows by 30,000 calls a second) and `slowdown` (a spinning program under `run` and under `record`).
The real application runs headless, each measurement in a process of its own (`benchmarks.tui_watch` says what a
paint is). Medians; in brackets the CPU time of the application's process meanwhile, which says more than the clock
on a machine that has other things to do.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.arguments import positive
from benchmarks.generate import generate
from benchmarks.subject import scratch
from benchmarks.tui_slowdown import rounds

_TARGETS: Final = {"filter": 300, "scroll": 50, "timeline": 50, "heat map": 50}
"""ms from a key to the end of the paint that answers it."""
_NAMES: Final = {
    "filter": "filter: keystroke to paint", "scroll": "scroll the list of calls",
    "timeline": "zoom and pan the timeline", "heat map": "zoom and pan the heat map",
}  # fmt: skip
_RATE: Final = 30_000


class Line(NamedTuple):
    """A line of the table."""

    what: str
    measured: str
    target: str = ""
    ok: bool | None = None


def finished(folder: Path, calls: int, size: str) -> Iterator[Line]:
    """A long recording that has ended."""
    path = folder / "long.iotrace"
    if not path.exists():
        generate(path, calls, 23)
    found = _run("benchmarks.tui_finished", str(path), size)
    yield Line("first lines on screen", f"{found['first']:.1f} s", "< 5 s", found["first"] < 5)
    yield Line("read to the end", f"{found['loaded']:.1f} s")
    for kind, times in found["times"].items():
        yield _keys(_NAMES.get(kind, kind), times, _TARGETS.get(kind))
    peak, own = (found["memory"][name] / found["bytes"] for name in ("peak", "own"))
    file = f"the file's {found['bytes'] / 1e6:,.0f} MB"
    yield Line(f"memory, of {file}", f"x {peak:.2f} (own x {own:.2f})", "< x 2", peak < 2)


def live(folder: Path, seconds: float, size: str) -> Iterator[Line]:
    """A recording that grows."""
    found = _run("benchmarks.tui_live", str(folder / "live.iotrace"), size, str(_RATE), str(seconds))
    behind = sorted(found["behind"])
    middle, late = statistics.median(behind), behind[int(len(behind) * 0.95)]
    yield Line("from written to on screen, ms", f"{middle:.0f}, 95 % {late:.0f}", "<= 250", middle <= 250)
    for tab, (watched, paints, spent) in found["tabs"].items():
        pace = paints / watched
        yield Line(
            f"repaints a second, tab {tab}", f"{pace:.1f} (CPU {spent / watched:.0%})", "<= 10", pace <= 10.5
        )
    yield _keys("keys in list and timeline", found["keys"], 100)
    yield _keys("keys that open a tab", found["opened"], 100)
    yield Line("the writer's latest batch came late by", f"{found['writer_late_ms']:.0f} ms")


def slowdown(folder: Path, times: int, size: str, calls: int) -> Iterator[Line]:
    """Watched live, or only recorded."""
    width, height = map(int, size.split("x"))
    found = rounds(folder, calls, times, width, height)
    recorded, watched = (statistics.median(found[how]) for how in ("record", "run"))
    for how, values in found.items():
        yield Line(f"{how}: us a call", " ".join(f"{value / 1e3:.1f}" for value in values))
    yield Line("run / record", f"{watched / recorded:.3f}", "<= 1.05", watched / recorded <= 1.05)


def _keys(what: str, times: list[tuple[float, float]], target: int | None) -> Line:
    wall, spent = (statistics.median(column) for column in zip(*times, strict=True))
    most = max(each for each, _ in times)
    measured = f"{wall:.0f} ({spent:.0f}), most {most:.0f}, of {len(times)}"
    return Line(f"{what}, ms", measured, f"< {target}" if target else "", wall < target if target else None)


def _run(module: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", module, *arguments], check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=positive, default=10_000_000)
    parser.add_argument("--seconds", type=float, default=20.0, help="of the live run")
    parser.add_argument("--rounds", type=positive, default=3, help="of the spinning program")
    parser.add_argument("--loop", type=positive, default=300_007, help="its calls")
    parser.add_argument("--size", action="append", metavar="WIDTHxHEIGHT")
    parser.add_argument("--only", choices=("finished", "live", "slowdown"))
    options = parser.parse_args()
    with scratch() as name:
        folder = Path(name)
        for size in options.size or ["160x50"]:
            parts: dict[str, Callable[[], Iterator[Line]]] = {
                "finished": partial(finished, folder, options.calls, size),
                "live": partial(live, folder, options.seconds, size),
                "slowdown": partial(slowdown, folder, options.rounds, size, options.loop),
            }
            for part, lines in parts.items():
                if options.only in (None, part):
                    print(f"{part}, {size}; load of the machine before: {os.getloadavg()[0]:.1f}")
                    for line in lines():
                        verdict = {True: "ok", False: "MISSED", None: ""}[line.ok]
                        print(f"  {line.what:42}{line.measured:>30}  {line.target:>8}  {verdict}", flush=True)


if __name__ == "__main__":
    main()
