"""The header survives its trip through JSON, and a damaged one is told from a good one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.recording.wires import HELLO
from tracer.recording.header import Header, header_of_hello

words = st.text(max_size=20)
headers = st.builds(
    Header,
    command=st.lists(words, max_size=4).map(tuple),
    model=words,
    machine=words,
    kernel=words,
    options=st.dictionaries(words, st.integers() | words | st.booleans(), max_size=3),
    began_ns=st.integers(0, 2**63),
    source=words,
    calibration=st.fixed_dictionaries({"shared": st.dictionaries(words, st.floats(0, 1e9), max_size=3)}),
    pid=st.integers(0, 2**22),
)


@given(headers)
def test_a_header_reads_back_as_it_was(header: Header) -> None:
    assert Header.from_json(header.to_json()) == header


def test_entries_of_later_versions_are_ignored() -> None:
    document = json.loads(Header(pid=7).to_json()) | {"weather": "fine"}
    assert Header.from_json(json.dumps(document).encode()) == Header(pid=7)


@pytest.mark.parametrize(
    "broken",
    [
        b"", b"[]", b"{", b'{"format": "one"}', b'{"command": "dd"}', b'{"pid": null}', b'{"source": 3}',
        b'{"calibration": []}', b'{"calibration": {"shared": {"run_ns": "x"}}}', b'{"options": 1}',
    ],
)  # fmt: skip
def test_a_damaged_header_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Header.from_json(broken)


def test_hello_tells_program_source_and_calibration() -> None:
    header = header_of_hello(HELLO["hello"], ("nonblocking",), {"pin": "all"}, "nonblocking")
    assert (header.pid, header.capture_pid, header.source, header.began_ns) == (4003, 4001, "schedstat", 17)
    assert (header.command, header.model, header.options) == (("nonblocking",), "nonblocking", {"pin": "all"})
    assert header.calibration == HELLO["hello"]["calibration"]
    assert header.began_unix_ns > 0
