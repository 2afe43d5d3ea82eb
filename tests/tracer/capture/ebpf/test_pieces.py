"""Memory finds the call it belongs to, whenever that comes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.capture.ebpf.layout import LARGE_DATA, SLOT_DATA, SLOT_HEAD
from tracer.capture.ebpf.pieces import Pieces
from tracer.wire import ITEM


def slots(*pieces: tuple[int, int, int, bytes], room: int = SLOT_DATA) -> np.ndarray:
    """Slots of (thread, call, order, bytes)."""
    found = []
    for tid, seq, order, data in pieces:
        head = np.zeros((), SLOT_HEAD)
        head["tid"], head["seq"], head["order"], head["length"] = tid, seq, order, len(data)
        head["address"] = 0x1000 + order
        found.append(head.tobytes() + data.ljust(room, b"\xee"))
    return np.frombuffer(b"".join(found), np.uint8).reshape(len(found), SLOT_HEAD.itemsize + room)


def asked(pieces: Pieces, *calls: tuple[int, int]) -> list[list[bytes]]:
    """The bytes of these calls' pieces."""
    tids, seqs = np.array(calls).T
    counts, items, memory = pieces.belonging(tids.astype(np.int32), seqs.astype(np.uint32))
    lengths = [length for _, _, _, length, _ in ITEM.iter_unpack(items)]
    assert sum(counts) == len(lengths)
    found: list[list[bytes]] = []
    at = 0
    for count in counts:
        found.append([])
        for _ in range(count):
            length = lengths.pop(0)
            found[-1].append(memory[at : at + length])
            at += length
    assert at == len(memory)
    return found


def test_pieces_of_a_call_come_in_the_order_they_were_read() -> None:
    """Whatever the order in the rings, and from either."""
    pieces = Pieces()
    pieces.add(slots((7, 1, 0, b"path"), (8, 5, 1, b"second"), (8, 5, 0, b"first")))
    pieces.add(slots((7, 1, 1, b"x" * 3000), room=LARGE_DATA))
    assert asked(pieces, (8, 5), (9, 9), (7, 1)) == [[b"first", b"second"], [], [b"path", b"x" * 3000]]
    assert len(pieces) == 0


def test_a_piece_waits_for_its_call() -> None:
    """And only for its own."""
    pieces = Pieces()
    pieces.add(slots((7, 1, 0, b"entry")))
    assert asked(pieces, (7, 2)) == [[]]
    pieces.add(slots((7, 1, 1, b"exit"), (7, 3, 0, b"next")))
    assert asked(pieces, (7, 1)) == [[b"entry", b"exit"]]
    assert len(pieces) == 1


def test_a_thread_renamed_by_exec_keeps_its_pieces() -> None:
    """It goes on as its leader."""
    pieces = Pieces()
    pieces.add(slots((12, 4, 0, b"/bin/true\0")))
    pieces.rename(12, 10)
    assert asked(pieces, (10, 4)) == [[b"/bin/true\0"]]


def test_nothing_is_kept_of_threads_that_ended() -> None:
    """Their records were lost."""
    pieces = Pieces()
    pieces.add(slots((12, 4, 0, b"a"), (13, 4, 0, b"b")))
    pieces.forget(np.array([12], np.int32))
    assert asked(pieces, (12, 4), (13, 4)) == [[], [b"b"]]


def test_a_length_beyond_the_slot_is_cut() -> None:
    """Whatever the kernel's memory says, no byte of a neighbour is taken."""
    pieces = Pieces()
    slot = slots((1, 1, 0, b"y" * SLOT_DATA)).copy()
    slot[0, 20:22] = 0xFF
    pieces.add(slot)
    assert asked(pieces, (1, 1)) == [[b"y" * SLOT_DATA]]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5), st.binary(max_size=SLOT_DATA)), max_size=40))
def test_no_piece_is_lost_or_doubled(given_pieces: list[tuple[int, int, bytes]]) -> None:
    """Against a dictionary."""
    pieces = Pieces()
    wanted: dict[tuple[int, int], list[bytes]] = {}
    for order, (tid, seq, data) in enumerate(given_pieces):
        wanted.setdefault((tid, seq), []).append(data)
        pieces.add(slots((tid, seq, order, data)))
    for key, each in wanted.items():
        assert asked(pieces, key) == [each]
    assert len(pieces) == 0
