"""Signals with handlers: the frame written at the delivery and read at the return, from real frames."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.live.captured import compile_c, only_ptrace
from tests.live.recorded import record
from tracer.account.copies import account_copies
from tracer.account.transfers import transfers
from tracer.recording.captured import captured
from tracer.wire import Kind

_RT_SIGRETURN = 15
_SOURCE = """
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <unistd.h>
static void plain(int s) { (void)s; }
static void inner(int s, siginfo_t *i, void *c) { (void)s; (void)i; (void)c; }
static void outer(int s, siginfo_t *i, void *c) {
    (void)s; (void)i; (void)c; kill(getpid(), SIGHUP); kill(getpid(), SIGUSR1);
}
int main(void) {
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = plain; sigaction(SIGUSR1, &a, 0);
    a.sa_flags = SA_SIGINFO; a.sa_sigaction = inner; sigaction(SIGHUP, &a, 0);
    a.sa_sigaction = outer; sigaction(SIGUSR2, &a, 0);
    for (int i = 0; i < 7; i++) { kill(getpid(), SIGUSR1); kill(getpid(), SIGCHLD); kill(getpid(), SIGUSR2); }
    return 0;
}
"""

Listed = list[tuple[str, int, str, bool]]


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@only_ptrace
def test_the_frames_of_nested_handlers(tmp_path: Path) -> None:
    recorded = record([compile_c(_SOURCE, tmp_path)], tmp_path)
    frames: list[Listed] = []
    for batch in recorded.open().batches:
        flat, counts = captured(batch), account_copies(batch)
        for index in range(flat.rows):
            if flat.nr[index] == _RT_SIGRETURN and flat.kind[index] == Kind.CALL:
                frames.append([(t.direction, t.bytes, t.what, t.zero_fill) for t in transfers(batch, index)])
                assert not counts.unknown[index]
                assert counts.control_in[index] + counts.control_out[index] == sum(
                    size for _, size, *_ in frames[-1]
                )
    with_info = [("out", 48, "siginfo", False) in frame for frame in frames]
    assert with_info == [False, True, False, True] * 7, "plain, then SIGHUP and plain inside SIGUSR2, then SIGUSR2"
    for frame in frames:
        image = next(size for way, size, what, _ in frame if (way, what) == ("in", "XSAVE image"))
        assert 576 <= image <= 16384
        assert frame[0] == ("out", 244, "signal frame", False)
        assert ("out", image, "XSAVE image", False) in frame
        assert sum(size for way, size, *_ in frame if way == "in") == 8 + 8 + 24 + 192 + 48 + 4 + image
        assert (("out", 80, "siginfo tail", True) in frame) is (("out", 48, "siginfo", False) in frame)
