"""The maps that only the programs of --summary have: what they count into, and what they are told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf import bpf
from tracer.capture.ebpf import summary_layout as layout
from tracer.capture.ebpf.meanings import table
from tracer.capture.ebpf.top_layout import CALLS

NAMES: Final = ("sums", "blank", "eras", "settings", "samples", "meanings")


@dataclass(frozen=True, slots=True)
class SummaryMaps:
    """Descriptors by the names they have in the programs."""

    named: Mapping[str, int]

    def tell_cost(self, kernel_ns: int) -> None:
        """What counting adds to the kernel time of each call: histograms are without it from now on."""
        bpf.update(self.named["settings"], _index(layout.SETTINGS.index("kernel_cost")), _number(kernel_ns))

    def era(self) -> int:
        """How many marks there were."""
        value = bpf.lookup(self.named["settings"], _index(layout.SETTINGS.index("era")), 8)
        return int.from_bytes(value or b"", "little")

    def began(self, era: int) -> int:
        """When an era began (CLOCK_MONOTONIC ns), 0 for the first. Of the last `ERAS` that is known."""
        value = bpf.lookup(self.named["eras"], _index(era % layout.ERAS), 8)
        return int.from_bytes(value or b"", "little") if era else 0

    def samples(self) -> NDArray[np.void]:
        """The clocks of the calls of a thread that was measured, of `layout.SAMPLE`, in order."""
        size = layout.SAMPLE.itemsize
        found = [bpf.lookup(self.named["samples"], _index(each), size) or b"" for each in range(layout.SAMPLES)]
        samples = np.frombuffer(b"".join(found), layout.SAMPLE)
        samples = samples[samples["wall"] > 0]
        return samples[np.argsort(samples["seq"], kind="stable")]

    def close(self) -> None:
        """Let them go; the programs, while they run, keep them."""
        for descriptor in self.named.values():
            os.close(descriptor)


def make_maps(most: int = layout.MOST) -> SummaryMaps:
    """Make them, `most`: so many sums at a time. Raises BpfRefused."""
    sizes = (
        (bpf.HASH, layout.KEY.itemsize, layout.SUMS.itemsize, most),
        (bpf.ARRAY, 4, layout.SUMS.itemsize, 1),
        (bpf.ARRAY, 4, 8, layout.ERAS),
        (bpf.ARRAY, 4, 8, len(layout.SETTINGS)),
        (bpf.ARRAY, 4, layout.SAMPLE.itemsize, layout.SAMPLES),
        (bpf.ARRAY, 4, 1, CALLS),
    )
    made: dict[str, int] = {}
    try:
        for name, size in zip(NAMES, sizes, strict=True):
            made[name] = bpf.create_map(*size)
        for number, meaning in enumerate(table()):
            if meaning:
                bpf.update(made["meanings"], _index(number), bytes((meaning,)))
    except BaseException:
        SummaryMaps(made).close()
        raise
    return SummaryMaps(made)


def _index(number: int) -> bytes:
    return number.to_bytes(4, "little")


def _number(value: int) -> bytes:
    return max(value, 0).to_bytes(8, "little")
