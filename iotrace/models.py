"""`iotrace models`: the bundled workloads, a line each, or one explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iotrace.failures import USAGE, Failure

if TYPE_CHECKING:
    from workloads.catalog import Model


@click.command("models")
@click.argument("name", required=False)
def command(name: str | None) -> int:
    """List the bundled workloads, one per I/O model, or explain one.

    All do the same job, so their figures compare: a feeder outside the trace sends messages, the workload
    receives them all and checks them.

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
        print(f"{chosen.name}: {catalog.explanation(chosen)}".rstrip())
    except BadOption as error:
        raise Failure(f"{error}.\nAll of them: iotrace models", USAGE) from error
    print(f"\nRun it: iotrace run {chosen.name}\n\n{_options(chosen.name)}")
    return 0


def available() -> list[Model]:
    """The models whose module is there."""
    from importlib.util import find_spec

    from workloads import catalog

    return [model for model in catalog.MODELS if find_spec(f"workloads.{model.module}")]


def _options(name: str) -> str:
    from workloads import catalog, options

    text = options.parser(catalog.model(name)).format_help()
    return "Options:\n" + text.split("options:\n", 1)[-1].rstrip()
