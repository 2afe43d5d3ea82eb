"""Every measured case of `copy_vectors.json` done for real: the recorded call copied what the kernel copied."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from tests.live.captured import skip_beyond_bpf
from tests.live.seen_calls import Seen, as_expected, calls_seen, sums
from tests.live.vector_calls import CALLS, split

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "tracer" / "account" / "copy_vectors.json").read_text()
)
_SWITCHED_OFF = {errno.ENOSYS, errno.EPERM, errno.EACCES}
_OPTIONAL = ("io_uring_", "io_setup", "io_submit", "io_getevents", "process_vm_readv")
"""Calls that a machine or a container may forbid."""


def _key(vector: dict[str, Any]) -> str:
    repeated = vector["call"].startswith("rt_sigtimedwait") and vector["result"] == "-EAGAIN"
    return f"{vector['call']} -EAGAIN" if repeated else str(vector["call"])


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """All cases in one program, by vector."""
    return calls_seen(CALLS, tmp_path_factory.mktemp("vectors"))


def test_there_is_a_call_for_every_vector() -> None:
    assert {_key(vector) for vector in VECTORS} == set(CALLS)


@pytest.mark.parametrize("vector", VECTORS, ids=_key)
def test_a_real_call_copies_what_the_vector_says(vector: dict[str, Any], seen: dict[str, Seen]) -> None:
    skip_beyond_bpf(_key(vector))
    name, result, found, columns = seen[_key(vector)]
    assert name == split(CALLS[_key(vector)][1])[0]
    if name.startswith(_OPTIONAL) and -result in _SWITCHED_OFF | {errno.EBADF} and vector["result"] != "-EBADF":
        pytest.skip(f"{name} is switched off here: {errno.errorcode[-result]}")
    expected = vector["result"]
    if isinstance(expected, str) and expected.startswith("-"):
        assert errno.errorcode[-result] == expected[1:]
    else:
        assert result == expected if isinstance(expected, int) else result >= 0
    transfers = [(t["direction"], t["kind"], t["bytes"], t["zero_fill"]) for t in vector["transfers"]]
    assert sorted(map(as_expected, found.transfers)) == sorted(transfers)
    assert columns == sums(transfers)
    assert not found.unknown
