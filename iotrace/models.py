"""`iotrace models`: the bundled workloads, a line each, or one explained."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from iotrace.failures import USAGE, Failure

if TYPE_CHECKING:
    from workloads.catalog import Model


@click.command("models")
@click.argument("name", required=False)
@click.option("--no-run", is_flag=True, help="Explain only; no figure from a run made on the spot.")
def command(name: str | None, no_run: bool) -> int:
    """List the bundled workloads, one per I/O model, or explain one.

    All do the same job, so their figures compare: a feeder outside the trace sends messages, the workload
    receives them all and checks them. With NAME the model is explained, then run for about a second, and one of
    its messages is drawn as the textbook does, with its measured times.

    \b
    iotrace models
    iotrace models nonblocking
    """
    from workloads import catalog
    from workloads.errors import BadOption

    if name is None:
        width = max(len(model.name) for model in available())
        for model in available():
            print(f"{model.name:<{width}}  {model.sentence}")
        return 0
    try:
        chosen = catalog.model(name)
    except BadOption as error:
        raise Failure(f"{error}.\nAll of them: iotrace models", USAGE) from error
    print(_encodable(f"{chosen.name}: {catalog.explanation(chosen)}".rstrip()), end="\n\n", flush=True)
    if not no_run:
        _show_figure(chosen)
    print(f"Run it: iotrace run {chosen.name}\n\n{_options(chosen.name)}")
    return 0


def available() -> list[Model]:
    """The models whose module is there."""
    from importlib.util import find_spec

    from workloads import catalog

    return [model for model in catalog.MODELS if find_spec(f"workloads.{model.module}")]


def _show_figure(model: Model) -> None:
    from iotrace import models_figure

    try:
        figure = models_figure.run(model)
    except models_figure.NoFigure as reason:
        print(_encodable(f"No figure from this machine: {reason}.\n"))
        return
    from iotrace.console import TextConsole
    from tui.drawing.figure import figure_lines
    from tui.drawing.figure_glyphs import ASCII, UNICODE
    from tui.drawing.palette import DARK, PLAIN

    console = TextConsole()
    width = max(80, min(console.width if console.is_terminal else 80, 100))
    palette = DARK if console.color_system and not console.no_color else PLAIN
    job = " ".join([model.name, *models_figure.job(model)])
    print(f"What happened just now in `iotrace run {job}`:\n", flush=True)
    for line in figure_lines(figure, width, palette, UNICODE if _speaks_unicode() else ASCII):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
    print()


def _encodable(text: str) -> str:
    if _speaks_unicode():
        return text
    from tui.drawing.ascii import in_ascii

    return in_ascii(text)


def _speaks_unicode() -> bool:
    """Both can: Python writes UTF-8 in the C locale too (PEP 538), and a terminal of it shows something else."""
    from tui.drawing.ascii import speaks_unicode

    encoded = (sys.stdout.encoding or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")
    return encoded and speaks_unicode(os.environ)


def _options(name: str) -> str:
    from workloads import catalog, options

    text = options.parser(catalog.model(name)).format_help()
    return "Options:\n" + text.split("options:\n", 1)[-1].rstrip()
