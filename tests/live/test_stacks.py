"""User stacks of real programs: the right names, with the right shares, however a program was made."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live.bpf import bpf_refused
from tests.live.markdown import DOCS, commands
from tests.live.recorded import IOTRACE, TIMEOUT, iotrace
from tests.live.stacks import NAPS, SPINS, TWO_WAYS, below, build, folded, recorded

BACKENDS = [
    "ptrace",
    pytest.param("ebpf", marks=pytest.mark.skipif(bool(bpf_refused()), reason=f"no BPF here: {bpf_refused()}")),
]
BLOCKED = ("main", "a_top", "b_middle", "c_read", "read", "read_[k]")
SPINNING = ("main", "spin_loop", "spin_read", "read", "read_[k]")

JIT = r"""
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
__attribute__((noinline)) void wait_a_bit(void) { usleep(5000); }
int main(void) {
    unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xd0, 0x5d, 0xc3};
    void (*function)(void) = (void *)wait_a_bit;
    memcpy(code + 6, &function, 8);
    char *made = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(made, code, sizeof code);
    char name[64];
    sprintf(name, "/tmp/perf-%d.map", getpid());
    FILE *map = fopen(name, "w");
    fprintf(map, "%lx %lx js:answer /app/server.js:42\n", (long)made, (long)sizeof code);
    fclose(map);
    ((void (*)(void))made)();
    printf("%s", name);
    return 0;
}
"""

LIBRARY = r"""
#include <unistd.h>
__attribute__((noinline)) void deep_inside(void) { usleep(5000); }
void from_library(void) { deep_inside(); }
"""

OPENS_LIBRARY = r"""
#include <dlfcn.h>
int main(int argc, char **argv) {
    void *library = dlopen(argv[1], RTLD_NOW);
    ((void (*)(void))dlsym(library, "from_library"))();
    return 0;
}
"""

THREADS = r"""
#include <pthread.h>
#include <unistd.h>
__attribute__((noinline)) void first_waits(void) { usleep(5000); }
__attribute__((noinline)) void second_waits(void) { usleep(5000); }
static void *first(void *no) { first_waits(); return 0; }
static void *second(void *no) { second_waits(); return 0; }
int main(void) {
    pthread_t a, b;
    pthread_create(&a, 0, first, 0); pthread_create(&b, 0, second, 0);
    pthread_join(a, 0); pthread_join(b, 0);
    return 0;
}
"""

FOREVER = r"""
#include <unistd.h>
__attribute__((noinline)) void again(void) { usleep(3000); }
int main(void) { for (;;) again(); }
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_who_blocked_and_who_spun(tmp_path: Path, backend: str) -> None:
    """Every blocked read has the whole path to it, every EAGAIN the other; the sums are those of the report."""
    run = recorded([build(TWO_WAYS, tmp_path)], tmp_path, backend)
    blocked, wasted, calls = (folded(run.path, by) for by in ("blocked", "wasted", "calls"))
    assert below(calls, *SPINNING) == below(calls, "spin_read") == SPINS
    assert below(wasted, *SPINNING) == sum(wasted.values()) > 0
    assert below(blocked, *BLOCKED) > 0
    assert below(blocked, "spin_loop") == 0
    assert below(blocked, "main", "nap", "nanosleep") >= NAPS * 15_000_000
    assert 1 <= below(calls, *BLOCKED) <= NAPS
    report = {row["name"]: row for row in run.report("--phase", "all")["syscalls"]}
    of_read = sum(value for stack, value in blocked.items() if stack[-1] == "read_[k]")
    assert of_read == report["read"]["blocked_ns"]


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("flags", [["-no-pie"], ["-static"], ["-static-pie"], ["-g"], ["-fomit-frame-pointer"]])
def test_however_it_was_linked(tmp_path: Path, backend: str, flags: list[str]) -> None:
    """Without a frame pointer the files' own rules lead from one function to the next."""
    run = recorded([build(TWO_WAYS, tmp_path, *flags)], tmp_path, backend)
    blocked, calls = folded(run.path, "blocked"), folded(run.path, "calls")
    reads = [stack for stack in calls if stack[-1] == "read_[k]" and "main" in stack]
    assert {stack[stack.index("main") :][:-2] for stack in reads} == {BLOCKED[:-2], SPINNING[:-2]}
    assert below(blocked, *BLOCKED[:4]) > 0


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_of_a_stripped_program_places_are_told(tmp_path: Path, backend: str) -> None:
    """No names where there are none; those of the C library stay. What is missing is said."""
    program = build(TWO_WAYS, tmp_path, "-s")
    run = recorded([program], tmp_path, backend)
    wasted = folded(run.path, "wasted")
    own = {tuple([frame for frame in stack if frame.startswith("program+0x")][-3:]) for stack in wasted}
    assert [len(frames) for frames in own] == [3]
    assert {stack[-2:] for stack in wasted} == {("read", "read_[k]")}
    done = iotrace("export", run.path, "--to", "folded", "--stacks", "wasted")
    assert f"{program} (no symbol)" in done.stderr
    addresses = subprocess.run(["objdump", "-d", program], capture_output=True, text=True, timeout=TIMEOUT).stdout
    assert "<read@plt>" in addresses


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_names_of_another_file_are_not_told(tmp_path: Path, backend: str) -> None:
    """The program was built again since: its functions lie elsewhere."""
    program = build(TWO_WAYS, tmp_path)
    run = recorded([program], tmp_path, backend)
    program.unlink()
    build(THREADS, tmp_path)
    wasted = folded(run.path, "wasted")
    assert all(any(frame.startswith("program+0x") for frame in stack) for stack in wasted)
    assert below(wasted, "main") == 0
    done = iotrace("export", run.path, "--to", "folded", "--stacks", "wasted")
    assert "changed since" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_library_opened_later(tmp_path: Path, backend: str) -> None:
    library = build(LIBRARY, tmp_path, "-shared", "-fPIC", name="plugin.so")
    run = recorded([build(OPENS_LIBRARY, tmp_path), library], tmp_path, backend)
    assert below(folded(run.path, "blocked"), "main", "from_library", "deep_inside", "usleep") > 4_000_000


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_threads_have_stacks_of_their_own(tmp_path: Path, backend: str) -> None:
    blocked = folded(recorded([build(THREADS, tmp_path)], tmp_path, backend).path, "blocked")
    assert below(blocked, "first", "first_waits", "usleep") > 4_000_000
    assert below(blocked, "second", "second_waits", "usleep") > 4_000_000
    assert below(blocked, "first", "second_waits") == 0


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_programs_started_by_others(tmp_path: Path, backend: str) -> None:
    """Each in its own address space: a shell starts the program twice, and is gone when one looks."""
    program = build(TWO_WAYS, tmp_path)
    run = recorded(["sh", "-c", f"{program}; {program}; exit 0"], tmp_path, backend)
    assert below(folded(run.path, "calls"), *SPINNING) == 2 * SPINS


@pytest.mark.slow
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the code it makes is of x86-64")
@pytest.mark.parametrize("backend", BACKENDS)
def test_code_made_at_run_time(tmp_path: Path, backend: str) -> None:
    """Its maker names it in a file; the frames around it are there too. Without the file: nothing is made up."""
    run = recorded([build(JIT, tmp_path)], tmp_path, backend)
    path = Path(run.output.decode())
    assert path.name.startswith("perf-")
    try:
        assert below(folded(run.path, "blocked"), "main", "js:answer /app/server.js:42", "wait_a_bit") > 4_000_000
    finally:
        path.unlink()
    assert below(folded(run.path, "blocked"), "main", "[unknown]", "wait_a_bit") > 4_000_000


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_32_bit_program(tmp_path: Path, backend: str) -> None:
    """At least nothing wrong: what is named is on the path, and the path begins at main."""
    try:
        program = build(TWO_WAYS, tmp_path, "-m32", "-static")
    except subprocess.CalledProcessError:
        pytest.skip("no 32-bit C library")
    wasted = folded(recorded([program], tmp_path, backend).path, "wasted")
    named = {frame for stack in wasted for frame in stack if not frame.startswith(("program+", "["))}
    assert "spin_loop" in named
    assert not named & {"a_top", "b_middle", "c_read", "nap"}


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_recorded_before_a_kill(tmp_path: Path, backend: str) -> None:
    """kill -9 of iotrace in the middle: the stacks up to then are there, and have names."""
    program, path = build(FOREVER, tmp_path), tmp_path / "killed.iotrace"
    command = [*IOTRACE, "record", "-o", str(path), "--stacks", "--backend", backend, "--", str(program)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end and not (path.exists() and path.stat().st_size > 100_000):
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(TIMEOUT)
    assert below(folded(path, "blocked"), "main", "again", "usleep") > 3_000_000


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_functions_of_node(tmp_path: Path) -> None:
    """--perf-basic-prof: frames of the interpreter and of compiled functions by name."""
    script = tmp_path / "server.js"
    script.write_text(
        "const fs = require('fs');\n"
        "function findNothing() { try { fs.readFileSync('/nonexistent/file'); } catch (e) {} }\n"
        "function lookOften() { for (let i = 0; i < 300; i++) findNothing(); }\n"
        "lookOften();\n"
    )
    command = ["node", "--perf-basic-prof", "--interpreted-frames-native-stack"]
    command += ["--no-logfile-per-isolate", f"--logfile={tmp_path}/v8.log"]  # else one is left where we are
    run = recorded([*command, script], tmp_path, "ptrace", "--stacks=openat")
    calls = folded(run.path, "calls")
    for path in Path("/tmp").glob("perf-*.map"):
        if path.stat().st_uid == os.getuid() and b"findNothing" in path.read_bytes():
            path.unlink()
    found = [stack for stack in calls if stack[-1] == "openat_[k]" and any("findNothing" in each for each in stack)]
    assert sum(calls[stack] for stack in found) >= 250
    assert all(any("lookOften" in frame for frame in stack) for stack in found)


def test_a_recording_without_stacks_says_how_to_get_them(tmp_path: Path) -> None:
    run = iotrace("record", "-o", tmp_path / "plain.iotrace", "--", sys.executable, "-c", "pass")
    assert run.returncode == 0
    done = iotrace("export", tmp_path / "plain.iotrace", "--to", "folded", "--stacks", "blocked")
    assert done.returncode == 2
    assert "iotrace record --stacks" in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    command = tmp_path / "iotrace"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iotrace.main "$@"\n')
    command.chmod(0o755)
    surroundings = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(DOCS.parent)}
    for line in commands("stacks.md"):
        done = subprocess.run(
            ["sh", "-c", line], check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=TIMEOUT, cwd=tmp_path, env=surroundings,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (
        "recvfrom_[k]" in (tmp_path / "wasted.folded").read_text()
        or "read_[k]" in (tmp_path / "wasted.folded").read_text()
    )
