"""Structures that hypothesis writes read back from their text as they were written."""

from __future__ import annotations

import ipaddress
import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.rows import ENTRY, EXIT, batch, piece, row
from tracer.decode.call import call_text
from tracer.decode.fields import LAYOUTS, fields
from tracer.decode.look import Look
from tracer.decode.readiness import members
from tracer.recording.captured import captured
from tracer.syscalls.arguments import struct_in
from tracer.syscalls.model import call

BUF = 0x7F0000001000
RANGES = {
    "q": (-(1 << 63), (1 << 63) - 1), "Q": (0, (1 << 64) - 1), "i": (-(1 << 31), (1 << 31) - 1),
    "I": (0, (1 << 32) - 1), "x": (0, (1 << 32) - 1), "X": (0, (1 << 64) - 1),
}  # fmt: skip
INTS = st.integers(-(1 << 31), (1 << 31) - 1)
LONGS = st.integers(-(1 << 63), (1 << 63) - 1)


@pytest.mark.parametrize("name", LAYOUTS)
@given(data=st.data())
def test_fields(name: str, data: st.DataObject) -> None:
    parts = [each.partition(":") for each in LAYOUTS[name].split()]
    values = {field: data.draw(st.integers(*RANGES[code])) for code, _, field in parts if code != "-"}
    layout = "<" + "".join({"-": "x", "x": "I", "X": "Q"}.get(code, code) for code, _, _ in parts)
    packed = struct.pack(layout, *values.values())
    declared = call("made", struct_in("it", f"struct:{name}", len(packed)))
    made = batch([row("getpid", BUF, memory=[piece(0, ENTRY, BUF, packed)])])
    text = fields(name)(Look(captured(made).row(0), declared, 0))
    assert {key: int(value, 0) for key, value in re.findall(r"([\w.]+)=(-?\w+)", text)} == values


def text_of(name: str, *args: int, arg: int, data: bytes, when: int = ENTRY, result: int = 0) -> str:
    made = row(name, *args, result=result, memory=[piece(arg, when, args[arg], data)])
    return call_text(batch([made]), 0).args[arg]


@given(LONGS, LONGS)
def test_timespec(seconds: int, part: int) -> None:
    text = text_of("nanosleep", BUF, 0, arg=0, data=struct.pack("<qq", seconds, part))
    assert [int(each) for each in re.findall(r"=(-?\d+)", text)] == [seconds, part]


@given(st.ip_addresses(v=4), st.integers(0, 65535))
def test_internet_address(host: ipaddress.IPv4Address, port: int) -> None:
    data = struct.pack("<H", 2) + struct.pack(">H", port) + host.packed + bytes(8)
    text = text_of("connect", 3, BUF, 16, arg=1, data=data)
    assert text == f'{{sa_family=AF_INET, sin_port=htons({port}), sin_addr=inet_addr("{host}")}}'


@given(st.sets(st.integers(0, 1023)), st.integers(0, 1024))
def test_fd_set(fds: set[int], nfds: int) -> None:
    data = sum(1 << fd for fd in fds).to_bytes(128, "little")
    assert members(data, nfds) == sorted(fd for fd in fds if fd < nfds)


@given(st.lists(st.tuples(INTS, st.sampled_from([1, 2, 4])), min_size=1, max_size=20))
def test_pollfds(asked: list[tuple[int, int]]) -> None:
    data = b"".join(struct.pack("<ihh", fd, events, 0) for fd, events in asked)
    names = {1: "POLLIN", 2: "POLLPRI", 4: "POLLOUT"}
    text = text_of("poll", BUF, len(asked), 0, arg=0, data=data)
    shown = (f"{{fd={fd}, events={names[events]}}}" if fd >= 0 else f"{{fd={fd}}}" for fd, events in asked)
    assert text == "[" + ", ".join(shown) + "]"


def _hexadecimal(escape: re.Match[str]) -> str:
    """An octal escape as Python reads it; any other, a backslash itself above all, as it is."""
    return f"\\x{int(escape[1], 8):02x}" if escape[1] else escape[0]


@given(st.binary(max_size=64))
def test_bytes(data: bytes) -> None:
    text = text_of("write", 1, BUF, len(data), arg=1, data=data, result=len(data))
    assert text.startswith('"')
    assert text.endswith('"')
    octal = re.sub(r"\\(?:([0-7]{1,3})|.)", _hexadecimal, text[1:-1])
    assert octal.encode("latin-1").decode("unicode_escape").encode("latin-1") == data


@given(st.lists(st.tuples(st.sampled_from([1, 4]), st.integers(0, (1 << 64) - 1)), min_size=1, max_size=9))
def test_epoll_events_lead_back_to_descriptors(events: list[tuple[int, int]]) -> None:
    packed = b"".join(struct.pack("<IQ", *each) for each in events)
    made = row("epoll_wait", 4, BUF, 9, -1, result=len(events), memory=[piece(1, EXIT, BUF, packed)])
    text = call_text(batch([made]), 0, lambda epfd, data: 1000 + epfd if data > 1004 else None).args[1]
    assert [int(each, 16) for each in re.findall(r"data=(0x[0-9a-f]+)", text)] == [data for _, data in events]
    assert text.count("(fd 1004)") == sum(data > 1004 for _, data in events)
