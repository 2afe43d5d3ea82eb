"""Places one jumped from."""

from __future__ import annotations

from tui.history import History, Place

A, B, C, D = (Place(line, "") for line in range(4))


def test_back_and_forward_again() -> None:
    """From A to B to C, and the same way back."""
    history = History()
    history.leave(A)
    history.leave(B)
    assert history.back(C) == B
    assert history.back(B) == A
    assert history.back(A) is None
    assert history.forward(A) == B
    assert history.forward(B) == C
    assert history.forward(C) is None


def test_a_new_jump_forgets_what_was_ahead() -> None:
    """As in a browser."""
    history = History()
    history.leave(A)
    assert history.back(B) == A
    history.leave(C)
    assert history.forward(D) is None
    assert history.back(D) == C


def test_a_jump_to_where_one_is_is_none() -> None:
    """Back must move."""
    history = History()
    history.leave(A)
    history.leave(A)
    history.leave(B)
    assert history.back(B) == A
