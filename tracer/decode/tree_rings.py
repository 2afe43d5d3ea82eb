"""What lies in the rings of io_uring: submissions and completions."""

from __future__ import annotations

from tracer.decode.look import ENTRY, EXIT, Look
from tracer.decode.ring_entries import completion_text, submission_text
from tracer.decode.tree_fields import structure_of, words_of
from tracer.decode.tree_node import (
    MOST_ENTRIES,
    Node,
    field_nodes,
    more,
)
from tracer.recording.captured import Piece, Row
from tracer.syscalls.layouts import X86_64
from tracer.syscalls.ring_entries import CQE, SQE
from tracer.wire import RING_COMPLETION, RING_SUBMISSION


def submissions(look: Look) -> tuple[Node, ...]:
    """What the call submitted to an io_uring."""
    return _ring_nodes(look.row, RING_SUBMISSION, (ENTRY,))


def ring_groups(row: Row) -> tuple[Node, ...]:
    """What came over an io_uring's rings without this call: completions, and submissions a kernel thread took."""
    groups = (
        Node("completions", "", "", _ring_nodes(row, RING_COMPLETION, (ENTRY, EXIT))),
        Node("taken without a call", "", "", _ring_nodes(row, RING_SUBMISSION, (EXIT,))),
    )
    return tuple(each for each in groups if each.children)


def _ring_nodes(row: Row, arg: int, whens: tuple[int, ...]) -> tuple[Node, ...]:
    kept = [piece for piece in row.pieces if piece.arg == arg and piece.when in whens]
    nodes = [_ring_node(f"[{place}]", arg, piece) for place, piece in enumerate(kept[:MOST_ENTRIES])]
    return (*nodes, *more(len(kept) - len(nodes)))


def _ring_node(name: str, arg: int, piece: Piece) -> Node:
    sqe, cqe = (structure_of(each, X86_64) for each in ("sqe", "cqe"))
    assert sqe is not None, "declared with the others"
    assert cqe is not None, "declared with the others"
    if piece.reason:
        return Node(name, "", "came and were overwritten unseen")
    data = piece.data
    if arg == RING_SUBMISSION:
        return Node(name, "struct io_uring_sqe", submission_text(data), field_nodes(sqe[1], data, words_of("sqe")))
    fields = field_nodes(cqe[1], data, {})
    if len(data) >= CQE + SQE:
        answers = field_nodes(sqe[1], data, words_of("sqe"), CQE)
        fields = (*fields, Node("answers", "struct io_uring_sqe", submission_text(data[CQE:]), answers))
    return Node(name, "struct io_uring_cqe", completion_text(data), fields)
