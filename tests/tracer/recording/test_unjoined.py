"""A message in pieces is the message."""

from __future__ import annotations

from tests.tracer.recording.test_reader import some
from tracer.recording.unjoined import Unjoined


def test_it_is_what_arrow_writes() -> None:
    """Batches, parts of batches, and empty ones, in any order."""
    made = Unjoined()
    long = some(0, 10_007)
    for batch in (some(0, 101), long, some(0, 0), long.slice(23, 5003), some(3, 7), long):
        assert b"".join(made.message(batch)) == batch.serialize().to_pybytes()


def test_what_lies_in_the_batch_is_not_copied() -> None:
    """Only the head of the message is new."""
    batch = some(0, 10_007)
    parts = Unjoined().message(batch)
    addresses = {part.obj.address for part in parts if hasattr(part.obj, "address")}
    assert batch.column("at_ns").buffers()[1].address in addresses
