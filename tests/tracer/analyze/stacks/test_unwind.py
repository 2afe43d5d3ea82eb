"""Stacks laid out by hand: which return addresses are found, and which are not made up."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from tracer.analyze.stacks.naming import is_call
from tracer.analyze.stacks.unwind import GAP, Kept, kept_of, walk
from tracer.symbols.unwind_rules import RBP, RSP, Rule

SP = 0x7FFC_0000_1000
WRAPPER, CALLER, MIDDLE, MAIN, START = 0x1000, 0x2000, 0x3000, 0x4000, 0x5000
LEAF = Rule(RSP, 8, None, False)
FRAMED = Rule(RBP, 16, -16, False)
ROOT = Rule(RSP, 0, None, True)


def rules(**of: Rule | None) -> Callable[[int], Rule | None]:
    """By function: those that begin at WRAPPER and so on; others have none."""
    places = {"wrapper": WRAPPER, "caller": CALLER, "middle": MIDDLE, "main": MAIN, "start": START}
    by_place = {places[name]: rule for name, rule in of.items()}
    return lambda address: by_place.get(address & ~0xFFF)


def words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}Q", *values)


def test_the_caller_of_a_wrapper_without_frame_pointer_is_found_by_the_rules() -> None:
    """The chain begins with who called the caller; the rest of it is taken where the kept bytes end."""
    kept = Kept((WRAPPER, MIDDLE + 9, MAIN + 9), SP + 0x200, SP, words(CALLER + 9, 1, 2))
    walked = walk(kept, rules(wrapper=LEAF, caller=FRAMED, middle=FRAMED, main=FRAMED))
    assert walked.addresses == (WRAPPER, CALLER + 9, MIDDLE + 9, MAIN + 9)
    assert not walked.guessed


def test_without_any_frame_pointer_the_rules_lead_to_the_beginning() -> None:
    big = Rule(RSP, 32, -16, False)
    memory = words(CALLER + 9, 7, 7, 0xDEAD, MIDDLE + 9, START + 9)
    walked = walk(Kept((WRAPPER,), 0xDEAD, SP, memory), rules(wrapper=LEAF, caller=big, middle=LEAF, start=ROOT))
    assert walked.addresses == (WRAPPER, CALLER + 9, MIDDLE + 9, START + 9)
    assert walked.whole


def test_where_a_caller_cannot_be_known_a_gap_is_left() -> None:
    """A function without a frame pointer whose return address was not kept."""
    kept = Kept((WRAPPER, MIDDLE + 9), SP + 0x800, SP, words(CALLER + 9))
    found = rules(wrapper=LEAF, caller=Rule(RSP, 256, None, False))
    assert walk(kept, found, lambda _address: True).addresses == (WRAPPER, CALLER + 9, GAP, MIDDLE + 9)
    assert walk(kept, found, lambda _address: False).addresses == (WRAPPER, CALLER + 9)


def test_a_register_that_is_no_frame_pointer_ends_the_walk() -> None:
    """Restored from elsewhere than the chain: what the chain says next belongs to nobody."""
    kept = Kept((WRAPPER, MAIN + 9), SP + 0x400, SP, words(0xBAD0, CALLER + 9))
    walked = walk(kept, rules(wrapper=Rule(RSP, 16, -16, False), caller=Rule(RSP, 64, None, False)))
    assert walked.addresses == (WRAPPER, CALLER + 9)


def test_without_rules_the_top_of_the_stack_is_a_guess() -> None:
    kept = Kept((WRAPPER, MIDDLE + 9), SP + 0x200, SP, words(CALLER + 9))
    likely = walk(kept, rules(), lambda address: address == CALLER + 9)
    assert (likely.addresses, likely.guessed) == ((WRAPPER, CALLER + 9, MIDDLE + 9), True)
    assert walk(kept, rules()).addresses == kept.chain
    same = Kept((WRAPPER, CALLER + 9), SP + 0x200, SP, words(CALLER + 9))
    assert not walk(same, rules(), lambda _address: True).guessed


@pytest.mark.parametrize("memory", [b"", words(CALLER + 9)[:5], bytes(64)])
def test_nothing_kept_nothing_found(memory: bytes) -> None:
    walked = walk(Kept((WRAPPER,), 0, SP, memory), rules(wrapper=LEAF))
    assert walked.addresses == (WRAPPER,)


def test_a_loop_of_frames_ends() -> None:
    kept = Kept((WRAPPER,), SP, SP, words(SP, WRAPPER + 1))
    assert len(walk(kept, rules(wrapper=FRAMED)).addresses) <= 127


def test_pieces_are_words() -> None:
    assert kept_of(words(1, 2) + b"cut", 3).chain == (1, 2)
    assert walk(kept_of(b"", 0), rules()).addresses == ()


@pytest.mark.parametrize(
    ("before", "call"),
    [("9090e810000000", True), ("9090909090ffd0", True), ("90909090ff5010", True), ("90ff9012345678", True),
     ("9090909090ffe0", False), ("90909090909090", False), ("e8", False)],
)  # fmt: skip
def test_call_instructions(before: str, call: bool) -> None:
    assert is_call(bytes.fromhex(before)) is call
