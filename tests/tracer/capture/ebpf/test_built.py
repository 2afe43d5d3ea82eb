"""The object in the package is what its source says."""

from __future__ import annotations

import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from tracer.capture.ebpf.object import parse

_BUILT_WITH = "version 14."


@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not installed")
@pytest.mark.parametrize("name", ["iotrace", "top"])
def test_building_it_again_gives_the_same_programs(tmp_path: Path, name: str) -> None:
    """Instruction by instruction, with the compiler it was built with; with another, as many programs."""
    folder = resources.files("tracer.capture.ebpf")
    source = tmp_path / f"{name}.bpf.c"
    source.write_text(folder.joinpath(f"{name}.bpf.c").read_text())
    makefile = folder.joinpath("Makefile").read_text()
    flags = next(line for line in makefile.splitlines() if line.startswith("FLAGS")).partition(":=")[2].split()
    made = tmp_path / "made.o"
    done = subprocess.run(["clang", *flags, "-c", source, "-o", made], capture_output=True, text=True, timeout=60)
    if "No available targets" in done.stderr or "unknown target" in done.stderr:
        pytest.skip("this clang has no BPF target")
    assert done.returncode == 0, done.stderr
    ours, again = parse(folder.joinpath(f"{name}.x86_64.bpf.o").read_bytes()), parse(made.read_bytes())
    version = subprocess.run(["clang", "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    if _BUILT_WITH in version:
        assert again == ours
    else:
        assert again.programs.keys() == ours.programs.keys()
