"""The pytest plugin: the fixture `iotrace` and the marker `@pytest.mark.iotrace(max=..., no_finding=...)`.

Every pytest run of whoever has us installed imports this file, so it imports nothing but pytest; what works is in
`iotrace.plugin.recording`, imported when the first test asks. See docs/check.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from iotrace.plugin.recording import Recorder

_FIXTURE: Final = "iotrace"
_RECORDED: Final = pytest.StashKey[bool]()
_KNOWN: Final = {"max", "min", "no_finding", "phase", "messages"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one setting."""
    parser.addini(
        "iotrace_required",
        "Fail the tests that cannot be traced, instead of skipping them.",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, for --strict-markers."""
    config.addinivalue_line(
        "markers",
        "iotrace(max={}, min={}, no_finding=[], phase=None, messages=None): every recording that the test makes "
        "with the fixture `iotrace` must keep these budgets; without the fixture, the test itself is recorded.",
    )


@pytest.fixture
def iotrace(request: pytest.FixtureRequest, tmp_path: Path) -> Recorder:
    """Records commands (`iotrace.record`) and the running process (`iotrace.watch`), and checks budgets."""
    from iotrace.plugin.recording import Recorder
    from iotrace.plugin.results import Budgets

    required = bool(request.config.getini("iotrace_required"))
    return Recorder(tmp_path, Budgets(**_asked(request.node)), required=required)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marked test that does not use the fixture gets it too: it is to record the test itself."""
    if (
        isinstance(item, pytest.Function)
        and item.get_closest_marker(_FIXTURE)
        and _FIXTURE not in item.fixturenames
    ):
        # A list of its own: the cases of a parametrized test share theirs.
        item.fixturenames = [*item.fixturenames, _FIXTURE]
        item.stash[_RECORDED] = True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Record the body of a marked test that does not use the fixture."""
    if not item.stash.get(_RECORDED, False):
        yield
        return
    recorder: Recorder = item.funcargs[_FIXTURE]  # type: ignore[attr-defined]
    seen, end = recorder.begin()
    outcome: Any = yield
    try:
        end()
        if outcome.excinfo is None:
            seen.keep_budgets()
    except (AssertionError, ValueError) as broken:
        outcome.force_exception(pytest.fail.Exception(str(broken), pytrace=False))
    except BaseException as failed:
        outcome.force_exception(failed)


def _asked(node: pytest.Item) -> dict[str, Any]:
    """What the markers say together; the one nearest to the test wins."""
    asked: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers(_FIXTURE))):
        unknown = set(marker.kwargs) - _KNOWN
        if unknown or marker.args:
            odd = ", ".join([*sorted(unknown), *map(repr, marker.args)])
            pytest.fail(
                f"@pytest.mark.iotrace does not take {odd}; it takes {', '.join(sorted(_KNOWN))}.", pytrace=False
            )
        for name, value in marker.kwargs.items():
            both = name in ("max", "min") and name in asked
            asked[name] = {**asked[name], **value} if both else value
    return asked
