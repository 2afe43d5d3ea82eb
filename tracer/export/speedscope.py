"""Where time goes in the file format of speedscope (https://www.speedscope.app/file-format-schema.json).

A sampled profile a thread, weights in ns: every stack is there once, with all the time spent in it, as in the
folded stacks (`tracer.export.folded`). In its order of time is `perfetto`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from tracer.export.folded import frames, thread_names
from tracer.export.time_sums import spent
from tracer.recording.reader import Recording

SCHEMA: Final = "https://www.speedscope.app/file-format-schema.json"


def chunks(recording: Recording) -> Iterator[bytes]:
    """The file, piece by piece; a profile is one piece."""
    found = spent(recording)
    names, shared = thread_names(found), _Frames()
    name = json.dumps(" ".join(recording.header.command) or "iotrace")
    about = f'"$schema":"{SCHEMA}","exporter":"iotrace","name":{name},"activeProfileIndex":0'
    yield f'{{{about},"profiles":[\n'.encode()
    comma = ""
    for thread, stretches in groupby(found.stretches, key=lambda each: each.thread):
        process, own = names[thread]
        each = list(stretches)
        profile: dict[str, Any] = {
            "type": "sampled",
            "name": own if own == process else f"{process} / {own}",
            "unit": "nanoseconds",
            "startValue": 0,
            "endValue": sum(stretch.ns for stretch in each),
            "samples": [shared.places([process, own, *frames(stretch)]) for stretch in each],
            "weights": [stretch.ns for stretch in each],
        }
        yield f"{comma}{json.dumps(profile)}".encode()
        comma = ",\n"
    yield f'\n],"shared":{{"frames":{json.dumps([{"name": name} for name in shared.names])}}}}}\n'.encode()


class _Frames:
    """The frames of all profiles, each name once."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._places: dict[str, int] = {}

    def places(self, names: list[str]) -> list[int]:
        """Where the frames of a stack are."""
        return [self._place(name) for name in names]

    def _place(self, name: str) -> int:
        place = self._places.setdefault(name, len(self.names))
        if place == len(self.names):
            self.names.append(name)
        return place
