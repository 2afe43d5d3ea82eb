"""`--last`, `--max-size` and `--output-every` on programs that run a while, also when the recorder is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.live.captured import BACKEND, compile_c
from tests.live.markdown import DOCS, commands
from tests.live.recorded import IOTRACE, TIMEOUT, iotrace, record
from tracer.recording.reader import Recording

# A thread that reads, one that sleeps in a pipe for ever; an epoll with an interest; a phase that is open.
LONG = r"""
#include <pthread.h>
#include <sys/epoll.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static int idle[2];
static void *sleeper(void *arg) { char c; (void)!read(idle[0], &c, 1); return arg; }
int main(int argc, char **argv) {
    double seconds = atof(argv[1]);
    struct timespec begin, now;
    int fd = open("/etc/hostname", O_RDONLY), ep = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.fd = 5}}, ready;
    (void)!pipe(idle);
    epoll_ctl(ep, EPOLL_CTL_ADD, idle[0], &event);
    pthread_t thread; pthread_create(&thread, 0, sleeper, 0);
    (void)!write(-1, "iotrace:begin measure", 21);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        char text[8];
        for (int i = 0; i < 20; i++) pread(fd, text, 8, 0);
        epoll_wait(ep, &ready, 1, 1);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - begin.tv_sec + (now.tv_nsec - begin.tv_nsec) / 1e9 < seconds);
    (void)!write(-1, "iotrace:end measure", 19);
    _exit(7);
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_c(LONG, tmp_path_factory.mktemp("long"), "-pthread")


def report(path: Path, *options: str) -> dict[str, Any]:
    done = iotrace("report", str(path), "--json", *options)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def assert_adds_up(document: dict[str, Any]) -> None:
    """The times of every thread are its life in this file, and nothing in it is older than the file."""
    for thread in document["threads"]:
        own = sum(thread[f"{word}_ns"] for word in ("user", "kernel", "blocked", "runnable", "tracer"))
        assert abs(own - thread["lifetime_ns"]) <= 0.02 * thread["lifetime_ns"] + 1_000_000
        assert thread["lifetime_ns"] <= 1.02 * document["duration_ns"] + 1_000_000


@pytest.mark.slow
def test_the_tail_knows_what_was_there_at_its_beginning(program: Path, tmp_path: Path) -> None:
    recorded = record([program, "2.7"], tmp_path, "--last", "1s")
    assert recorded.status == 7, recorded.errors
    whole = report(recorded.path, "--phase", "all")
    scope = whole["scope"]
    assert scope["part_of_longer_run"]
    assert scope["calls_before"] > 0
    assert scope["state_known"]
    assert 1e9 <= whole["duration_ns"] <= 3e9
    assert_adds_up(whole)
    whats = {row["what"]: row for row in whole["fds"]}
    assert whats["/etc/hostname"]["opened_by"] == "inherited"
    assert any(what.startswith("epoll") for what in whats)
    assert {thread["name"] for thread in whole["threads"]} == {"program"}
    assert len(whole["threads"]) == 2
    sleeper = max(whole["threads"], key=lambda thread: thread["blocked_ns"])
    assert sleeper["blocked_ns"] <= whole["duration_ns"]
    assert {row["name"] for row in whole["syscalls"]} >= {"pread64", "epoll_wait"}
    assert "open" not in {row["name"] for row in whole["syscalls"]}
    # The phase was open at the cut: what there is of it is reported by default.
    assert report(recorded.path)["phase"] == "measure"
    assert "the tail of a longer run" in iotrace("report", str(recorded.path)).stdout
    assert f"{scope['calls_before']:,} calls before it are gone" in recorded.errors
    assert os.listdir(tmp_path) == ["recording.iotrace"]


@pytest.mark.slow
def test_killed_at_any_moment_the_tail_is_readable_and_bounded(program: Path, tmp_path: Path) -> None:
    """kill -9 of the recorder: the program goes with it, the tail stays, nothing else is left."""
    path = tmp_path / "a.iotrace"
    recorder = subprocess.Popen(
        [*IOTRACE, "record", "--backend", BACKEND, "-o", path, "--max-size", "1M", "--", program, "60"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        cut = False
        for _ in range(200):
            time.sleep(0.05)
            if path.exists() and path.stat().st_size:
                assert path.stat().st_size <= 1 << 20
                with Recording.open(path) as live:
                    cut = cut or bool(live.header.earlier)
                    if live.header.earlier.get("batches", 0) > 50:
                        break
    finally:
        recorder.kill()
        recorder.wait(timeout=TIMEOUT)
    assert cut
    assert os.listdir(tmp_path) == ["a.iotrace"]
    with Recording.open(path) as recording:
        assert recording.rows
        assert recording.header.earlier["snapshot"] == 1
    document = report(path, "--phase", "all")
    assert document["exit"]["complete"] is False
    assert document["totals"]["calls"] > 0
    done = iotrace("export", str(path), "--to", "jsonl", "-o", str(tmp_path / "b.jsonl"))
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_several_files_are_each_complete(program: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.iotrace"
    done = subprocess.run(
        [*IOTRACE, "record", "--backend", BACKEND, "-o", path, "--output-every", "700ms", "--", program, "2.5"],
        check=False, capture_output=True, text=True, timeout=TIMEOUT,
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    files = sorted(tmp_path.iterdir())
    assert [each.name for each in files] == [f"a.iotrace.{number:03d}" for number in range(len(files))]
    assert 3 <= len(files) <= 5
    documents = [report(each, "--phase", "all") for each in files]
    for document in documents:
        assert_adds_up(document)
        assert document["exit"]["complete"]
    assert documents[-1]["exit"]["code"] == 7
    assert sum(document["totals"]["calls"] for document in documents[:-1]) == documents[-1]["scope"]["calls_before"]
    assert documents[1]["scope"]["part"] == 1
    assert "goes on in a.iotrace.001" in iotrace("report", str(files[0])).stdout
    assert "each complete by itself" in done.stderr


@pytest.mark.slow
def test_a_process_that_runs_already_can_be_watched_so(program: Path, tmp_path: Path) -> None:
    running = subprocess.Popen([program, "30"])
    try:
        path = tmp_path / "a.iotrace"
        done = iotrace(
            "attach", str(running.pid), "--backend", BACKEND, "--no-tui", "--duration", "2.5", "--last", "1s",
            "-o", str(path),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "the tail of a longer run" in done.stdout
        assert running.poll() is None
        assert_adds_up(report(path, "--phase", "all"))
    finally:
        running.kill()
        running.wait(timeout=TIMEOUT)


@pytest.mark.slow
def test_the_commands_of_the_page_about_recording(tmp_path: Path) -> None:
    command = tmp_path / "iotrace"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iotrace.main "$@"\n')
    command.chmod(0o755)
    lines = commands("recording.md")
    assert len(lines) == 7
    surroundings = {
        **os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "XDG_STATE_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(DOCS.parent),
    }  # fmt: skip
    for line in lines:
        done = subprocess.run(
            ["sh", "-c", line], check=False, capture_output=True, text=True, timeout=TIMEOUT, cwd=tmp_path,
            env=surroundings, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert len(list(tmp_path.glob("part.iotrace.*"))) >= 2


SECRET = "hunter2-correct-horse"


def test_redacted_recordings_have_no_secret_in_them(tmp_path: Path) -> None:
    """Not in the file, nor in anything made of it: payload, arguments and environment."""
    script = f"""
import os, socket, subprocess, sys
os.write(1, b"{SECRET}"); a, b = socket.socketpair(); a.send(b"{SECRET}"); b.recv(99)
os.writev(1, [b"{SECRET}", b"x"]); a.sendmsg([b"{SECRET}"]); b.recvmsg(99)
subprocess.run(["true", "--password={SECRET}"], env={{"TOKEN": "{SECRET}"}})
"""
    recorded = record(
        [sys.executable, "-c", script, SECRET], tmp_path, "--redact", "--capture-bytes", "4096",
        env={"TOKEN": SECRET},
    )  # fmt: skip
    assert recorded.status == 0, recorded.errors
    assert SECRET.encode() in recorded.output
    assert SECRET.encode() not in recorded.path.read_bytes()
    with Recording.open(recorded.path) as recording:
        assert recording.header.command == (sys.executable, "(arguments redacted)")
    text = iotrace("export", str(recorded.path), "--to", "strace").stdout
    assert '["true", "****' in text
    assert SECRET not in text
    # Sizes are kept.
    assert recorded.report()["totals"]["payload_in"] >= 4 * len(SECRET)


def test_a_signal_ends_it_as_without_limits(program: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.iotrace"
    recorder = subprocess.Popen(
        [*IOTRACE, "record", "--backend", BACKEND, "-o", path, "--last", "1s", "--", program, "60"],
        stderr=subprocess.DEVNULL,
    )
    try:
        while not path.exists() or path.stat().st_size < 4096:
            assert recorder.poll() is None
            time.sleep(0.05)
        recorder.send_signal(signal.SIGTERM)
        assert recorder.wait(timeout=TIMEOUT) == 128 + signal.SIGTERM
    finally:
        recorder.kill()
    assert report(path)["exit"] == {"code": None, "signal": "SIGTERM", "complete": True}
