"""The page: well-formed, self-contained, escaped, and shown by a real browser without a complaint."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from iotrace.comparing.html import page
from iotrace.comparing.style import SHEET
from tests.tracer.analyze.comparing import run
from tracer.analyze.compare.comparison import Run, absent

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
    "--window-size=1200,900",
)  # fmt: skip
VOID = {"meta", "link", "br"}
RUNS = [
    run(
        f"{model} ×{n}",
        model=model,
        clients=n,
        control_copied=each * 23 * n,
        kernel_ns=each * 10_000,
        cpu_percent=each,
    )
    for model, each in (("select", 24), ("poll", 8), ("epoll", 12))
    for n in (10, 100, 1000)
]


class Tree(HTMLParser):
    """Checks that tags match, and keeps what refers to something outside."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [value for name, value in attrs if name in ("src", "href") and value and value != "data:,"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(runs: list[Run]) -> Tree:
    tree = Tree()
    tree.feed(page(runs))
    tree.close()
    assert tree.open == []
    return tree


@pytest.mark.parametrize(
    "runs",
    [RUNS, [run("a"), run("b", kernel_ns=0, user_ns=0, blocked_ns=0)], [absent("a", "no"), absent("b", "no")]],
)
def test_it_is_well_formed_and_needs_nothing_from_outside(runs: list[Run]) -> None:
    tree = parsed(runs)
    assert tree.outside == []
    assert "script" not in tree.tags
    assert not re.search(r"https?:|@import|url\((?!#)", page(runs))


def test_it_is_for_dark_and_light_and_for_screen_readers() -> None:
    assert "prefers-color-scheme: dark" in SHEET
    text = page(RUNS)
    charts = re.findall(r"<svg viewBox[^>]*>", text)
    assert all('role="img" aria-label="' in chart or 'aria-hidden="true"' in chart for chart in charts)
    assert text.count('<th scope="row">') == len(RUNS)
    assert "Control bytes per message: select: 10 clients 240 B, 100 clients 2,400 B" in text


def test_names_and_reasons_are_escaped() -> None:
    hostile = '<script>alert("1")</script>'
    text = page([run(hostile), run("b", ok=False, reason=hostile), run("c", kernel_ns=5)])
    assert hostile not in text
    assert "&lt;script&gt;" in text


def test_lengths_of_bars_are_in_proportion() -> None:
    text = page([run("a", cpu_percent=80.0), run("b", cpu_percent=20.0)])
    chart = text[text.index('aria-label="CPU: a 80 %; b 20 %"') :]
    widths = [
        float(width) for width in re.findall(r'<rect class="bar \w*" x="\d+" y="\d+" width="([\d.]+)"', chart)[:2]
    ]
    assert widths[0] == pytest.approx(4 * widths[1], abs=0.2)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("scheme", ["0", "1"])
def test_a_browser_shows_it_without_a_complaint(tmp_path: Path, scheme: str) -> None:
    (tmp_path / "page.html").write_text(page(RUNS), encoding="utf-8")
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS, f"--blink-settings=preferredColorScheme={scheme}",
         f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={tmp_path / 'page.png'}",
         (tmp_path / "page.html").as_uri()],
        check=False, capture_output=True, text=True, timeout=60, cwd=tmp_path,
    )  # fmt: skip
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    assert "CONSOLE" not in done.stderr
