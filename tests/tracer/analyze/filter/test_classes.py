"""Classes of calls, compared with what strace(1) 6.1 puts into them."""

from __future__ import annotations

import pytest

from tracer.analyze.filter.classes import CLASSES, is_member, members

STRACE = {
    "net": (
        "accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg "
        "sendfile sendmmsg sendmsg sendto setsockopt shutdown socket socketpair"
    ),
    "process": (
        "clone clone3 execve execveat exit exit_group fork kill pidfd_send_signal rt_sigqueueinfo "
        "rt_tgsigqueueinfo tgkill tkill vfork wait4 waitid"
    ),
    "signal": (
        "kill pause pidfd_send_signal rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn "
        "rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4 tgkill tkill"
    ),
    "memory": (
        "brk get_mempolicy madvise mbind migrate_pages mincore mlock mlock2 mlockall mmap move_pages mprotect "
        "mremap msync munlock munlockall munmap pkey_mprotect remap_file_pages set_mempolicy "
        "set_mempolicy_home_node shmat shmdt"
    ),
    "ipc": ("msgctl msgget msgrcv msgsnd semctl semget semop semtimedop shmat shmctl shmdt shmget"),
    "file": (
        "access acct chdir chmod chown chroot creat execve execveat faccessat faccessat2 fanotify_mark "
        "fchmodat fchownat fspick futimesat getcwd getxattr inotify_add_watch lchown lgetxattr link linkat "
        "listxattr llistxattr lremovexattr lsetxattr lstat mkdir mkdirat mknod mknodat mount mount_setattr "
        "move_mount name_to_handle_at newfstatat open open_tree openat openat2 pivot_root quotactl readlink "
        "readlinkat removexattr rename renameat renameat2 rmdir setxattr stat statfs statx swapoff swapon "
        "symlink symlinkat truncate umount2 unlink unlinkat utime utimensat utimes"
    ),
    "desc": (
        "close dup dup2 dup3 epoll_create1 epoll_ctl epoll_wait eventfd2 fchdir fcntl fstat fsync ftruncate "
        "getdents64 inotify_add_watch ioctl lseek memfd_create mmap openat pipe pipe2 poll ppoll pread64 "
        "preadv pselect6 read readv select sendfile signalfd4 splice tee timerfd_create write writev"
    ),
}
"""What strace 6.1 names so (src/linux/*/syscallent.h), without calls that no kernel has; of %desc a part."""


@pytest.mark.parametrize("name", STRACE)
def test_a_class_has_the_calls_it_has_for_strace(name: str) -> None:
    """Whoever knows one knows the other."""
    assert set(STRACE[name].split()) - members(name) == set()


@pytest.mark.parametrize(
    ("name", "others"),
    [("net", "read pipe2 epoll_wait"), ("process", "read futex getpid"), ("signal", "read exit clone"),
     ("file", "read close fstat mmap"), ("desc", "brk getpid exit_group stat nanosleep"),
     ("wait", "read write openat"), ("memory", "read shmctl"), ("time", "read futex"),
     ("aio", "read preadv2"), ("ipc", "pipe2 futex")],
)  # fmt: skip
def test_a_class_has_no_others(name: str, others: str) -> None:
    """Near misses."""
    assert members(name).isdisjoint(others.split())


@pytest.mark.parametrize("name", CLASSES)
def test_no_class_is_empty(name: str) -> None:
    """All that are offered exist."""
    assert members(name)


def test_forms_of_a_call_for_32_bit_programs_are_in_its_class() -> None:
    """By their names."""
    assert is_member("_newselect", "wait")
    assert is_member("ppoll_time64", "wait")
    assert is_member("fcntl64", "desc")
    assert not is_member("_newselect", "net")
