"""`iotrace` alone: the start screen, and what choosing a line of it does."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from iotrace.doctor_check import State
from iotrace.processes import Processes
from tui.offers import Offer, OfferKind, Verdict

if TYPE_CHECKING:
    from tracer.recording.header import Header


class HereOffers:
    """What this machine and this user's recordings have to offer; satisfies `tui.offers.Offers`."""

    def __init__(self) -> None:
        self._processes = Processes()

    def models(self) -> tuple[Offer, ...]:
        """The bundled workloads."""
        from iotrace.models import available

        return tuple(Offer(OfferKind.RUN, each.name, each.name, "", each.sentence) for each in available())

    def recordings(self) -> tuple[Offer, ...]:
        """The recordings kept, newest first."""
        from tracer.recording import store

        return tuple(_recording(path) for path in store.kept(store.directory(os.environ)))

    def processes(self) -> tuple[Offer, ...]:
        """The running processes, the busiest first."""
        return tuple(
            Offer(OfferKind.ATTACH, str(each.pid), f"{each.pid} {each.name}", f"{each.cpu:.0%} CPU", each.command)
            for each in self._processes.look()
        )

    def explanation(self, offer: Offer) -> str:
        """A model's own explanation, a recording's origin, a process's owner."""
        if offer.kind is OfferKind.RUN:
            from workloads import catalog

            return f"iotrace run {offer.key}\n\n{catalog.explanation(catalog.model(offer.key))}"
        if offer.kind is OfferKind.VIEW:
            return f"iotrace view {offer.key}\n\n{_origin(Path(offer.key))}"
        return f"iotrace attach {offer.key}\n\n{offer.sentence}\n{_owner(int(offer.key))}"

    def verdict(self) -> Verdict:
        """What `iotrace doctor` says, asked in a process of its own: tracing takes a main thread."""
        from tracer.recording.capture_process import python

        doctor = subprocess.run([*python(), "iotrace.main", "doctor"], capture_output=True, text=True, check=False)
        lines = [line.split(maxsplit=2) for line in doctor.stdout.splitlines() if not line.startswith(" ")]
        found = [words for words in lines if words[1] != "terminal"]  # its own is a pipe; ours shows this screen
        named = {state.value: [words for words in found if words[0] == state.value] for state in State}
        if doctor.returncode != 0:
            why = next((words[2] for words in named["missing"]), "the doctor itself failed")
            return Verdict(False, f"tracing does not work here: {why}  (iotrace doctor says more)")
        weak = ", ".join(words[1] for words in (*named["limited"], *named["missing"]))
        return Verdict(True, f"tracing works here{f'; not all of it: {weak} (iotrace doctor)' if weak else ''}")


def show() -> int:
    """Choose, look, and come back, until the user leaves."""
    from tui.start_app import choose

    while (chosen := choose(HereOffers())) is not None:
        status = _open(chosen)
        if chosen.kind is not OfferKind.VIEW:
            return status
    return 0


def _open(offer: Offer) -> int:
    from iotrace.main import cli

    words = [offer.kind.value, offer.key]
    status = cli.main(args=words, prog_name="iotrace", standalone_mode=False)
    return status if isinstance(status, int) else 0


def _recording(path: Path) -> Offer:
    header = _header(path)
    what = " ".join(header.command) if header is not None else "cannot be read"
    when = time.strftime("%b %d %H:%M", time.localtime(path.stat().st_mtime)) if path.exists() else ""
    name = (
        header.model or os.path.basename(header.command[0]) if header is not None and header.command else path.stem
    )
    return Offer(OfferKind.VIEW, str(path), name, when, what)


def _header(path: Path) -> Header | None:
    from tracer.recording.errors import RecordingError
    from tracer.recording.reader import Recording

    try:
        with Recording.open(path) as recording:
            return recording.header
    except RecordingError:
        return None


def _origin(path: Path) -> str:
    header = _header(path)
    if header is None:
        return "This file cannot be read as a recording."
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(header.began_unix_ns / 1e9))
    size = path.stat().st_size / (1 << 20)
    return f"{' '.join(header.command)}\nrecorded {began} with {header.backend}, {size:,.1f} MiB"


def _owner(pid: int) -> str:
    try:
        uid = Path(f"/proc/{pid}").stat().st_uid
        folder = os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return "It is somebody else's, or it has ended."
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return f"user {name}, working in {folder}"
