"""Where `iotrace top` has its figures from: the counts of the programs in the kernel, and names from /proc."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from iotrace.bpf_needs import lacking
from iotrace.failures import OURS, Failure
from iotrace.shortage import lack_of
from tracer.analyze.top import TopCounts, TopProcess, TopView

if TYPE_CHECKING:
    from tracer.capture.ebpf.top_reading import TopReader

ELSEWHERE: Final = "processes of other pid namespaces"


class TopSource:
    """Looks at the counts; satisfies `tui.top.TopSource`."""

    def __init__(self, reader: TopReader, proc: Path = Path("/proc")) -> None:
        self._reader = reader
        self._proc = proc
        self._known: dict[int, tuple[str, str]] = {}
        """Name and command line of those that the last look found."""

    def look(self) -> TopView:
        """What every process did since the last look."""
        counted = self._reader.look()
        found = tuple(
            self._process(pid, TopCounts(*counts), counted.names) for pid, counts in counted.processes.items()
        )
        self._known = {each.pid: (each.name, each.command) for each in found if each.pid and not each.ended}
        return TopView(counted.span_ns, found, counted.lost)

    def close(self) -> None:
        """Take the programs out of the kernel."""
        self._reader.close()

    def _process(self, pid: int, counts: TopCounts, gone: dict[int, str]) -> TopProcess:
        if pid == 0:
            return TopProcess(None, ELSEWHERE, "", False, counts)
        if pid in gone:
            name, command = self._known.get(pid, (gone[pid], ""))
            return TopProcess(pid, name, command, True, counts)
        folder = self._proc / str(pid)
        try:
            name = (folder / "comm").read_text(errors="replace").removesuffix("\n")
            words = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:  # it ended while we looked, or /proc hides it from us
            return TopProcess(pid, self._reader.name(pid), "", False, counts)
        return TopProcess(pid, name, " ".join(word.decode(errors="replace") for word in words), False, counts)


def opened() -> TopSource:
    """Begin to count every call of the machine but ours. Raises Failure when that is not possible here."""
    from tracer.capture.ebpf.bpf import BpfRefused
    from tracer.capture.ebpf.meanings import table
    from tracer.capture.ebpf.object import BrokenObject
    from tracer.capture.ebpf.top_loading import load_top
    from tracer.capture.ebpf.top_reading import TopReader

    try:
        return TopSource(TopReader(load_top(table())))
    except BpfRefused as refused:
        raise _no_top(f"{refused.what}: {os.strerror(refused.number)}", refused.number) from refused
    except OSError as error:
        name = os.path.basename(error.filename or "")
        raise _no_top(f"{name}: {error.strerror}".removeprefix(": "), error.errno or 0) from error
    except (ValueError, BrokenObject) as error:
        raise _no_top(str(error)) from error


def _no_top(why: str, number: int = 0) -> Failure:
    if number == errno.EPERM:
        return Failure(
            "iotrace top needs eBPF: root, or CAP_BPF and CAP_PERFMON, outside of containers' user namespaces.\n"
            "Try: sudo iotrace top. A single process can be watched without: iotrace attach PID",
            OURS,
        )
    if number in (errno.EMFILE, errno.ENFILE):
        return Failure(f"iotrace top cannot count here: {lack_of(OSError(number, ''))}", OURS)
    return Failure(
        f"iotrace top cannot count here: {why}.\n"
        f"It does so by BPF programs. {lacking()} What works here: iotrace doctor",
        OURS,
    )
