"""The recorder's main loop: frames from the capture process in, batches of the recording out.

A batch is written when 4,096 events are waiting or the oldest has waited 100 ms. The loop ends at the end of
the wire; however that came about, the recording gets its END row.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from tracer.recording.capture_process import CaptureProcess
from tracer.recording.errors import CaptureFailed
from tracer.recording.frame_buffer import FrameBuffer
from tracer.recording.frames import BrokenWire, Columns, Document, Events, batch_of
from tracer.recording.output import Outcome, Output
from tracer.wire import RECORD, End, Kind

_BATCH_ROWS: Final = 4096
_BATCH_BYTES: Final = 16 << 20
_BATCH_NS: Final = 100_000_000
_READ: Final = 1 << 16
_FAR: Final = 2 << 20
"""Bytes that wait on the wire: a batch of a program that is quick, and more."""
_HEARING_MS: Final = 1000


class Recorder:
    """Records what one capture process sends. `open_writer` is called with its hello."""

    def __init__(
        self,
        capture: CaptureProcess,
        open_writer: Callable[[Mapping[str, Any]], Output],
        commands: int | None = None,
        abandon: str = "kill",
        late: Callable[[bool], object] | None = None,
    ) -> None:
        """`commands`: a pipe with "kill" or "detach" lines from the viewer, whose end-of-file means it died.

        `abandon`: what capture is told when we or the viewer fail: "kill", or "detach" for a program that
        was running before us.

        `late`: told at every batch whether capture is far ahead of us.
        """
        self._late = late
        self._abandon = abandon
        self._capture = capture
        self._open_writer = open_writer
        self._commands = commands
        self._commanded = b""
        self._buffer = FrameBuffer()
        self._waiting: list[Events | Columns] = []
        self._waiting_rows = 0
        self._waiting_bytes = 0
        self._waiting_since = 0
        self._writer: Output | None = None
        self._snapshot_comes = False
        """The next frame of events is a snapshot."""
        self._end: Document | None = None
        self._trouble: str | None = None

    def run(self) -> Outcome:
        """Record until the capture process is done.

        Raises CaptureFailed when it could not begin, and OutputFailed when the file could not be begun; the
        capture process has ended then as well.
        """
        try:
            self._loop()
        except BaseException:
            self._give_up()
            raise
        self._drain()
        code = self._capture.finish()
        return self._close(code)

    def _loop(self) -> None:
        poll = select.poll()
        poll.register(self._capture.wire, select.POLLIN)
        if self._commands is not None:
            poll.register(self._commands, select.POLLIN)
        while True:
            ready = [fd for fd, _ in poll.poll(self._patience_ms())]
            if not ready:
                self._capture.remind()
            if self._commands in ready and not self._obey():
                poll.unregister(self._commands)
                self._commands = None
            if self._capture.wire in ready and not self._take():
                return
            if self._due():
                self._flush()

    def _take(self) -> bool:
        """Read from the wire; False when nothing more is to come."""
        wire, room = self._capture.wire, self._buffer.room()
        try:
            if len(room):
                size = os.readv(wire, [room])
                frames = self._buffer.filled(size)
            else:
                data = os.read(wire, _READ)
                size, frames = len(data), self._buffer.feed(data)
            for frame in frames if size else ():
                self._event(frame)
        except (BrokenWire, UnicodeDecodeError, json.JSONDecodeError) as error:
            self._refuse(error)
        return bool(size) and self._trouble is None

    def _refuse(self, error: Exception) -> None:
        self._trouble = self._trouble or str(error)
        self._capture.tell(self._abandon)

    def _event(self, frame: Events | Columns | Document) -> None:
        if isinstance(frame, Events) and self._snapshot_comes:
            self._snapshot_comes = False
            self._cut(frame)
        elif isinstance(frame, Events | Columns):
            self._waiting_since = self._waiting_since or time.monotonic_ns()
            self._waiting.append(frame)
            self._waiting_rows += frame.rows
            self._waiting_bytes += len(frame.memory)
            if self._waiting_rows >= _BATCH_ROWS or self._waiting_bytes >= _BATCH_BYTES or _tells_of_holding(frame):
                self._flush()
        elif "hello" in frame:
            self._writer = self._open_writer(frame["hello"])
            self._capture.said_hello()
        elif "failed" in frame:
            failed = frame["failed"]
            raise CaptureFailed(str(failed["stage"]), str(failed["errno"]), failed.get("pid"))
        elif "snapshot" in frame:
            self._flush()
            self._snapshot_comes = bool(frame["snapshot"].get("rows"))
        elif "end" in frame:
            self._end = frame["end"]

    def _due(self) -> bool:
        return bool(self._waiting) and time.monotonic_ns() - self._waiting_since >= _BATCH_NS

    def _patience_ms(self) -> int:
        """A second at most: a signal that came just before the wait began is heard after it."""
        if not self._waiting:
            return _HEARING_MS
        return max(0, (self._waiting_since + _BATCH_NS - time.monotonic_ns()) // 1_000_000 + 1)

    def _flush(self) -> None:
        frames, self._waiting = self._waiting, []
        self._waiting_rows = self._waiting_bytes = self._waiting_since = 0
        if not frames or self._writer is None:
            return
        if self._late is not None and self._end is None:
            self._late(self._capture.unread > _FAR)
        was_full = self._writer.full is not None
        try:
            batch = batch_of(frames)
        except BrokenWire as error:
            self._refuse(error)
            return
        if not self._writer.write(batch) and not was_full:
            self._capture.tell("detach wait")
        if self._writer.wants_cut():
            self._capture.tell("snapshot")

    def _cut(self, snapshot: Events) -> None:
        """Another file may begin: what came before is written."""
        assert self._writer is not None
        was_full = self._writer.full is not None
        try:
            self._writer.cut(batch_of([snapshot]))
        except BrokenWire as error:
            self._refuse(error)
        if self._writer.full is not None and not was_full:
            self._capture.tell("detach wait")

    def _obey(self) -> bool:
        """Pass on what the viewer says; False when there is nothing more to listen for."""
        assert self._commands is not None
        data = os.read(self._commands, 4096)
        *lines, self._commanded = (self._commanded + data).split(b"\n")
        for line in lines:
            self._capture.tell(line.decode(errors="replace"))
        if not data:
            self._capture.tell(self._abandon)
        return bool(data) and not any(line.startswith(b"detach") for line in lines)

    def _give_up(self) -> None:
        """End capture after a failure of ours (or a refusal of its own), whatever state it is in."""
        self._capture.tell(self._abandon)
        self._capture.said_hello()
        self._drain()
        self._capture.finish()
        if self._writer is not None:
            self._writer.abandon()

    def _drain(self) -> None:
        """Read what nobody wants: capture must not wait for room in the pipe when it is to end."""
        while os.read(self._capture.wire, _READ):
            pass

    def _close(self, code: int) -> Outcome:
        if self._writer is None:
            raise CaptureFailed("hello", _how(code), None)
        self._flush()
        reason, text = self._judge(code)
        status = self._end.get("status") if self._end else None
        self._writer.end(reason, status, text)
        ours = reason in (End.NO_SPACE, End.CAPTURE_DIED)
        complaint = text if ours else None
        return Outcome(reason, status, self._writer.calls, self._writer.lost, complaint, self._writer.dropped_calls)

    def _judge(self, code: int) -> tuple[End, str]:
        assert self._writer is not None
        if self._writer.full is not None:
            return End.NO_SPACE, f"{self._writer.full}: the recording stops here, the program went on"
        if self._trouble is not None:
            return End.CAPTURE_DIED, f"the capture process sent what is not an event ({self._trouble})"
        if self._end is None:
            return End.CAPTURE_DIED, f"the capture process died ({_how(code)})"
        if self._end.get("reason") == "failed":
            return End.CAPTURE_DIED, f"the capture process failed, by a fault of iotrace ({self._end.get('text')})"
        if self._end.get("reason") == "detached":
            return End.DETACHED, "tracing was stopped, the program ran on"
        return End.EXITED, "the program ended"


def _tells_of_holding(frame: Events | Columns) -> bool:
    """Whether somebody waits to see this: capture ends a frame when a thread is held or goes on."""
    return isinstance(frame, Events) and bool(frame.records) and frame.records[-RECORD.size] == Kind.HELD


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
