"""Signal sets, actions and siginfo."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.constants_network import FLAGS as NETWORK_FLAGS
from tracer.decode.constants_process import (
    CHILD_CODES,
    FAULT_CODES,
    FLAGS,
    POLL_CODES,
    SI_CODES,
    signal_name,
)
from tracer.decode.flags import flags_text
from tracer.decode.look import ENTRY, Look, Reader, laid_out, structure
from tracer.decode.text import Unread
from tracer.syscalls.layouts import layout
from tracer.syscalls.structures import SIGSET

_ALL: Final = 64
_SIGCHLD, _SIGSYS = 17, 31


def sigset_text(mask: int) -> str:
    """[INT TERM]; ~[...] with the ones that are missing when most are in it."""
    present = [number for number in range(1, _ALL + 1) if mask >> (number - 1) & 1]
    if len(present) > _ALL // 2:
        absent = [number for number in range(1, _ALL + 1) if not mask >> (number - 1) & 1]
        return f"~[{_names(absent)}]"
    return f"[{_names(present)}]"


_SET: Final = structure("<Q", sigset_text)
_SIZES: Final = frozenset({"sigsetsize", "sizemask"})


def _sigset(look: Look) -> str:
    """A set; its address alone when the call says another size than a set has, and so is refused unread."""
    for place, each in enumerate(look.declared.args):
        if each.name in _SIZES and look.row.args[place] != SIGSET:
            return f"{look.value:#x}" if look.value else "NULL"
    return _SET(look)


def _names(numbers: list[int]) -> str:
    return " ".join(signal_name(number).removeprefix("SIG") for number in numbers)


def _old_action(handler: int, mask: int, flags: int, restorer: int) -> str:
    return _action(handler, flags, restorer, mask)


def _action(handler: int, flags: int, restorer: int, mask: int) -> str:
    """The kernel's struct sigaction: handler, flags, restorer, mask."""
    name = {0: "SIG_DFL", 1: "SIG_IGN"}.get(handler, f"{handler:#x}")
    text = f"{{sa_handler={name}, sa_mask={sigset_text(mask)}, sa_flags={flags_text(flags, FLAGS['sigaction'])}"
    return text + (f", sa_restorer={restorer:#x}}}" if restorer else "}")


def _stack(base: int, flags: int, size: int) -> str:
    return f"{{ss_sp={base:#x}, ss_flags={flags_text(flags & 0xFFFFFFFF, FLAGS['sigaltstack'])}, ss_size={size}}}"


_HEAD: Final = Struct("<iii")


def siginfo_text(data: bytes, word: int = 8) -> str:
    """A siginfo_t by its si_code, which alone says which fields mean something (sigaction(2)).

    A real-time signal set with F_SETSIG carries POLL_* codes, a descriptor and a band like SIGIO does; judged by
    its number it would look like a queued value."""
    if len(data) < 32:
        return "{}" if not data else f"{{<cut off: {len(data)} bytes>}}"
    number, errno_, code = _HEAD.unpack_from(data)
    text = f"{{si_signo={signal_name(number)}, si_code={code_name(number, code)}"
    if errno_:
        text += f", si_errno={errno_}"
    fields = _fields(number, code, data, word)
    return text + "".join(f", {name}={value}" for name, value in fields) + "}"


def code_name(number: int, code: int) -> str:
    """The name of an si_code of signal `number`."""
    if code <= 0 or code == 0x80:
        return SI_CODES.get(code, str(code))
    if number == _SIGCHLD:
        return CHILD_CODES.get(code, str(code))
    if number in FAULT_CODES:
        return FAULT_CODES[number].get(code, str(code))
    return POLL_CODES.get(code, str(code))


def _fields(number: int, code: int, data: bytes, word: int) -> list[tuple[str, object]]:
    base = 16 if word == 8 else 12  # a union that holds pointers is aligned to them
    first, second, third = (
        int.from_bytes(data[at : at + 4], "little", signed=True) for at in (base, base + 4, base + 8)
    )
    pointer = int.from_bytes(data[base : base + word], "little")
    behind = int.from_bytes(data[base + word : base + word + 4], "little", signed=True)
    value = int.from_bytes(data[base + 8 : base + 8 + word], "little")
    if code in (0, -6):
        return [("si_pid", first), ("si_uid", second)]
    if code == -2:
        return [("si_timerid", first), ("si_overrun", second), ("si_int", third), ("si_ptr", f"{value:#x}")]
    if code < 0:
        return [("si_pid", first), ("si_uid", second), ("si_int", third), ("si_ptr", f"{value:#x}")]
    if code == 0x80:
        return [("si_addr", f"{pointer:#x}")] if number in FAULT_CODES else []
    if number == _SIGCHLD:
        status = third if code == 1 else signal_name(third)
        return [("si_pid", first), ("si_uid", second), ("si_status", status)]
    if number == _SIGSYS:
        return [("si_call_addr", f"{pointer:#x}"), ("si_syscall", behind)]
    if number in FAULT_CODES:
        return [("si_addr", f"{pointer:#x}")]
    if code in POLL_CODES:
        band = flags_text(pointer & 0xFFFF, NETWORK_FLAGS["poll"])
        return [("si_band", band), ("si_fd", behind)]
    return [("si_pid", first), ("si_uid", second)]


def _siginfo(look: Look) -> str:
    if not look.value:
        return "NULL"
    data = look.latest()
    return look.missing(data) if isinstance(data, Unread) else siginfo_text(data, look.model.word)


def _argpack(look: Look) -> str:
    """pselect6's pointer to {signal set, size}."""
    if not look.value:
        return "NULL"
    pack = look.piece(ENTRY)
    shape = layout("sigset_argpack", look.model)
    if isinstance(pack, Unread) or len(pack) < shape.size:
        return look.missing(pack if isinstance(pack, Unread) else Unread("cut off"))
    pointer, size = shape.packed.unpack_from(pack)
    mask = look.piece(ENTRY, pointer)
    text = "NULL" if not pointer else f"{pointer:#x}"
    if not isinstance(mask, Unread) and pointer and size == SIGSET:
        text = sigset_text(int.from_bytes(mask, "little"))
    return f"{{sigmask={text}, sigsetsize={size}}}"


_NOTIFY: Final = {0: "SIGEV_SIGNAL", 1: "SIGEV_NONE", 2: "SIGEV_THREAD", 4: "SIGEV_THREAD_ID"}


def _event(value: int, number: int, notify: int, tid: int) -> str:
    """struct sigevent (sigevent(3type)): the thread matters to SIGEV_THREAD_ID only."""
    parts = [f"sigev_value={value:#x}"] if value else []
    parts += [f"sigev_signo={signal_name(number)}", f"sigev_notify={_NOTIFY.get(notify, notify)}"]
    parts += [f"sigev_notify_thread_id={tid}"] if notify == 4 else []
    return "{" + ", ".join(parts) + "}"


SIGNAL_READERS: Final[dict[str, Reader]] = {
    "sigset": _sigset,
    "old_sigset": laid_out("word", sigset_text),
    "sigaction": laid_out("sigaction", _action),
    "old_sigaction": laid_out("old_sigaction", _old_action),
    "stack_t": laid_out("stack_t", _stack),
    "siginfo": _siginfo,
    "argpack": _argpack,
    "sigevent": laid_out("sigevent", _event),
}  # fmt: skip
