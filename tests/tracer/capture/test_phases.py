"""Which phases are open is told from the marks alone, as readers tell it (`tracer.analyze.phases`)."""

import pytest

from tracer.capture.phases import OpenPhases


@pytest.mark.parametrize(
    ("labels", "still"),
    [
        ([b"begin a"], [b"a"]),
        ([b"begin a", b"begin b", b"end a"], [b"b"]),
        ([b"begin a", b"begin a", b"end a"], [b"a"]),
        ([b"begin  two words "], [b"two words"]),
        ([b"begin a", b"end b", b"moment", b"end", b"begin", b"begin "], [b"a"]),
        ([b"begin a", b"end a", b"end a"], []),
    ],
)
def test_what_is_open_after_marks(labels: list[bytes], still: list[bytes]) -> None:
    phases = OpenPhases()
    for label in labels:
        phases.marked(label)
    assert phases == still
