"""`iotrace models NAME`: the explanation always, the figure where a run is possible, exit status 0 either way."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from iotrace import models, models_figure
from tests.iotrace.running import iotrace
from workloads.catalog import MODELS, Model

RUNNER = CliRunner()
SECTIONS = ("What is copied:", "When to use it:", "What to look for in the trace:")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_without_a_run_the_model_is_explained(model: Model) -> None:
    done = RUNNER.invoke(models.command, [model.name, "--no-run"])
    assert done.exception is None, done.output
    assert done.output.startswith(f"{model.name}: ")
    assert all(section in done.output for section in SECTIONS)
    assert f"Run it: iotrace run {model.name}" in done.output
    assert "What happened just now" not in done.output


def test_where_it_cannot_run_one_line_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_model: Model) -> None:
        raise models_figure.NoFigure("io_uring_setup: Operation not permitted")

    monkeypatch.setattr(models_figure, "run", refuse)
    done = RUNNER.invoke(models.command, ["io-uring"])
    assert done.exception is None, done.output
    assert "No figure from this machine: io_uring_setup: Operation not permitted.\n" in done.output
    assert all(section in done.output for section in SECTIONS)


def test_the_reason_is_one_line_of_what_the_recorder_said(tmp_path: Path) -> None:
    with pytest.raises(models_figure.NoFigure, match=r"no model 'selectt'") as refused:
        models_figure._record(["selectt"], "selectt", tmp_path / "x.iotrace")
    assert "\n" not in str(refused.value)


def test_the_figure_stands_between_the_explanation_and_the_options(tmp_path: Path) -> None:
    done = iotrace("models", "blocking", home=tmp_path)
    assert (done.status, done.err) == (0, "")
    explained, drawn = done.out.split("What happened just now in `iotrace run blocking ", 1)
    assert "What to look for in the trace:" in explained
    assert "phase 1" in drawn
    assert drawn.index("phase 2") < drawn.index("Run it: iotrace run blocking") < drawn.index("Options:")
    assert not list(tmp_path.rglob("*.iotrace"))


def test_a_terminal_without_unicode_gets_ascii(tmp_path: Path) -> None:
    done = iotrace("models", "poll", home=tmp_path, environment={"PYTHONIOENCODING": "ascii"})
    assert done.status == 0, done.err
    assert done.out.isascii()
    assert "## runs" in done.out, done.out


def test_an_unknown_name_suggests_the_nearest(tmp_path: Path) -> None:
    done = iotrace("models", "epol", home=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert "epoll." in done.err


def test_the_list_has_a_line_for_each(tmp_path: Path) -> None:
    done = iotrace("models", home=tmp_path)
    assert [line.split()[0] for line in done.out.splitlines()] == [model.name for model in MODELS]
