"""The reader of a ring buffer: order, items in the making, discarded ones, wrapping around."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.capture.ebpf.rings import BUSY, CAPACITY, DISCARDED, FakeRing

SIZE = 24


def taken(ring: FakeRing) -> list[bytes]:
    """What the reader finds now."""
    items = [bytes(item) for item in ring.ring.look()]
    ring.ring.give_back()
    return items


def test_items_come_in_order_and_their_room_is_given_back() -> None:
    """Twice; the second time there is nothing."""
    fake = FakeRing(SIZE)
    items = [bytes([number]) * SIZE for number in range(5)]
    assert all(fake.put(item) for item in items)
    assert fake.ring.used() == 5 * 32 / CAPACITY
    assert taken(fake) == items
    assert fake.consumed == 5 * 32
    assert taken(fake) == []
    assert fake.ring.used() == 0


def test_what_is_still_written_waits_and_holds_up_what_is_behind() -> None:
    """Else an item that was never finished would be read."""
    fake = FakeRing(SIZE)
    fake.put(b"a" * SIZE)
    fake.put(b"b" * SIZE, BUSY)
    fake.put(b"c" * SIZE)
    assert taken(fake) == [b"a" * SIZE]
    fake.finish(1, SIZE)
    assert taken(fake) == [b"b" * SIZE, b"c" * SIZE]


def test_discarded_items_are_passed_over() -> None:
    """Their room is given back."""
    fake = FakeRing(SIZE)
    fake.put(b"a" * SIZE)
    fake.put(b"b" * SIZE, DISCARDED)
    fake.put(b"c" * SIZE)
    assert taken(fake) == [b"a" * SIZE, b"c" * SIZE]
    assert fake.consumed == 3 * 32


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=30), st.integers(1, 40))
def test_every_item_is_seen_once_in_order(bursts: list[tuple[int, bool]], size: int) -> None:
    """Whatever the bursts, and however often it wraps around; a full ring refuses, it never overwrites."""
    fake = FakeRing(size)
    number, wanted, found = 0, [], []
    for burst, read in bursts:
        for _ in range(burst):
            item = number.to_bytes(4, "little").ljust(size, b"\1")[:size]
            if fake.put(item):
                wanted.append(item)
            number += 1
        if read:
            found += taken(fake)
    assert found + taken(fake) == wanted
