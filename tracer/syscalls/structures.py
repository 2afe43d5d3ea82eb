"""Sizes in bytes of the structures of the kernel's ABI: numbers where every ABI agrees, else words that become
numbers once the ABI is known (`tracer.syscalls.layouts`)."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.expression import size_of

WORD: Final = size_of("word")
"""A long, a pointer, a size_t."""
TIME: Final = size_of("time")
IOVEC: Final = size_of("iovec")
MSGHDR: Final = size_of("msghdr")
TIMESPEC: Final = size_of("timespec")
TIMEVAL: Final = size_of("timeval")
TWO_TIMESPECS: Final = size_of("two_timespecs")
TWO_TIMEVALS: Final = size_of("two_timevals")
ITIMERSPEC: Final = size_of("itimerspec")
ITIMERVAL: Final = size_of("itimerval")
SIGACTION: Final = size_of("sigaction")
STACK_T: Final = size_of("stack_t")
SIGINFO_COPIED: Final = size_of("siginfo_copied")
"""The part of siginfo that is copied; the rest is zeroed (`copy_siginfo_to_user`, kernel/signal.c). For 32-bit
programs all of it is copied (`copy_siginfo_to_user32`)."""
SIGINFO_ZEROED: Final = size_of("siginfo_zeroed")
SIGEVENT_COPIED: Final = size_of("sigevent_copied")
"""For 32-bit programs four fields are read one by one (`get_compat_sigevent`, kernel/compat.c)."""
STATFS: Final = size_of("statfs")
RUSAGE: Final = size_of("rusage")
RLIMIT: Final = size_of("rlimit")
SYSINFO: Final = size_of("sysinfo")
TMS: Final = size_of("tms")
TIMEX: Final = size_of("timex")
SHMID_DS: Final = size_of("shmid_ds")

TIMESPEC64: Final = 16
"""`__kernel_timespec`, in calls that were made when all times had 64 bits."""
TIMEZONE: Final = 8
POLLFD: Final = 8
SIGSET: Final = 8
OLD_SIGSET: Final = WORD
SIGNALFD_SIGINFO: Final = 128
IOCB: Final = 64
IO_EVENT: Final = 32
IO_URING_PARAMS: Final = 120
IO_URING_GETEVENTS_ARG: Final = 24
STATX: Final = 256
F_OWNER_EX: Final = 8
UTSNAME: Final = 390
RLIMIT64: Final = 16
OPEN_HOW: Final = 24
SOCKADDR_STORAGE: Final = 128
"""The longest address the kernel accepts (`move_addr_to_kernel`, net/socket.c)."""
SEMBUF: Final = 6
TERMIOS: Final = 36
WINSIZE: Final = 8
UIO_MAXIOV: Final = 1024
PATH_MAX: Final = 4096
EMBEDDED_NAME_MAX: Final = 4064
"""The first copy of a path stops here; a longer one is copied again (fs/namei.c)."""
