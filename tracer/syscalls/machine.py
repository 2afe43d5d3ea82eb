"""The machine and its kernel: modules, kexec, names, old x86 calls. Most need privileges, few move memory."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import data_in, fd, flags, struct_in, struct_out, text, value, values
from tracer.syscalls.expression import (
    ALWAYS,
    RESULT,
    SUCCEEDED,
    among,
    arg,
    both,
    failed,
    int_arg,
    negate,
    same,
    size_of,
    times,
    unless,
)
from tracer.syscalls.model import CONTROL, IN, OUT, STRING, Arg, Syscall, call, memory

_ALLOWED: Final = unless("EPERM", "EINVAL")
_UNSURE: Final = failed("EINVAL")
_USTAT: Final = size_of("ustat")
_USER_DESC: Final = 16
_KEXEC_SEGMENT: Final = size_of("kexec_segment")


def _scalar(name: str, text_of_values: str = "", returns: str = "int") -> Syscall:
    return call(name, *values(text_of_values), returns=returns)


def _hostname(name: str) -> Syscall:
    return call(name, data_in("name", int_arg("len"), on=_ALLOWED, kind=CONTROL), value("len"))


def _modify_ldt() -> Syscall:
    """func 0 and 2 read entries, 1 and 0x11 write one (modify_ldt(2))."""
    function = int_arg("func")
    got = memory(OUT, CONTROL, RESULT, given=among(function, 0, 2), on=SUCCEEDED, what="ldt")
    put = memory(IN, CONTROL, _USER_DESC, given=among(function, 1, 0x11), on=unless("EINVAL"), what="user_desc")
    return call(
        "modify_ldt", value("func"), Arg("ptr", "raw", (got, put)), value("bytecount", "size"), unknown=_UNSURE
    )


def _reboot() -> Syscall:
    """Only LINUX_REBOOT_CMD_RESTART2 has a fourth argument, a string of at most 255 bytes (kernel/reboot.c)."""
    restart2 = same(arg("cmd"), 0xA1B2C3D4)
    command = memory(IN, CONTROL, 255, shape=STRING, given=restart2, on=_ALLOWED, what="command")
    return call(
        "reboot", *values("magic:hex magic2:hex cmd:const:reboot"), Arg("arg", "string_or_address", (command,))
    )


def _sysfs() -> Syscall:
    """Option 1 asks for the index of a type, 2 for the type of an index, 3 how many there are (sysfs(2))."""
    option = int_arg("option")
    name = memory(IN, CONTROL, 0, shape=STRING, given=same(option, 1), what="fsname")
    return call(
        "sysfs", value("option"), Arg("arg1", "string_or_address", (name,)), value("arg2", "address"),
        unknown=both(SUCCEEDED, negate(among(option, 1, 3))),
    )  # fmt: skip


CALLS: Final[tuple[Syscall, ...]] = (
    _hostname("sethostname"),
    _hostname("setdomainname"),
    _scalar("iopl", "level:int"),
    _scalar("ioperm", "from:ulong num:ulong turn_on:int"),
    call("ustat", value("dev", "hex"), struct_out("ubuf", "struct:ustat", _USTAT)),
    _sysfs(),
    _modify_ldt(),
    _reboot(),
    call(
        "init_module", data_in("module_image", arg("len"), on=unless("EPERM", "ENOEXEC")), value("len", "size"),
        text("param_values", on=SUCCEEDED), unknown=negate(SUCCEEDED),
    ),
    call("finit_module", fd(), text("param_values", on=SUCCEEDED), flags("flags", "finit_module"),
         unknown=negate(SUCCEEDED)),
    # At most MODULE_NAME_LEN - 1 = 55 bytes of the name are read (kernel/module/main.c).
    call("delete_module", Arg("name", "string", (
        memory(IN, CONTROL, 55, shape=STRING, on=unless("EPERM"), what="name"),
    )), flags("flags", "descriptor")),
    call(
        "kexec_load", *values("entry:address nr_segments:size"),
        struct_in("segments", "raw", times(_KEXEC_SEGMENT, arg("nr_segments")), on=_ALLOWED), value("flags", "hex"),
        unknown=_UNSURE,
    ),
    call(
        "kexec_file_load", fd("kernel_fd"), fd("initrd_fd"), value("cmdline_len", "size"),
        struct_in("cmdline", "raw", arg("cmdline_len"), on=SUCCEEDED), value("flags", "hex"),
        unknown=negate(SUCCEEDED),
    ),
    _scalar("map_shadow_stack", "addr:address size:size flags:hex", "address"),
    # Entered by code the kernel itself placed for uprobes: they read and rewrite the probed stack.
    call("uprobe", unknown=ALWAYS),
    call("uretprobe", unknown=ALWAYS),
    _scalar("rseq_slice_yield"),
    # In the table of x86-64, but never made by a 64-bit kernel: ENOSYS (syscall_64.tbl).
    call("set_thread_area", value("u_info", "address")),
    call("get_thread_area", value("u_info", "address")),
    call("lookup_dcookie", *values("cookie:hex buffer:address len:size")),
    call("epoll_ctl_old", *values("epfd:fd op:const:epoll_ctl fd:fd event:address")),
    call("epoll_wait_old", *values("epfd:fd events:address maxevents:int timeout:milliseconds")),
)  # fmt: skip
