"""What goes wrong inside an application reaches the command, and nothing of it the user's screen."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.binding import Binding

from tui.base_app import BaseApp


class Broken(BaseApp[None]):
    """Fails where it is told to."""

    def __init__(self, *, in_worker: bool) -> None:
        super().__init__()
        self._in_worker = in_worker

    def on_mount(self) -> None:
        if self._in_worker:
            self.run_worker(self._fail, thread=True)
        else:
            self._fail()

    def _fail(self) -> None:
        raise KeyError("no such thing")


@pytest.mark.parametrize("in_worker", [True, False])
def test_an_error_inside_is_raised_and_no_traceback_printed(
    in_worker: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyError, match="no such thing"):
        Broken(in_worker=in_worker).run(headless=True)
    assert "Traceback" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(("locale", "shown"), [("C", "enter"), ("C.UTF-8", "⏎")])
def test_the_enter_key_is_spelled_where_its_sign_cannot_be_shown(
    locale: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    assert BaseApp[None]().get_key_display(Binding("enter", "open", "Open")) == shown


def test_textual_still_has_what_is_overridden() -> None:
    assert callable(App._fatal_error)
    assert callable(App._close_messages_no_wait)
