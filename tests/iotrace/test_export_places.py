"""Where exports go: files, folders, URIs; what is replaced, and what is refused in plain words."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow.dataset
import pyarrow.parquet
import pytest

from iotrace import export_target
from iotrace.export import PARTITIONS, WRITERS
from iotrace.failures import USAGE, Failure
from iotrace.main import run
from tracer.export import dataset

RECORDING = Path(__file__).resolve().parent.parent / "recordings" / "epoll.iotrace"
NOBODY = "s3://key:hidden@bucket/x?endpoint_override=127.0.0.1:9&scheme=http&region=us-east-1"


Captured = pytest.CaptureFixture[bytes]


def ran(captured: Captured, *words: str | Path) -> tuple[int, bytes, str]:
    """Status, stdout and stderr of `iotrace export`, run in this process."""
    status = run(["export", str(RECORDING), *map(str, words)])
    out, err = captured.readouterr()
    return status, out, err.decode()


def export(captured: Captured, *words: str | Path) -> bytes:
    status, out, err = ran(captured, *words)
    assert (status, err) == (0, "")
    return out


def refused(captured: Captured, *words: str | Path) -> str:
    status, out, err = ran(captured, *words)
    assert (status, out) == (2, b"")
    assert 1 <= len(err.splitlines()) <= 3
    return err


def test_the_command_and_the_writer_know_the_same_folders() -> None:
    assert PARTITIONS == dataset.PARTITIONS


@pytest.mark.parametrize("form", [each for each in WRITERS if each != "parquet"])
def test_a_file_by_its_uri_is_the_same_as_stdout(form: str, tmp_path: Path, capfdbinary: Captured) -> None:
    out = tmp_path / "out"
    out.write_text("what was there before " * 10_000)
    assert export(capfdbinary, "--to", form, "-o", f"file://{out}") == b""
    assert out.read_bytes() == export(capfdbinary, "--to", form)


def test_a_name_with_gz_is_compressed(tmp_path: Path, capfdbinary: Captured) -> None:
    plain, packed = tmp_path / "out.json", tmp_path / "out.json.gz"
    export(capfdbinary, "--to", "perfetto", "-o", plain)
    export(capfdbinary, "--to", "perfetto", "-o", packed)
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
    assert json.loads(plain.read_bytes())["displayTimeUnit"] == "ns"


def test_a_table_is_not_compressed_a_second_time(tmp_path: Path, capfdbinary: Captured) -> None:
    export(capfdbinary, "--to", "parquet", "-o", tmp_path / "out.parquet.gz")
    assert pyarrow.parquet.read_table(tmp_path / "out.parquet.gz").num_rows > 1000


@pytest.mark.parametrize("uri", [False, True])
def test_a_partitioned_folder(uri: bool, tmp_path: Path, capfdbinary: Captured) -> None:
    folder = tmp_path / "set"
    place = f"file://{folder}" if uri else folder
    counts = []
    for _ in range(2):
        export(capfdbinary, "--to", "parquet", "--partition", "date", "-o", place)
        counts.append(pyarrow.dataset.dataset(str(folder), partitioning="hive").count_rows())
    assert counts[0] == counts[1] > 1000


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--to", "parquet", "--partition", "host,date"), "-o FOLDER"),
        (("--to", "parquet", "--partition", "tid", "-o", "x"), "host,date"),
        (("--to", "parquet", "--partition", "", "-o", "x"), "host,date"),
        (("--to", "parquet", "--partition", "host,host", "-o", "x"), "host,date"),
        (("--to", "jsonl", "--partition", "host", "-o", "x"), "not jsonl"),
        (("--to", "parquet", "--partition", "host", "-o", __file__), "is a file"),
        (("--to", "parquet", "-o", "carrier-pigeon://a/b"), "carrier-pigeon://"),
        (("--to", "folded", "-o", "file:///no/such/folder/x"), "No such file"),
        (("--to", "folded", "-o", "/"), "Is a directory"),
        (("--to", "folded", "-o", ""), "Is a directory"),
        (("--to", "perfetto", "-o", f"file://{RECORDING}"), "the recording itself"),
    ],
)
def test_what_is_refused(words: tuple[str | Path, ...], says: str, capfdbinary: Captured) -> None:
    before = RECORDING.read_bytes()
    assert says in refused(capfdbinary, *words)
    assert RECORDING.read_bytes() == before


@pytest.mark.slow
def test_an_object_store_that_cannot_be_reached(capfdbinary: Captured) -> None:
    for words in (("--to", "folded"), ("--to", "parquet", "--partition", "date")):
        said = refused(capfdbinary, *words, "-o", NOBODY)
        assert "s3://bucket/x" in said
        assert "127.0.0.1" in said
        assert "hidden" not in said


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "When initiating multiple part upload for key 'x' in bucket 'b': AWS Error NO_SUCH_BUCKET during "
            "CreateMultipartUpload operation: The specified bucket does not exist (Request ID: w73SnyYiRl)",
            "The specified bucket does not exist",
        ),
        (
            "When resolving region for bucket 'b': AWS Error NETWORK_CONNECTION during HeadBucket operation: "
            "curlCode: 6, Could not resolve hostname; Details: Could not resolve host: b.s3.amazonaws.com",
            "Could not resolve host: b.s3.amazonaws.com",
        ),
        (
            "google::cloud::Status(UNAVAILABLE: Retry policy exhausted, with a last message of PerformWork() - "
            "CURL error [6]=Could not resolve hostname error_info={reason=, domain=})",
            "Could not resolve hostname",
        ),
        ("Unable to load libjvm\ndlopen(/usr/lib/jvm/x) failed", "Unable to load libjvm"),
    ],
)
def test_what_a_store_complains_of_is_told_without_its_layers(said: str, shown: str, tmp_path: Path) -> None:
    uri = f"file://{tmp_path}/x"
    with pytest.raises(Failure) as caught, export_target.stream_to(uri, text=True):
        raise OSError(said)
    assert str(caught.value).splitlines()[0] == f"cannot write {uri}: {shown}."
    assert caught.value.exit_status == USAGE
