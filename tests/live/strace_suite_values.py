"""Decoded values as text that can be compared: the same value in the same words, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

PAIRS: Final = {"[": "]", "{": "}", "(": ")"}
STRING: Final = re.compile(r'"((?:\\.|[^"\\])*)"(\.\.\.)?')
ESCAPE: Final = re.compile(r"\\(?:x([0-9a-f]{2})|([0-7]{1,3})|(.))|([^\\])", re.DOTALL)
LETTERS: Final = {"n": 10, "t": 9, "r": 13, "v": 11, "f": 12}
HEXADECIMAL: Final = re.compile(r"\b0x[0-9a-f]+\b")
FLAGS: Final = re.compile(r"\b\w+(?:\|\w+)+\b")
NAME: Final = re.compile(r"\b[A-Z][A-Z0-9_]+\b")
MOST_ELEMENTS: Final = 32
"""Elements of an array that we write out; strace does unless told -v."""


def parts(text: str) -> list[str]:
    """`text` at its outermost commas: arguments of a call, elements of an array, fields of a structure."""
    found = []
    depth, begin = 0, 0
    for place, character in _outside_strings(text):
        if character in "[{(":
            depth += 1
        elif character in "]})":
            depth -= 1
        elif character == "," and depth == 0:
            found.append(text[begin:place].strip())
            begin = place + 1
    rest = text[begin:].strip()
    return [*found, rest] if rest or found else []


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    place = 0
    while place < len(text):
        match = STRING.match(text, place) if text[place] == '"' else None
        if match:
            place = match.end()
            continue
        yield place, text[place]
        place += 1


def data(match: re.Match[str], most: int | None) -> str:
    """A string as its bytes in hex, the first `most` of them, with + when there were more."""
    found = bytearray()
    for octets, octal, letter, plain in ESCAPE.findall(match[1]):
        if plain or letter:
            found += (
                bytes([LETTERS[letter]]) if letter in LETTERS else (plain or letter).encode("latin-1", "replace")
            )
        else:
            found.append(int(octets, 16) if octets else int(octal, 8))
    more = bool(match[2]) or (most is not None and len(found) > most)
    return f"<{bytes(found[:most]).hex()}{'+' if more else ''}>"


def shortened(text: str, most: int) -> str:
    """`text` with the arrays in it cut to `most` elements and "..."."""
    result = []
    place = 0
    while place < len(text):
        if text[place] not in PAIRS:
            result.append(text[place])
            place += 1
            continue
        end = _closing(text, place)
        inside = parts(text[place + 1 : end])
        cut = text[place] == "[" and len([each for each in inside if not each.startswith("...")]) > most
        kept = [*inside[:most], "..."] if cut else inside
        result.append(text[place] + ", ".join(shortened(each, most) for each in kept) + PAIRS[text[place]])
        place = end + 1
    return "".join(result)


def _closing(text: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(text)):
        depth += (text[place] in "[{(") - (text[place] in "]})")
        if depth == 0:
            return place
    return len(text)


def plain(text: str, most: int | None, unknown: Mapping[str, int]) -> str:
    """A value without what is only style: strings as bytes, numbers in decimal, flags in order; names of `unknown`
    (which the other side has no name for) as their numbers."""
    text = STRING.sub(lambda match: data(match, most), text)
    text = FLAGS.sub(lambda match: _word(match[0], unknown), text)
    text = NAME.sub(lambda match: str(unknown.get(match[0], match[0])), text)
    text = HEXADECIMAL.sub(lambda match: str(int(match[0], 16)), text)
    return shortened(text, MOST_ELEMENTS if most is None else most)


def _word(flags: str, unknown: Mapping[str, int]) -> str:
    names, rest = [], 0
    for each in flags.split("|"):
        if each in unknown or each[0].isdigit():
            rest |= unknown[each] if each in unknown else int(each, 8 if re.fullmatch(r"0[0-7]+", each) else 0)
        else:
            names.append(each)
    return "|".join([*sorted(names), *([str(rest)] if rest else [])])
