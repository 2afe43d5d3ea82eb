"""Frames on the wire: whole, in order, and as the format says."""

from __future__ import annotations

import json
import os
import threading

import pytest

from tracer.capture.outbox import Outbox
from tracer.wire import (
    FRAME,
    FRAME_COLUMNS,
    FRAME_EVENTS,
    FRAME_JSON,
    ITEM,
    NO_ARG,
    RECORD,
    Kind,
    padding,
    sections,
)


def read_all(descriptor: int) -> bytes:
    with open(descriptor, "rb") as pipe:
        return pipe.read()


def test_a_frame_holds_records_then_items_then_memory() -> None:
    """Three contiguous sections, and the counts in front of them."""
    reader, writer = os.pipe()
    box = Outbox(writer)
    box.event(Kind.MARK, 17, 5, 7, texts=(b"begin measure",))
    box.event(Kind.EXIT, 19, 5, 7, result=-3, user=(11, 13, 17, 19, 23), span_ns=29)
    box.flush()
    box.flush()
    os.close(writer)
    data = read_all(reader)
    assert FRAME.unpack_from(data) == (FRAME_EVENTS, 2, 1, len(b"begin measure"))
    mark, ended = RECORD.iter_unpack(data[FRAME.size : FRAME.size + 2 * RECORD.size])
    assert mark[:1] + mark[6:10] == (Kind.MARK, 5, 7, 1, 17)
    assert ended[10] == 29
    assert ended[17] == -3
    assert ended[21:24] == (11, 13, 17)
    assert ended[25:29] == (0, 19, 0, 23)
    rest = data[FRAME.size + 2 * RECORD.size :]
    assert ITEM.unpack_from(rest) == (NO_ARG, 0, 0, 13, 0)
    assert rest[ITEM.size :] == b"begin measure"


def test_a_document_comes_after_what_was_collected_before_it() -> None:
    """JSON frames do not overtake events."""
    reader, writer = os.pipe()
    box = Outbox(writer)
    box.event(Kind.LOST, 1, 0, 0, args=(3,))
    box.document({"end": {"status": 0}})
    os.close(writer)
    data = read_all(reader)
    document = data[FRAME.size + RECORD.size :]
    assert FRAME.unpack_from(document)[0] == FRAME_JSON
    assert json.loads(document[FRAME.size :]) == {"end": {"status": 0}}


def test_a_full_pipe_holds_the_writer_and_loses_nothing() -> None:
    """More than a pipe takes at once arrives whole."""
    reader, writer = os.pipe()
    box = Outbox(writer)
    for number in range(1009):
        box.event(Kind.MARK, number, 1, 1, texts=(b"x" * 997,))
    received: list[bytes] = []
    thread = threading.Thread(target=lambda: received.append(read_all(reader)))
    thread.start()
    box.flush()
    os.close(writer)
    thread.join(timeout=30)
    assert len(received[0]) == FRAME.size + 1009 * (RECORD.size + ITEM.size + 997)


def test_a_recorder_that_is_gone_is_an_error_once_and_then_silence() -> None:
    """BrokenPipeError tells the loop; after `discard` events go nowhere without complaint."""
    reader, writer = os.pipe()
    os.close(reader)
    box = Outbox(writer)
    box.event(Kind.LOST, 1, 0, 0)
    with pytest.raises(BrokenPipeError):
        box.flush()
    box.discard()
    box.flush()
    os.close(writer)


def test_columns_come_behind_what_was_collected_and_lie_as_the_format_says() -> None:
    """Each section begins at a multiple of 64 bytes behind the header."""
    reader, writer = os.pipe()
    box = Outbox(writer)
    box.event(Kind.LOST, 1, 0, 0, args=(3,))
    content = {name: bytes([number]) * length for number, (name, length) in enumerate(sections(3, 2, 7))}
    box.columns(3, 2, {name: memoryview(each) for name, each in content.items()})
    os.close(writer)
    data = read_all(reader)[FRAME.size + RECORD.size :]
    assert FRAME.unpack_from(data) == (FRAME_COLUMNS, 3, 2, 7)
    body = data[FRAME.size :]
    for name, length in sections(3, 2, 7):
        assert body[:length] == content[name]
        body = body[length + padding(length) :]
        assert (len(data) - FRAME.size - len(body)) % 64 == 0
    assert body == b""
