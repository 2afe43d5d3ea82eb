"""Where an export goes: stdout, a file, or a place that `pyarrow.fs` knows by its URI (s3://, gs://, ...)."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast
from urllib.parse import unquote, urlsplit

from iotrace.failures import OURS, USAGE, Failure

if TYPE_CHECKING:
    import pyarrow.fs

_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SECRET: Final = re.compile(r"(?<=://)[^/@]*:[^/@]*@")
_LAYERS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r" operation: (.*)",  # AWS Error ... during PutObject operation: ...
        r"CURL error \[\d+\]=(.*?)(?: error_info=|$)",
        r"Details: (.*)",
        r"(.*?)(?: \(Request ID: |\.?$)",
    )
)
_KNOWN: Final = "file://, s3://, gs://, abfs:// and hdfs://"
_LONGEST: Final = 200
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PATIENCE_S: Final = 10
"""Google's library would try for a quarter of an hour to reach what is not there."""


def is_uri(place: str) -> bool:
    """Whether `place` is a URI, and not a path."""
    return bool(_URI.match(place))


def local_path(place: str) -> Path | None:
    """The path of a file on this machine; None for what is elsewhere."""
    if place.lower().startswith("file://"):
        return Path(unquote(urlsplit(place).path))
    return None if is_uri(place) else Path(place)


def is_recording(path: Path) -> bool:
    """Whether there is a recording at `path`, which nothing that is made of recordings should replace."""
    from tracer.recording.errors import RecordingError
    from tracer.recording.reader import Recording

    try:
        Recording.open(path).close()
    except RecordingError:
        return False
    return True


@contextlib.contextmanager
def stream_to(place: str | None, *, text: bool) -> Iterator[BinaryIO]:
    """What to write to: stdout (None), a file, or an object at a URI. What is there is replaced.

    `text` is compressed where the name ends with .gz. Raises Failure when it cannot be written."""
    if place is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with _failing(place), contextlib.ExitStack() as opened:
        if is_uri(place):
            filesystem, path = _filesystem(place)
            stream = opened.enter_context(filesystem.open_output_stream(path, compression=None))
        else:
            stream = opened.enter_context(Path(place).open("wb"))
        if text and place.endswith(".gz"):
            import gzip

            stream = opened.enter_context(gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=4, filename=""))
        yield cast(BinaryIO, stream)


@contextlib.contextmanager
def folder_at(place: str) -> Iterator[tuple[Any, str]]:
    """The filesystem (`pyarrow.fs`) and the path in it of a folder, which need not exist.

    Raises Failure when it is no folder or cannot be written."""
    from pyarrow.fs import LocalFileSystem

    with _failing(place):
        if is_uri(place):
            yield _filesystem(place)
            return
        path = Path(place)
        if path.exists() and not path.is_dir():
            raise Failure(f"{place} is a file, and --partition writes many.\nName a folder with -o.", USAGE)
        yield LocalFileSystem(), os.path.abspath(path)


def _filesystem(uri: str) -> tuple[pyarrow.fs.FileSystem, str]:
    from pyarrow.fs import FileSystem

    if uri.lower().startswith("gs://") and "retry_limit_seconds" not in uri:
        uri += f"{'&' if '?' in uri else '?'}retry_limit_seconds={_PATIENCE_S}"
    filesystem, path = FileSystem.from_uri(uri)
    if not path.strip("/"):
        raise Failure(f"{shown(uri)} names no file or folder.\nAppend its path: {shown(uri)}/PATH", USAGE)
    return filesystem, path


@contextlib.contextmanager
def _failing(place: str) -> Iterator[None]:
    """Turns what filesystems complain of into plain words."""
    import pyarrow

    theirs = (OSError, pyarrow.ArrowException) if is_uri(place) else (OSError,)
    try:
        yield
    except BrokenPipeError:
        raise
    except theirs as error:
        if isinstance(error, pyarrow.ArrowInvalid) and "Unrecognized filesystem" in str(error):
            scheme = place.partition("://")[0]
            raise Failure(f"nothing here can write to {scheme}://.\nKnown are {_KNOWN}", USAGE) from error
        status = OURS if getattr(error, "errno", None) in _FULL else USAGE
        where, end = shown(place), "Name another place with -o."
        raise Failure(f"cannot write {where}: {_reason(error)}.\n{end}", status) from error


def _reason(error: Exception) -> str:
    """Why, in the words of whoever refused: without the layers in between that pass it on."""
    number = getattr(error, "errno", None)
    text = os.strerror(number) if number else (str(error).strip().splitlines() or [type(error).__name__])[0]
    for layer in _LAYERS:
        found = layer.search(text)
        text = found[1].strip() if found and found[1].strip() else text
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def shown(place: str) -> str:
    """A place without the password and the options that its URI may have."""
    return _SECRET.sub("", place.partition("?")[0] if is_uri(place) else place)
