"""How things stand at one moment: what a file of the recording needs that begins in the middle of the trace.

On the order `snapshot` the loop says between two stops, first in the ordinary stream, how far every call that
is under way has got (ENTERED and LEFT rows: a file that ends here has its time), and then, announced by a document
`{"snapshot": {"at_ns": N, "rows": N}}`, a frame of its own: a SPAWN row (`Spawn.ATTACH`) for each thread with its
name, once for each process its descriptors and mappings; an ENTERED row for each that is inside a call; a MARK row
for each phase that is open. A file that begins with these rows reads as if we had attached at that moment.

The SPAWN rows say besides what of their threads' next rows lies before the moment: `span_ns`, and in the fields of
the user part (wall, run, delay, switches, stops) the clocks of the part under way. Readers take it off
(`tracer.recording.cut`), so that no file tells of a time before its beginning.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tracer.capture.inherited import inherited
from tracer.capture.maps import maps_of
from tracer.capture.outbox import Outbox
from tracer.capture.threads import Part, Thread, process_of
from tracer.wire import RECORD, Kind, Spawn

if TYPE_CHECKING:
    from tracer.capture.ptrace_loop import CaptureLoop

_PATIENCE_NS: Final = 500_000_000
"""Reading of descriptors and mappings stops after this long: threads are held meanwhile. Those of processes not
read by then are unknown, as of a process that may not be looked into."""


class Snapshots:
    """Makes snapshots of what one loop traces and sends them to `wire`."""

    def __init__(self, loop: CaptureLoop, wire: int) -> None:
        self._loop = loop
        self._box = Outbox(wire)

    def ask(self) -> None:
        """Make one as soon as the loop is between two stops; may be called from a signal handler."""
        self._loop.soon(self.make)

    def make(self, now: int) -> None:
        """Send how things stand at `now` (CLOCK_MONOTONIC ns).

        Raises:
            BrokenPipeError: the recorder is gone.
        """
        tracees, box = self._loop.tracees, self._box
        threads = [thread for thread in tracees.own_threads() if not thread.exiting]
        parts = [(thread, self._so_far(thread, now)) for thread in threads]
        for thread, part in parts:
            if thread.in_call:
                thread.announced_at = thread.entry[0]
                tracees.write_entered(thread, part, now)
            else:
                tracees.write_left(thread, part, now)
        described: set[int] = set()
        until = time.monotonic_ns() + _PATIENCE_NS
        for thread, part in parts:
            texts: tuple[bytes, ...] = (thread.name(),)
            if thread.pid not in described and time.monotonic_ns() < until:
                texts += (inherited(thread.pid), maps_of(thread.pid))
            described.add(thread.pid)
            parent = process_of(thread.pid)[1] if thread.tid == thread.pid else thread.pid
            box.event(
                Kind.SPAWN, now, thread.pid, thread.tid, nr=Spawn.ATTACH, args=(parent, parent), texts=texts,
                user=part, span_ns=max(0, now - thread.ended), source=thread.source,
            )  # fmt: skip
            if thread.in_call:
                tracees.write_entered(thread, part, now, outbox=box)
        for name in tracees.phases:
            box.event(Kind.MARK, now, tracees.root, tracees.root, texts=(b"begin " + name,))
        rows = len(box.records) // RECORD.size
        tracees.outbox.document({"snapshot": {"at_ns": now, "rows": rows}})
        box.flush()

    def _so_far(self, thread: Thread, now: int) -> Part:
        """The part of its life that is under way: its clocks up to now."""
        if thread.tid in self._loop.holding.held:  # it stands still, and what was before is told
            return (0, 0, 0, 0, 0)
        return thread.so_far(now)
