"""Sizes in bytes of the structures of the kernel's ABI on 64-bit machines (not of glibc's larger twins)."""

from __future__ import annotations

from typing import Final

IOVEC: Final = 16
MSGHDR: Final = 56
MMSGHDR: Final = 64
TIMESPEC: Final = 16
TIMEVAL: Final = 16
ITIMERSPEC: Final = 32
ITIMERVAL: Final = 32
TIMEZONE: Final = 8
POLLFD: Final = 8
SIGSET: Final = 8
SIGACTION: Final = 32
STACK_T: Final = 24
SIGINFO: Final = 128
SIGINFO_COPIED: Final = 48
"""The part of siginfo that is copied; the rest is zeroed (`copy_siginfo_to_user`, kernel/signal.c)."""
SIGNALFD_SIGINFO: Final = 128
SIGEVENT: Final = 64
IOCB: Final = 64
IO_EVENT: Final = 32
IO_URING_PARAMS: Final = 120
IO_URING_GETEVENTS_ARG: Final = 24
STATX: Final = 256
STATFS: Final = 120
FLOCK: Final = 32
F_OWNER_EX: Final = 8
UTSNAME: Final = 390
RUSAGE: Final = 144
RLIMIT: Final = 16
SYSINFO: Final = 112
TMS: Final = 32
OPEN_HOW: Final = 24
SOCKADDR_STORAGE: Final = 128
"""The longest address the kernel accepts (`move_addr_to_kernel`, net/socket.c)."""
TIMEX: Final = 208
SHMID_DS: Final = 112
SEMBUF: Final = 6
TERMIOS: Final = 36
WINSIZE: Final = 8
UIO_MAXIOV: Final = 1024
PATH_MAX: Final = 4096
EMBEDDED_NAME_MAX: Final = 4064
"""The first copy of a path stops here; a longer one is copied again (fs/namei.c)."""
