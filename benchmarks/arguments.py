"""The benchmarks' command lines: `--help` is the module's docstring; bad input ends with status 2 and words."""

from __future__ import annotations

import argparse


def parser(document: str | None) -> argparse.ArgumentParser:
    """A parser with `document` for its help."""
    return argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)


def positive(text: str) -> int:
    """A whole number above 0. Raises ArgumentTypeError."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def positive_time(text: str) -> float:
    """A number above 0. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def numbers(text: str) -> tuple[int, ...]:
    """Whole numbers above 0, with commas. Raises ArgumentTypeError."""
    return tuple(map(positive, text.split(",")))


def screen(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT. Raises ArgumentTypeError."""
    width, cross, height = text.partition("x")
    if not cross:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 160x50")
    return positive(width), positive(height)
