"""The objects in the package are what their sources say."""

from __future__ import annotations

import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from tracer.capture.ebpf.object import parse

_BUILT_WITH = "version 14."
_MACHINES = ("x86_64", "aarch64")


@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not installed")
@pytest.mark.parametrize("machine", _MACHINES)
@pytest.mark.parametrize("name", ["iotrace", "summary", "threads", "top"])
def test_building_it_again_gives_the_same_programs(tmp_path: Path, name: str, machine: str) -> None:
    """Instruction by instruction, with the compiler it was built with; with another, as many programs."""
    with resources.as_file(resources.files("tracer.capture.ebpf").joinpath("programs")) as folder:
        sources = tmp_path / "programs"
        shutil.copytree(folder, sources)
        committed = folder.joinpath(f"{name}.{machine}.bpf.o").read_bytes()
    made = sources / f"{name}.{machine}.bpf.o"
    made.unlink()
    done = subprocess.run(["make", "-C", sources, made.name], capture_output=True, text=True, timeout=60)
    if "No available targets" in done.stderr or "unknown target" in done.stderr:
        pytest.skip("this clang has no BPF target")
    assert done.returncode == 0, done.stderr
    ours, again = parse(committed), parse(made.read_bytes())
    version = subprocess.run(["clang", "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    if _BUILT_WITH in version:
        assert again == ours
    else:
        assert again.programs.keys() == ours.programs.keys()
