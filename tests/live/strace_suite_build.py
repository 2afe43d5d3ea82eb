"""strace's own test programs, built from the distribution's source package; the repository keeps nothing of it.

The package is fetched by apt with lists and caches of its own, from the mirrors apt already uses, so the machine's
package state stays as it was. Configuring takes most of the time (about half a minute); the programs and their
library a few seconds.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

MINUTES: Final = 60
CONFIGURE: Final = (
    "./configure", "--quiet", "--enable-mpers=no", "--enable-stacktrace=no", "--disable-gcc-Werror",
    "--without-libselinux",
)  # fmt: skip
"""strace itself is not built: nothing that only it needs, and only the native ABI's programs."""
HEADERS: Final = ("scno.h", "ksysent.h")
"""Made from the kernel's headers; the library's sources include them, but its rules do not say so."""
SOURCES: Final = Path("/etc/apt/sources.list.d"), Path("/etc/apt/sources.list")


class Unavailable(Exception):
    """The programs cannot be had here, and why."""


def build(folder: Path, programs: Sequence[str]) -> Path:
    """The directory of the source package's tests, with `programs` built in it. Raises Unavailable."""
    tools = ("apt-get", "tar", "xz", "gcc", "make")
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        raise Unavailable(f"not installed: {', '.join(missing)}")
    source = _source(folder)
    _run(CONFIGURE, source, "configuring strace's source")
    tests = source / "tests"
    _run(("make", "-s", *HEADERS), tests, "making the headers of strace's tests")
    wanted = ("make", "-s", f"-j{os.cpu_count() or 1}", "CFLAGS=-g0 -O1 -w", *programs)
    _run(wanted, tests, "building strace's test programs")
    return tests


def _source(folder: Path) -> Path:
    """The unpacked upstream source."""
    apt = folder / "apt"
    (apt / "lists" / "partial").mkdir(parents=True)
    (apt / "cache" / "archives" / "partial").mkdir(parents=True)
    (apt / "parts").mkdir()
    listed = "\n\n".join(as_sources(path) for path in _lists())
    if not listed.strip():
        raise Unavailable("apt knows no mirror that could have the source package")
    (apt / "parts" / "source.sources").write_text(listed)
    settings = {
        "Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": apt / "parts",
        "Dir::State::lists": apt / "lists", "Dir::Cache": apt / "cache", "APT::Sandbox::User": "",
    }  # fmt: skip
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    _run(("apt-get", "-q", *options, "update"), folder, "fetching the list of source packages")
    _run(("apt-get", "-q", *options, "source", "--download-only", "strace"), folder, "fetching strace's source")
    archive = next(folder.glob("strace_*.orig.tar.*"), None)
    if archive is None or archive.suffix == ".asc":
        archive = next((each for each in folder.glob("strace_*.orig.tar.?z")), None)
    if archive is None:
        raise Unavailable("the source package of strace holds no upstream archive")
    _run(("tar", "-xf", archive.name), folder, "unpacking strace's source")
    return next(each for each in folder.glob("strace-*") if each.is_dir())


def _lists() -> list[Path]:
    parts, single = SOURCES
    found = sorted([*parts.glob("*.sources"), *parts.glob("*.list")]) if parts.is_dir() else []
    return [*found, single] if single.is_file() else found


def as_sources(path: Path) -> str:
    """The distribution's own mirrors of an apt list (sources.list(5)), asked for source packages."""
    text = path.read_text(errors="replace")
    if path.suffix == ".sources":
        stanzas = re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text))
        kept = [each for each in stanzas if re.search(r"(?m)^Components:.*\bmain\b", each)]
        return "\n\n".join(re.sub(r"(?m)^Types:.*$", "Types: deb-src", each).strip() for each in kept)
    lines = re.findall(r"(?m)^deb(?:-src)?\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*\bmain\b.*)$", text)
    return "\n\n".join(
        f"Types: deb-src\nURIs: {uri}\nSuites: {suite}\nComponents: main{_signed(options)}"
        for options, uri, suite, _ in dict.fromkeys(lines)
    )


def _signed(options: str) -> str:
    match = re.search(r"signed-by=([^\]\s]+)", options)
    return f"\nSigned-By: {match[1]}" if match else ""


def _run(command: Sequence[str], folder: Path, doing: str) -> None:
    """One step. Raises Unavailable with the last line it said when it fails."""
    try:
        done = subprocess.run(
            command, cwd=folder, check=False, capture_output=True, text=True, errors="replace",
            timeout=10 * MINUTES, stdin=subprocess.DEVNULL, env=os.environ | {"LC_ALL": "C"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{doing} took longer than ten minutes") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(f"{doing} failed: {said[-1] if said else done.returncode}")
