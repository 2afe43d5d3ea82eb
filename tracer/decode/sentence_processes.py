"""Sentences of the calls that make, end, wait for and signal processes."""

from __future__ import annotations

from typing import Final

from tracer.decode.constants_process import signal_name
from tracer.decode.look import ENTRY, EXIT
from tracer.decode.sentence_data import Saying
from tracer.decode.text import Unread
from tracer.decode.told import Told

_CLONE_VM, _CLONE_VFORK, _CLONE_THREAD = 0x100, 0x4000, 0x10000


def _made(flags: int, told: Told) -> tuple[str, str]:
    if flags & _CLONE_THREAD:
        return "starts a thread", f"it is {told.result}"
    waits = ", and waits until that has begun its own program" if flags & _CLONE_VFORK else ""
    return f"makes a child process{waits}", f"it is {told.result}" if told.result else "this is the child"


def _clone(told: Told) -> tuple[str, str]:
    return _made(told.value("flags"), told)


def _clone3(told: Told) -> tuple[str, str]:
    data = told.look("cl_args").piece(ENTRY)
    return _made(0 if isinstance(data, Unread) else int.from_bytes(data[:8], "little"), told)


def _exec(told: Told) -> tuple[str, str]:
    return (
        f"replaces its program with {told.text('pathname')}, called {told.text('argv')}",
        "the new program begins",
    )


def _exit(whole: bool) -> Saying:
    what = "the process, with all its threads," if whole else "this thread"
    return lambda told: (f"ends {what} with status {told.number('status') & 0xFF}", "")


_WNOHANG: Final = 1


def _whom(pid: int) -> str:
    return "any child" if pid in (-1, 0) else f"process {pid}" if pid > 0 else f"any child in group {-pid}"


def _wait(told: Told) -> tuple[str, str]:
    whom = _whom(told.number("pid"))
    if told.number("options") & _WNOHANG:
        does = f"asks, without waiting, whether {whom} has ended"
    else:
        does = f"waits until {whom} ends"
    return does, f"{told.result} {_ending(told)}" if told.result else "none has"


def _ending(told: Told) -> str:
    data = told.look("wstatus").piece(EXIT) if told.value("wstatus") else b""
    if isinstance(data, Unread) or len(data) < 4:
        return "has"
    status = int.from_bytes(data[:4], "little")
    if status & 0x7F == 0:
        return f"exited with {status >> 8 & 0xFF}"
    if status & 0xFF == 0x7F:
        return f"was stopped by {signal_name(status >> 8 & 0xFF)}"
    return "continues" if status == 0xFFFF else f"was killed by {signal_name(status & 0x7F)}"


def _wait_id(told: Told) -> tuple[str, str]:
    waits = "asks, without waiting, whether" if told.number("options") & _WNOHANG else "waits until"
    return f"{waits} a child changes its state ({told.text('idtype')})", told.text("infop")


def _action(told: Told) -> tuple[str, str]:
    name = told.text("signum")
    if not told.value("act"):
        return f"asks what {name} does", told.text("oldact")
    data = told.look("act").piece(ENTRY)
    handler = -1 if isinstance(data, Unread) else int.from_bytes(data[:8], "little")
    if handler < 0:
        return f"changes what {name} does", ""
    what = {0: "does what it does by default", 1: "is ignored"}.get(handler, "calls a function of the program")
    return f"arranges that {name} {what}", ""


_HOW: Final = {0: "also holds back", 1: "no longer holds back", 2: "holds back exactly"}


def _mask(told: Told) -> tuple[str, str]:
    if not told.value("set"):
        return "asks which signals it holds back", told.text("oldset")
    return f"{_HOW.get(told.number('how'), 'changes')} the signals {told.text('set')}", ""


def _signal_sent(whom: str, name: str) -> Saying:
    def say(told: Told) -> tuple[str, str]:
        number = told.text("sig")
        if number == "0":
            return f"asks whether {whom} {told.number(name)} exists", "it does"
        return f"sends {number} to {whom} {told.number(name)}", ""

    return say


def _awaits(told: Told) -> tuple[str, str]:
    return f"waits for one of the signals {told.text('set')}", f"{signal_name(told.result)} came"


def _asks(what: str) -> Saying:
    return lambda told: (f"asks for {what}", f"it is {told.result}")


def _limit(told: Told) -> tuple[str, str]:
    if told.value("new_limit"):
        return f"sets the limit {told.text('resource')} to {told.text('new_limit')}", ""
    return f"asks for the limit {told.text('resource')}", told.text("old_limit")


PROCESSES: Final[dict[str, Saying]] = {
    "clone": _clone,
    "clone3": _clone3,
    "fork": lambda told: _made(0, told),
    "vfork": lambda told: _made(_CLONE_VFORK, told),
    "execve": _exec,
    "execveat": _exec,
    "exit": _exit(whole=False),
    "exit_group": _exit(whole=True),
    "wait4": _wait,
    "waitid": _wait_id,
    "rt_sigaction": _action,
    "rt_sigprocmask": _mask,
    "rt_sigreturn": lambda _told: ("goes back to where a signal's handler interrupted it", ""),
    "rt_sigsuspend": lambda told: (f"waits for a signal, holding back {told.text('mask')} meanwhile", ""),
    "rt_sigtimedwait": _awaits,
    "pause": lambda _told: ("waits for a signal", ""),
    "restart_syscall": lambda _told: ("goes on with the call that a signal interrupted", ""),
    "kill": _signal_sent("process", "pid"),
    "tkill": _signal_sent("thread", "tid"),
    "tgkill": _signal_sent("thread", "tid"),
    "signalfd4": lambda told: (
        f"makes a descriptor that reads the signals {told.text('mask')}",
        f"it is {told.result}",
    ),
    "alarm": lambda told: (
        f"asks for SIGALRM in {told.text('seconds')} s"
        if told.number("seconds")
        else "asks for no SIGALRM any more",
        "",
    ),
    "setitimer": lambda told: (f"sets the timer {told.text('which')} to {told.text('new_value')}", ""),
    "getpid": _asks("its process number"),
    "gettid": _asks("its thread number"),
    "getppid": _asks("its parent's process number"),
    "getuid": _asks("its user"),
    "geteuid": _asks("the user whose rights it has"),
    "getgid": _asks("its group"),
    "getegid": _asks("the group whose rights it has"),
    "prlimit64": _limit,
    "set_tid_address": lambda _told: ("says where its thread number is to be cleared when it ends", ""),
    "set_robust_list": lambda _told: ("says where it lists the locks it holds, in case it dies", ""),
    "rseq": lambda _told: (
        "registers memory where the kernel says on which CPU it runs (restartable sequences)",
        "",
    ),
}
