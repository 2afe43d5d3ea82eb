"""Return addresses out of what capture kept of a stack: the chain of frame pointers, and the stack's first bytes.

The chain alone misses every function that has no frame pointer: on most distributions the C library's wrappers, and
with them *their callers* (the wrapper leaves rbp alone, so the chain begins with who called the caller). What is
certain, and done first: the files' own rules (.eh_frame) say for every function where its return address lies, as
far as the kept bytes reach. As soon as a function's frame is where the frame pointer says, the chain goes on from
there. What is a guess: where a file has no rules (Go's runtime, say), the word on top of the stack counts
as return address when it points behind a call instruction in a file's code and the chain does not have it already;
a leaf function has it there. `Walked.guessed` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import iter_unpack
from typing import Final, NamedTuple

from tracer.symbols.unwind_rules import RBP, Rule

MOST: Final = 127
GAP: Final = 0
"""In place of an address: here one or more callers are missing."""
_WORD: Final = 8
_BY_FRAME_POINTER: Final = Rule(RBP, 2 * _WORD, -2 * _WORD, False)
"""Of a function that no file has rules for: generated code keeps a frame pointer, or cannot be followed."""


class Kept(NamedTuple):
    """What capture kept of one stack."""

    chain: tuple[int, ...]
    """The instruction pointer, then what the frame pointers lead to."""
    frame: int = 0
    """The frame pointer register."""
    stack: int = 0
    """The stack pointer."""
    memory: bytes = b""
    """From there on."""


class Walked(NamedTuple):
    """A stack."""

    addresses: tuple[int, ...]
    """Innermost first: where the thread was, and where each caller goes on."""
    whole: bool = False
    """It ends where the thread began; if not, callers are missing."""
    guessed: bool = False
    """The second address is the likely one, not a certain one."""


def kept_of(chain: bytes, frame: int, stack: int = 0, memory: bytes = b"") -> Kept:
    """The pieces of a row (`tracer.wire.USER_STACK`, `STACK_MEMORY`)."""
    return Kept(tuple([each for (each,) in iter_unpack("<Q", chain[: len(chain) & ~7])]), frame, stack, memory)


def walk(
    kept: Kept, rule_at: Callable[[int], Rule | None], follows_call: Callable[[int], bool] = lambda _address: False
) -> Walked:
    """All addresses that can be known. `rule_at` is asked for the rule at an address in the process, `follows_call`
    whether a call instruction lies before one."""
    if not kept.chain:
        return Walked(())
    found = [kept.chain[0]]
    stack, frame = kept.stack, kept.frame
    links: int | None = 0
    """How many links of the chain are behind us; None: the register left the chain."""
    while len(found) < MOST:
        rule = rule_at(found[-1] - (len(found) > 1))  # a call may be the last instruction of its function
        if rule is None and len(found) > 1 and frame >= stack and not frame % _WORD:
            rule = _BY_FRAME_POINTER
        if rule is None:
            break
        if rule.outermost:
            return Walked(tuple(found), whole=True)
        end = (frame if rule.register == RBP else stack) + rule.distance
        back = _word(kept, end - _WORD)
        if back is None:
            if rule.register == RBP and links is not None and rule.distance == 2 * _WORD:
                return _joined(found, kept.chain[1 + links :])
            rest = kept.chain[1 + links :] if links is not None else ()
            return _joined([*found, GAP], rest) if rest and follows_call(rest[0]) else Walked(tuple(found))
        if not back:
            return Walked(tuple(found), whole=True)
        found.append(back)
        if rule.saved is not None:
            saved = _word(kept, end + rule.saved)
            links = links + 1 if links is not None and end + rule.saved == frame else None
            if saved is None:
                return Walked(tuple(found))
            frame = saved
        stack = end
    else:
        return Walked(tuple(found))
    if len(found) == 1:
        return _by_chain(kept, follows_call)
    return _joined(found, kept.chain[1 + links :] if links is not None else ())


def _by_chain(kept: Kept, follows_call: Callable[[int], bool]) -> Walked:
    top = _word(kept, kept.stack)
    rest = kept.chain[1:]
    if top and top not in rest[:1] and follows_call(top):
        return Walked((kept.chain[0], top, *rest)[:MOST], guessed=True)
    return Walked(kept.chain[:MOST])


def _joined(found: list[int], rest: tuple[int, ...]) -> Walked:
    return Walked((*found, *rest)[:MOST])


def _word(kept: Kept, address: int) -> int | None:
    at = address - kept.stack
    if not 0 <= at <= len(kept.memory) - _WORD:
        return None
    return int.from_bytes(kept.memory[at : at + _WORD], "little")
