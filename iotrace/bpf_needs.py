"""What the BPF programs need of a machine and its kernel, and which of it is not here."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

OLDEST: Final = (6, 1)
"""The oldest kernel they were tried on (docs/backends/ebpf.md, "Which kernels")."""
_MACHINES: Final = {"x86_64": "x86-64", "aarch64": "arm64"}
_TYPES: Final = Path("/sys/kernel/btf/vmlinux")
_LOCKDOWN: Final = Path("/sys/kernel/security/lockdown")
"""Its modes, the present one in brackets (kernel_lockdown(7))."""


def lacking(machine: str = "", release: str = "", types: Path = _TYPES, lockdown: Path = _LOCKDOWN) -> str:
    """A sentence about what is not here; when all seems to be, about what is needed. By default of this machine."""
    machine, release = machine or os.uname().machine, release or os.uname().release
    if machine not in _MACHINES:
        return f"They are made for {' and '.join(_MACHINES.values())}; this machine is {machine}."
    if version(release) < OLDEST:
        return f"They need Linux {OLDEST[0]}.{OLDEST[1]} or newer; this is {release}."
    if not types.exists():
        return f"They need a kernel with type information (CONFIG_DEBUG_INFO_BTF): there is no {types}."
    if "[confidentiality]" in _text(lockdown):
        return "They read memory of the kernel, which lockdown=confidentiality forbids (kernel_lockdown(7))."
    return f"They need Linux {OLDEST[0]}.{OLDEST[1]} or newer with type information (BTF); this is {release}."


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def version(release: str) -> tuple[int, int]:
    """Major and minor number of a kernel's release; zeros for what has none."""
    found = re.match(r"(\d+)\.(\d+)", release)
    return (int(found[1]), int(found[2])) if found else (0, 0)
