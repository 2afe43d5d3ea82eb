"""Which phases a program has marked and not ended yet: what a snapshot tells a file that begins in between."""

from __future__ import annotations


class OpenPhases(list[bytes]):
    """Names of the marked phases that are open, the oldest first."""

    def marked(self, label: bytes) -> None:
        """The program marked the beginning or the end of a phase, or a moment (`tracer.analyze.phases`)."""
        word, _, name = label.partition(b" ")
        name = name.strip()
        if word == b"begin" and name:
            self.append(name)
        elif word == b"end" and name in self:
            self.remove(name)
