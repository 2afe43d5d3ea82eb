"""Every example of docs/marks.md is run under iotrace and marks the phase it says it marks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.live.markdown import blocks
from tests.live.recorded import TIMEOUT, record
from tracer.wire import Kind

Prepare = Callable[[Path, Path], Sequence[str | Path]]


def compiled(*compiler: str) -> Prepare:
    def prepare(source: Path, folder: Path) -> Sequence[str | Path]:
        command: list[str | Path] = [*compiler, folder / "program", source]
        subprocess.run(command, check=True, timeout=TIMEOUT, capture_output=True, cwd=folder)
        return [folder / "program"]

    return prepare


def interpreted(*interpreter: str) -> Prepare:
    return lambda source, _folder: [*interpreter, source]


LANGUAGES: dict[str, tuple[str, tuple[str, ...], Prepare]] = {
    "c": (".c", ("cc",), compiled("cc", "-o")),
    "python": (".py", (), interpreted(sys.executable)),
    "rust": (".rs", ("rustc",), compiled("rustc", "-o")),
    "go": (".go", ("go",), compiled("go", "build", "-o")),
    "perl": (".pl", ("perl",), interpreted("perl")),
    "js": (".js", ("node", "perl"), interpreted("node")),
    "bash": (".sh", ("perl",), interpreted("sh")),
}
"""How a language is written down: suffix of its files, the programs it needs, how its source becomes a command."""


def test_every_language_has_one_example() -> None:
    assert {language: len(blocks("marks.md", language)) for language in LANGUAGES} == dict.fromkeys(LANGUAGES, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_marks_the_phase(language: str, tmp_path: Path) -> None:
    suffix, programs, prepare = LANGUAGES[language]
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    source = tmp_path / f"example{suffix}"
    source.write_text(blocks("marks.md", language)[0])
    command = prepare(source, tmp_path)
    done = record(command, tmp_path)
    assert done.status == 0, done.errors
    with done.open() as recording:
        marks = [row for batch in recording.batches for row in batch.column("kind").to_pylist() if row == Kind.MARK]
    assert len(marks) == 2
    assert done.report("--phase", "work")["phase"] == "work"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_node_itself_refuses_the_descriptor(tmp_path: Path) -> None:
    source = tmp_path / "direct.js"
    source.write_text('try { require("fs").writeSync(-1, "iotrace:begin work") } catch (e) { console.log(e.code) }')
    done = record(["node", source], tmp_path)
    assert done.output == b"ERR_OUT_OF_RANGE\n"
    with done.open() as recording:
        assert not any(Kind.MARK in batch.column("kind").to_pylist() for batch in recording.batches)


def test_a_shell_that_closes_a_descriptor_makes_no_mark(tmp_path: Path) -> None:
    done = record(["sh", "-c", 'printf "iotrace:begin work" >&-; true'], tmp_path)
    assert done.status == 0
    with done.open() as recording:
        assert not any(Kind.MARK in batch.column("kind").to_pylist() for batch in recording.batches)
