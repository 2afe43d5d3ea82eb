"""Where time goes in the file format of speedscope (https://www.speedscope.app/file-format-schema.json).

A sampled profile a thread, weights in ns: every stack is there once, with all the time spent in it, as in the
folded stacks (`tracer.export.folded`), by user stack as well. In its order of time is `perfetto`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from tracer.export.folded import frames, in_kernel, thread_names
from tracer.export.stack_sums import StackSums
from tracer.export.time_sums import spent
from tracer.recording.reader import Recording

SCHEMA: Final = "https://www.speedscope.app/file-format-schema.json"


def chunks(recording: Recording) -> Iterator[bytes]:
    """The file, piece by piece; a profile is one piece."""
    found = spent(recording)
    names, shared = thread_names(found.threads), _Frames()
    name = json.dumps(" ".join(recording.header.command) or "iotrace")
    about = f'"$schema":"{SCHEMA}","exporter":"iotrace","name":{name},"activeProfileIndex":0'
    yield f'{{{about},"profiles":[\n'.encode()
    comma = ""
    for thread, stretches in groupby(found.stretches, key=lambda each: each.thread):
        process, own = names[thread]
        each = list(stretches)
        samples = [shared.places([process, own, *frames(stretch)]) for stretch in each]
        profile = _profile(process, own, samples, [stretch.ns for stretch in each], "nanoseconds")
        yield f"{comma}{json.dumps(profile)}".encode()
        comma = ",\n"
    yield _end(shared)


def stack_chunks(found: StackSums, name: str, unit: str) -> Iterator[bytes]:
    """The same of sums by user stack; `unit` of their amounts: nanoseconds or none."""
    names, shared = thread_names(found.threads), _Frames()
    about = f'"$schema":"{SCHEMA}","exporter":"iotrace","name":{json.dumps(name)},"activeProfileIndex":0'
    yield f'{{{about},"profiles":[\n'.encode()
    comma = ""
    for thread, sums in groupby(found.sums, key=lambda each: each.thread):
        process, own = names[thread]
        each = list(sums)
        samples = [shared.places([process, own, *one.frames, in_kernel(one.call)]) for one in each]
        profile = _profile(process, own, samples, [one.amount for one in each], unit)
        yield f"{comma}{json.dumps(profile)}".encode()
        comma = ",\n"
    yield _end(shared)


def _profile(process: str, own: str, samples: list[list[int]], weights: list[int], unit: str) -> dict[str, Any]:
    return {
        "type": "sampled",
        "name": own if own == process else f"{process} / {own}",
        "unit": unit,
        "startValue": 0,
        "endValue": sum(weights),
        "samples": samples,
        "weights": weights,
    }


def _end(shared: _Frames) -> bytes:
    return f'\n],"shared":{{"frames":{json.dumps([{"name": name} for name in shared.names])}}}}}\n'.encode()


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
