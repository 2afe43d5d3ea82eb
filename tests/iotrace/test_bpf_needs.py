"""What is missing for the BPF programs is said as what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from iotrace.bpf_needs import lacking, version


@pytest.mark.parametrize(
    ("machine", "release", "types", "expected"),
    [
        ("riscv64", "6.12.1", True, "They are made for x86-64 and arm64; this machine is riscv64."),
        ("x86_64", "5.10.0-32-amd64", True, "They need Linux 6.1 or newer; this is 5.10.0-32-amd64."),
        ("x86_64", "5.10.0", False, "They need Linux 6.1 or newer; this is 5.10.0."),
        ("aarch64", "6.1.0", False, "type information (CONFIG_DEBUG_INFO_BTF)"),
        ("aarch64", "6.1.0", True, "Linux 6.1 or newer with type information (BTF); this is 6.1.0."),
    ],
)
def test_the_first_thing_that_is_missing_is_named(
    tmp_path: Path, machine: str, release: str, types: bool, expected: str
) -> None:
    """The machine before the kernel, the kernel before what it was built with."""
    file = tmp_path / "vmlinux"
    if types:
        file.touch()
    assert expected in lacking(machine, release, file)


def test_a_kernel_that_is_locked_down_is_named(tmp_path: Path) -> None:
    """Only the mode that forbids what the programs do."""
    types, lockdown = tmp_path / "vmlinux", tmp_path / "lockdown"
    types.touch()
    lockdown.write_text("none integrity [confidentiality]\n")
    assert "lockdown=confidentiality" in lacking("x86_64", "6.1.0", types, lockdown)
    lockdown.write_text("none [integrity] confidentiality\n")
    assert "lockdown" not in lacking("x86_64", "6.1.0", types, lockdown)


@pytest.mark.parametrize(
    ("release", "expected"),
    [("6.1.0-50-amd64", (6, 1)), ("6.12.107+deb13-arm64", (6, 12)), ("7.0-rc1", (7, 0)), ("custom", (0, 0))],
)
def test_a_release_as_numbers(release: str, expected: tuple[int, int]) -> None:
    """Whatever a distribution adds to it."""
    assert version(release) == expected
