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
    found = pieces.belonging(tids.astype(np.int32), seqs.astype(np.uint32))
    lengths = [head[3] for head in ITEM.iter_unpack(found.items())]
    return lists(found.counts.tolist(), lengths, found.memory.tobytes())


def lists(counts: list[int], lengths: list[int], memory: bytes) -> list[list[bytes]]:
    """The bytes of each call's pieces."""
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


def test_pieces_whose_record_was_lost_do_not_pile_up() -> None:
    """A later call of their thread came; what belongs to other threads, and to calls to come, is kept."""
    pieces = Pieces()
    pieces.add(slots(*[(7, seq, 0, b"lost") for seq in range(1009)], (9, 3, 0, b"other"), (7, 2000, 0, b"later")))
    assert asked(pieces, (7, 1500)) == [[]]
    assert len(pieces) == 2
    assert asked(pieces, (9, 3), (7, 2000)) == [[b"other"], [b"later"]]


def test_more_is_asked_for_when_the_kernel_wrote_more() -> None:
    """The rest of the ring is looked at only when it is needed."""
    coming = [slots((7, 1, 0, b"a")), slots((7, 2, 0, b"b"), (7, 1, 1, b"c")), slots((7, 3, 0, b"d"))]

    def more() -> bool:
        if coming:
            pieces.add(coming.pop(0))
        return bool(coming)

    pieces = Pieces(more)
    found = pieces.belonging(np.array([7], np.int32), np.array([1], np.uint32), 2)
    assert (found.counts.tolist(), found.memory.tobytes()) == ([2], b"ac")
    assert len(coming) == 1


def test_calls_that_last_leave_their_pieces_where_they_are() -> None:
    """The row that comes when they return has them again, also after the rings were given back."""
    pieces, given_back = Pieces(), slots((7, 1, 0, b"entry")).copy()
    pieces.add(given_back)
    tids, seqs = np.array([7], np.int32), np.array([1], np.uint32)
    assert pieces.belonging(tids, seqs, keep=True).memory.tobytes() == b"entry"
    pieces.settle()
    given_back[:] = 0
    assert asked(pieces, (7, 1)) == [[b"entry"]]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2), st.sampled_from([0, 1, 23, 104, 144, 512, 513, 4096])), max_size=30))
def test_bytes_keep_their_order_whatever_their_length(given_pieces: list[tuple[int, int]]) -> None:
    """Short and long ones, out of both rings."""
    pieces = Pieces()
    wanted = []
    for number, (tid, length) in enumerate(given_pieces):
        data = bytes([number]) * length
        pieces.add(slots((tid, number, 0, data), room=LARGE_DATA if length > SLOT_DATA else SLOT_DATA))
        wanted.append([data])
    if given_pieces:
        assert asked(pieces, *[(tid, number) for number, (tid, _) in enumerate(given_pieces)]) == wanted
