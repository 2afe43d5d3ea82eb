"""Layouts are those a C compiler makes of the kernel's headers; compat structures are as the kernel has them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tracer.syscalls.layouts import AARCH64, I386, I386_TIME64, X32, X86_64, Model, lay_out, layout
from tracer.syscalls.structure_fields import STRUCTURES

HEADERS = """
#define _GNU_SOURCE
#include <stddef.h>
#include <asm/ldt.h>
#include <asm/shmbuf.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/filter.h>
#include <linux/mqueue.h>
#include <linux/sysinfo.h>
#include <linux/quota.h>
#include <linux/time.h>
#include <linux/timex.h>
#include <linux/resource.h>
#include <linux/times.h>
#include <linux/utime.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
"""
LIBRARY = "#include <stddef.h>\n#include <sys/socket.h>\n"
"""The kernel shares these with programs, but has them in no header for programs."""
OF_THE_LIBRARY = frozenset({"iovec", "msghdr", "cmsghdr"})
SIZES = {
    "iovec": "iovec", "msghdr": "msghdr", "cmsghdr": "cmsghdr", "timespec": "__kernel_old_timespec",
    "timeval": "__kernel_old_timeval", "utimbuf": "utimbuf", "tms": "tms",
    "rusage": "rusage", "rlimit": "rlimit", "sysinfo": "sysinfo", "flock": "flock", "stat": "stat",
    "statfs": "statfs", "statfs64": "statfs64", "epoll_event": "epoll_event", "mq_attr": "mq_attr",
    "sock_fprog": "sock_fprog", "dqblk": "if_dqblk", "user_desc": "user_desc", "shmid_ds": "shmid64_ds",
}  # fmt: skip
"""Our name of a structure and that of the header."""
OFFSETS = {
    ("msghdr", "iov"): "msg_iov", ("msghdr", "controllen"): "msg_controllen", ("msghdr", "flags"): "msg_flags",
    ("stat", "mode"): "st_mode", ("stat", "size"): "st_size", ("stat", "rdev"): "st_rdev",
    ("sysinfo", "mem_unit"): "mem_unit", ("flock", "len"): "l_len", ("statfs", "fsid1"): "f_fsid",
    ("statfs64", "namelen"): "f_namelen", ("sock_fprog", "filter"): "filter", ("cmsghdr", "type"): "cmsg_type",
}  # fmt: skip
ONLY = {"x86_64": {"statfs64"}}
"""Structures that only programs of the other kind have."""


def _checked(folder: Path, option: str, lines: list[str]) -> None:
    source = folder / "layouts.c"
    source.write_text("\n".join(lines))
    done = subprocess.run(
        ["gcc", option, "-fsyntax-only", source], check=False, capture_output=True, text=True, timeout=60
    )
    if "fatal error" in done.stderr or "not compiled in" in done.stderr:
        pytest.skip(f"no headers for gcc {option} (gcc-multilib)")
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize("headers", [HEADERS, LIBRARY], ids=["kernel", "library"])
@pytest.mark.parametrize(("option", "model"), [("-m64", X86_64), ("-m32", I386)])
def test_a_compiler_lays_structures_out_alike(option: str, model: Model, headers: str, tmp_path: Path) -> None:
    """Sizes, and the offsets of fields behind a pointer, a long, or padding."""
    names = {name: of for name, of in SIZES.items() if (name in OF_THE_LIBRARY) == (headers is LIBRARY)}
    names = {name: of for name, of in names.items() if name not in ONLY.get(model.machine, ())}
    lines = [
        f'_Static_assert(sizeof(struct {of}) == {layout(name, model).size}, "{name}");'
        for name, of in names.items()
    ]
    for (name, field), of in OFFSETS.items():
        if name in names:
            offset = layout(name, model).field(field).offset
            lines.append(f'_Static_assert(offsetof(struct {names[name]}, {of}) == {offset}, "{of}");')
    assert len(lines) > 5
    _checked(tmp_path, option, [headers, *lines])


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        # x86-64, i386, i386 with 64-bit times, x32 from number 512 on
        ("timex", (208, 128, 208, 208)),
        ("sigaction", (32, 20, 20, 20)),
        ("stack_t", (24, 12, 12, 12)),
        ("sigset_argpack", (16, 8, 8, 8)),
        ("mmsghdr", (64, 32, 32, 32)),
        ("timespec", (16, 8, 16, 16)),
        ("timespec64", (16, 16, 16, 16)),
        ("itimerspec", (32, 16, 32, 32)),
        ("flock64", (32, 24, 24, 24)),
        ("dqblk", (72, 68, 68, 68)),
        ("kexec_segment", (32, 16, 16, 16)),
        ("siginfo", (128, 128, 128, 128)),
        ("sigevent", (64, 64, 64, 64)),
    ],
)
def test_compat_structures_have_the_kernels_sizes(name: str, sizes: tuple[int, ...]) -> None:
    """linux/compat.h, kernel/time/time.c, linux/socket.h."""
    assert tuple(layout(name, model).size for model in (X86_64, I386, I386_TIME64, X32)) == sizes


@pytest.mark.parametrize("model", [X86_64, AARCH64, I386, I386_TIME64, X32])
def test_every_structure_can_be_laid_out(model: Model) -> None:
    """Fields follow each other without overlap and end within the structure."""
    for name in STRUCTURES:
        end = 0
        for field in layout(name.partition("@")[0], model).fields:
            assert field.offset >= end
            end = field.offset + field.width
        assert end <= layout(name.partition("@")[0], model).size


def test_the_fraction_of_a_64_bit_time_is_its_low_half_in_a_32_bit_program() -> None:
    data = (3).to_bytes(8, "little") + (7).to_bytes(4, "little") + b"\xff\xff\xff\xff"
    assert layout("timespec", I386_TIME64).packed.unpack_from(data) == (3, 7)


def test_names_that_begin_with_an_underscore_are_not_shown() -> None:
    made = lay_out("B:one I:_hidden =16 H*2:two", I386)
    assert made.size == 16
    assert [each.offset for each in made.fields] == [0, 4, 8, 10]
    assert made.values(bytes(range(16))) == [0, 0x0908, 0x0B0A]
