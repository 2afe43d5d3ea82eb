"""What being stopped by the tracer costs the traced thread itself, as constants with their spread.

The capture process measures them (see `tracer.capture.subject`): it traces a child of its own that calls
`getppid` some hundred times, takes the median of every raw clock, and subtracts what the same calls cost the
child untraced. One set for each placement, because a hand-over between two CPUs costs many times one on the
same CPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tracer.wire import Placement


@dataclass(frozen=True, slots=True)
class Constants:
    """Costs in ns of one resume of the thread by the tracer, in one placement."""

    run_ns: float = 0.0
    """On-CPU time inside a call that is the tracer's doing."""
    delay_ns: float = 0.0
    """Run-queue wait inside a call while the tracer lets go of the CPU."""
    wall_ns: float = 0.0
    """Wall time inside a call that is neither running nor waiting for a CPU: the hand-over itself."""
    user_run_ns: float = 0.0
    user_delay_ns: float = 0.0
    user_wall_ns: float = 0.0
    run_spread_ns: float = 0.0
    """Half the interquartile range of the measured run_ns of a single call."""
    user_run_spread_ns: float = 0.0
    wall_spread_ns: float = 0.0
    samples: int = 0
    """Calls measured; 0 = not measured, all constants are 0 and times are raw."""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Constants:
        """Read what `tracer.capture.subject` measured; unknown keys are ignored, missing ones are 0."""
        return cls(**{f.name: document[f.name] for f in fields(cls) if f.name in document})


@dataclass(frozen=True, slots=True)
class Calibration:
    """The constants of both placements."""

    shared: Constants = field(default_factory=Constants)
    apart: Constants = field(default_factory=Constants)

    def of(self, placement: Placement) -> Constants:
        """The constants that apply to rows recorded in `placement`."""
        return self.shared if placement is Placement.SHARED else self.apart

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Calibration:
        """Read the `calibration` entry of a recording's header, or of a CALIBRATION row."""
        return cls(
            shared=Constants.from_json(document.get("shared", {})),
            apart=Constants.from_json(document.get("apart", {})),
        )
