"""Times and sizes on the command line: 30s, 5m, 200M."""

from __future__ import annotations

import math
import re
from typing import Any, Final

import click

_HOUR_NS: Final = 3600 * 10**9
_LONGEST_NS: Final = 365 * 24 * _HOUR_NS
A_YEAR_S: Final = _LONGEST_NS // 10**9
_LARGEST: Final = 1 << 50


def span_ns(text: str) -> int | None:
    """ns of a time with its unit in small letters (ms, s, m, h); None when it is none."""
    from tracer.analyze.filter.quantities import duration_ns

    hours = re.fullmatch(r"(\d+(?:\.\d*)?)h", text)
    if hours is not None:
        return round(float(hours[1]) * _HOUR_NS)
    found = duration_ns(text) if text == text.lower() and re.search("[a-z]$", text) else None
    return None if found is None else round(found)


def size_of(text: str) -> int | None:
    """Bytes of a size (k, M, G: powers of 1024); None when it is none."""
    from tracer.analyze.filter.quantities import size_bytes

    found = size_bytes(text)
    return None if found is None else round(found)


class Seconds(click.FloatRange):
    """A number of seconds in a range. NaN, which no comparison refuses, is in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds; bad usage when it is no number, or out of range."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds.", param, ctx)
        return seconds


class Span(click.ParamType[int]):
    """A time, in ns."""

    name = "time"

    def __init__(self, least_ns: int) -> None:
        self.least_ns = least_ns

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The ns; bad usage when it is none, or out of range."""
        if isinstance(value, int):
            return value
        ns = span_ns(value)
        if ns is None:
            self.fail(f"{value!r} is no time; write it with its unit: 30s, 5m, 1h", param, ctx)
        if not self.least_ns <= ns <= _LONGEST_NS:
            self.fail(f"{value} is not between {self.least_ns / 1e9:g}s and a year", param, ctx)
        return ns


class Size(click.ParamType[int]):
    """A size, in bytes."""

    name = "size"

    def __init__(self, least: int) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The bytes; bad usage when it is none, or out of range."""
        if isinstance(value, int):
            return value
        size = size_of(value)
        if size is None:
            self.fail(f"{value!r} is no size; write for example 200M or 1G", param, ctx)
        if not self.least <= size <= _LARGEST:
            self.fail(f"{value} is not between {self.least >> 10} KiB and a pebibyte", param, ctx)
        return size


class SpanOrSize(click.ParamType["Amount"]):
    """One of the two: m are minutes, M are megabytes."""

    name = "time or size"

    def __init__(self, least_ns: int, least: int) -> None:
        self._span, self._size = Span(least_ns), Size(least)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Amount:
        """The amount; bad usage when it is none, or out of range."""
        if isinstance(value, Amount):
            return value
        if span_ns(value) is not None:
            return Amount(ns=self._span.convert(value, param, ctx))
        if size_of(value) is None or value[-1:].isdigit():
            self.fail(f"{value!r} is neither a time nor a size; write for example 30s, 5m or 100M", param, ctx)
        return Amount(size=self._size.convert(value, param, ctx))


class Amount:
    """A time in ns or a size in bytes; the other is None."""

    __slots__ = ("ns", "size")

    def __init__(self, ns: int | None = None, size: int | None = None) -> None:
        self.ns = ns
        self.size = size

    def as_argument(self) -> str:
        """As it is written on the command line."""
        return f"{self.ns}ns" if self.ns is not None else f"{self.size}B"
