"""Plan steps for memory that is reached through other memory, by the shape of the copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.capture.memory import Reader
from tracer.capture.plan_expression import compile_expression
from tracer.capture.plan_messages import messages
from tracer.capture.plan_pointers import iocbs, strings
from tracer.capture.plan_segments import Step, cmsgs, segments
from tracer.syscalls.expression import NEVER
from tracer.syscalls.model import (
    CMSGS,
    FDSIZE,
    GIVEN_CMSGS,
    IMAGE,
    IOCBS,
    LENGTHS,
    LINK,
    RECEIVED,
    SEGMENTS,
    SENT,
    STRINGS,
    Copy,
)


def _image(_copy: Copy, _limit: int, _redact: bool) -> Step:
    return lambda reader, _args, _result: reader.take_auxv()


def _fdsize(copy: Copy, _limit: int, _redact: bool) -> Step:
    nfds = compile_expression(copy.entries)

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        wanted = nfds(reader, args, result)
        if wanted > 64:
            reader.take_fdsize(wanted)

    return step


def _link(copy: Copy, _limit: int, _redact: bool) -> Step:
    fd, addressed = compile_expression(copy.size), copy.entries != NEVER
    return lambda reader, args, result: reader.take_link(fd(reader, args, result), addressed)


NESTED: Final[dict[str, Callable[[Copy, int, bool], Step]]] = {
    SEGMENTS: segments,
    CMSGS: cmsgs,
    GIVEN_CMSGS: cmsgs,
    SENT: messages,
    RECEIVED: messages,
    STRINGS: strings,
    LENGTHS: strings,
    IMAGE: _image,
    FDSIZE: _fdsize,
    LINK: _link,
    IOCBS: iocbs,
}
"""Shape of a copy to the maker of its step: (copy, payload bytes to keep, redact) -> step."""
