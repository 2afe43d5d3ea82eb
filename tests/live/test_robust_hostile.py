"""A program with escape sequences wherever its text is shown: none of them reaches a terminal, or breaks JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.live.recorded import IOTRACE, TIMEOUT, Recorded, record

# In paths, names of threads, arguments, payloads, sockets' addresses, marks; and names of 64 KiB.
HOSTILE = r"""
import ctypes, os, socket, sys, threading
raw = (b"\x1b]0;PWNED\x07\x1b[2J\x1b[31mred\xff\xfe\xc3(\xe2\x80\xae\xe2\x81\xa6\xed\xa0\x80\x9b31m\xc2\x9b31m"
       b"\xe2\x80\xa8\r\nFAKE\x7f\x08")
libc = ctypes.CDLL(None)
libc.prctl(15, raw[:15], 0, 0, 0)
for path in (raw, raw * 2000, b"a" * 65536, b"\x1b" * 65536): libc.open(path, 0)
where = b"%d" % len(sys.argv) + raw
os.mkdir(where); os.chdir(where)
fd = os.open(raw, os.O_CREAT | os.O_RDWR); os.write(fd, raw); os.pread(fd, 99, 0)
os.symlink(raw, b"link"); os.readlink(b"link")
for word in (b"iotrace:begin ", b"iotrace:"): libc.write(-1, word + raw, len(word + raw))
server, client = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
server.bind(b"\0" + raw + b"%d" % os.getpid()); server.listen()
client.connect(server.getsockname()); client.send(raw)
os.write(os.memfd_create("\x1b[31m\n\u202e"), raw)
thread = threading.Thread(target=lambda: (libc.prctl(15, b"\x1b[31mT\n", 0, 0, 0), os.getppid()))
thread.start(); thread.join()
libc.write(-1, b"iotrace:end " + raw, len(b"iotrace:end " + raw))
if len(sys.argv) < 3: os.execve(sys.executable, [raw, sys.argv[0], raw, raw], {b"E" + raw: raw})
"""

LOOKS = (
    ("report",), ("report", "--json"), ("report", "--by", "fd"), ("report", "--by", "thread"),
    ("report", "--by", "phase"), ("export", "--to", "strace"), ("export", "--to", "jsonl"),
    ("export", "--to", "csv"),
    ("export", "--to", "perfetto"), ("export", "--to", "speedscope"), ("export", "--to", "folded"), ("compare",),
    ("compare", "--json"), ("check", "--max", "wasted=0"),
)  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("hostile")
    script = folder / "evil\x1b]0;x\x07\n\u202ename.py"
    script.write_text(HOSTILE)
    done = record([sys.executable, script, "\x1b[31marg\n"], folder, cwd=folder)
    assert done.status == 0, done.errors
    assert_harmless(done.errors)
    return done


def assert_harmless(text: str) -> None:
    """No control characters but newline and tab, no surrogates, nothing that turns the direction of writing."""
    found = {each for each in text if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") and each not in "\n\t"}
    found |= {
        each for each in text if unicodedata.bidirectional(each) in ("RLO", "LRO", "RLI", "LRI", "FSI", "RLE")
    }
    assert not found
    assert "FAKE" not in {line.strip()[:4] for line in text.splitlines()}


@pytest.mark.slow
@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_nothing_reaches_the_terminal(recorded: Recorded, words: tuple[str, ...]) -> None:
    command, *options = words
    files: list[str | Path] = [recorded.path] * (2 if command == "compare" else 1)
    shown = subprocess.run(
        [*IOTRACE, command, *files, *options], check=False, capture_output=True, stdin=subprocess.DEVNULL,
        timeout=TIMEOUT,
    )  # fmt: skip
    assert shown.returncode in (0, 1), shown.stderr
    out = shown.stdout.decode()
    assert_harmless(out + shown.stderr.decode())
    assert out
    if words[-1] == "jsonl":
        assert all(json.loads(line) for line in out.splitlines())
    elif words[-1] in ("--json", "perfetto", "speedscope"):
        json.loads(out)
