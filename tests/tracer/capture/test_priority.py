"""When a reader runs before everybody."""

from __future__ import annotations

from tracer.capture.priority import Urgency


def test_it_is_urgent_for_a_while_after_it_was_late() -> None:
    """And told once when it begins, once when it ends."""
    now, taken = [100.0], []
    urgency = Urgency(lambda: now[0], lambda *, wanted: taken.append((now[0], wanted)))
    for late in (False, True, False, True, False, False, False):
        urgency.told(late=late)
        now[0] += 2
    assert taken == [(102.0, True), (112.0, False)]
