"""The benchmarks' command lines: what is taken, and that the rest is refused in words."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from benchmarks.arguments import numbers, parser, positive, positive_time, screen


def test_what_is_taken() -> None:
    """Counts, lists of them, times, sizes of a screen."""
    assert positive("23") == 23
    assert numbers("1,2,4") == (1, 2, 4)
    assert positive_time("0.5") == 0.5
    assert screen("160x50") == (160, 50)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "x", "²"])
def test_what_is_no_count(text: str) -> None:
    """Nothing, 0, and what is no whole number."""
    with pytest.raises(ArgumentTypeError):
        positive(text)
    with pytest.raises(ArgumentTypeError):
        numbers(f"1,{text}")


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "x"])
def test_what_is_no_time(text: str) -> None:
    """Of those that float() takes as well."""
    with pytest.raises(ArgumentTypeError):
        positive_time(text)


@pytest.mark.parametrize("text", ["", "160", "160x", "x50", "0x5", "ax5"])
def test_what_is_no_screen(text: str) -> None:
    """Two counts with an x between."""
    with pytest.raises(ArgumentTypeError):
        screen(text)


def test_help_and_bad_input_end_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0 with the document, status 2 with what was wrong."""
    words = parser("What it measures.")
    words.add_argument("--calls", type=positive)
    with pytest.raises(SystemExit) as ended:
        words.parse_args(["--help"])
    assert ended.value.code == 0
    assert "What it measures." in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        words.parse_args(["--calls", "many"])
    assert ended.value.code == 2
    assert "'many' is no whole number above 0" in capsys.readouterr().err
