"""Flags and constants of files, memory and descriptors by name (values of x86-64 and the generic ABI)."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

from tracer.decode.flags import Table, bit_table, table

ACCESS_MODES: Final = {0: "O_RDONLY", 1: "O_WRONLY", 2: "O_RDWR"}

FLAGS: Final[dict[str, Table]] = {
    # __O_SYNC and O_DSYNC together are O_SYNC, O_DIRECTORY with its own bit is O_TMPFILE: longer ones first.
    "open": Table(
        (
            (0o20200000, "O_TMPFILE"), (0o4010000, "O_SYNC"), (0o100, "O_CREAT"), (0o200, "O_EXCL"),
            (0o400, "O_NOCTTY"), (0o1000, "O_TRUNC"), (0o2000, "O_APPEND"), (0o4000, "O_NONBLOCK"),
            (0o10000, "O_DSYNC"), (0o20000, "O_ASYNC"), (0o40000, "O_DIRECT"), (0o100000, "O_LARGEFILE"),
             (0o400000, "O_NOFOLLOW"), (0o1000000, "O_NOATIME"),
            (0o2000000, "O_CLOEXEC"),
            (0o200000, "O_DIRECTORY"), (0o10000000, "O_PATH"),
        ),
        mask=3, choices=ACCESS_MODES,
    ),
    "descriptor": table("O_NONBLOCK=0o4000 O_CLOEXEC=0o2000000 O_DIRECT=0o40000 O_EXCL=0o200"),
    "epoll_create": table("EPOLL_CLOEXEC=0o2000000"),
    "inotify_init": table("IN_NONBLOCK=0o4000 IN_CLOEXEC=0o2000000"),
    "signalfd": table("SFD_NONBLOCK=0o4000 SFD_CLOEXEC=0o2000000"),
    "timerfd": table("TFD_NONBLOCK=0o4000 TFD_CLOEXEC=0o2000000"),
    "pidfd": table("PIDFD_NONBLOCK=0o4000 PIDFD_THREAD=0o200"),
    "close_range": bit_table("1:CLOSE_RANGE_UNSHARE CLOSE_RANGE_CLOEXEC"),
    "at": table(
        "AT_SYMLINK_NOFOLLOW=0x100 AT_REMOVEDIR=0x200 AT_SYMLINK_FOLLOW=0x400 AT_NO_AUTOMOUNT=0x800 "
        "AT_EMPTY_PATH=0x1000 AT_STATX_FORCE_SYNC=0x2000 AT_STATX_DONT_SYNC=0x4000 AT_RECURSIVE=0x8000"
    ),
    "at_access": table("AT_SYMLINK_NOFOLLOW=0x100 AT_EACCESS=0x200 AT_EMPTY_PATH=0x1000"),
    "access": Table(((4, "R_OK"), (2, "W_OK"), (1, "X_OK")), zero="F_OK"),
    "resolve": bit_table(
        "0:RESOLVE_NO_XDEV RESOLVE_NO_MAGICLINKS RESOLVE_NO_SYMLINKS RESOLVE_BENEATH RESOLVE_IN_ROOT RESOLVE_CACHED"
    ),
    "seals": bit_table("0:F_SEAL_SEAL F_SEAL_SHRINK F_SEAL_GROW F_SEAL_WRITE F_SEAL_FUTURE_WRITE F_SEAL_EXEC"),
    "notify": table(
        "DN_ACCESS=1 DN_MODIFY=2 DN_CREATE=4 DN_DELETE=8 DN_RENAME=0x10 DN_ATTRIB=0x20 DN_MULTISHOT=0x80000000"
    ),
    "rename": bit_table("0:RENAME_NOREPLACE RENAME_EXCHANGE RENAME_WHITEOUT"),
    "fallocate": bit_table(
        "0:FALLOC_FL_KEEP_SIZE FALLOC_FL_PUNCH_HOLE FALLOC_FL_NO_HIDE_STALE FALLOC_FL_COLLAPSE_RANGE "
        "FALLOC_FL_ZERO_RANGE FALLOC_FL_INSERT_RANGE FALLOC_FL_UNSHARE_RANGE"
    ),
    "flock": bit_table("0:LOCK_SH LOCK_EX LOCK_NB LOCK_UN"),
    "memfd": bit_table("0:MFD_CLOEXEC MFD_ALLOW_SEALING MFD_HUGETLB MFD_NOEXEC_SEAL MFD_EXEC"),
    "statx": Table(
        (
            (0xFFF, "STATX_ALL"), (0x7FF, "STATX_BASIC_STATS"), (1, "STATX_TYPE"), (2, "STATX_MODE"),
            (4, "STATX_NLINK"), (8, "STATX_UID"), (0x10, "STATX_GID"), (0x20, "STATX_ATIME"),
            (0x40, "STATX_MTIME"), (0x80, "STATX_CTIME"), (0x100, "STATX_INO"), (0x200, "STATX_SIZE"),
            (0x400, "STATX_BLOCKS"), (0x800, "STATX_BTIME"), (0x1000, "STATX_MNT_ID"),
            (0x2000, "STATX_DIOALIGN"), (0x4000, "STATX_MNT_ID_UNIQUE"), (0x8000, "STATX_SUBVOL"),
        )
    ),
    "statx_attributes": table(
        "STATX_ATTR_COMPRESSED=4 STATX_ATTR_IMMUTABLE=0x10 STATX_ATTR_APPEND=0x20 STATX_ATTR_NODUMP=0x40 "
        "STATX_ATTR_ENCRYPTED=0x800 STATX_ATTR_AUTOMOUNT=0x1000 STATX_ATTR_MOUNT_ROOT=0x2000 "
        "STATX_ATTR_VERITY=0x100000 STATX_ATTR_DAX=0x200000"
    ),
    "statfs": table(
        "ST_RDONLY=1 ST_NOSUID=2 ST_NODEV=4 ST_NOEXEC=8 ST_SYNCHRONOUS=0x10 ST_VALID=0x20 ST_MANDLOCK=0x40 "
        "ST_NOATIME=0x400 ST_NODIRATIME=0x800 ST_RELATIME=0x1000 ST_NOSYMFOLLOW=0x2000"
    ),
    "splice": bit_table("0:SPLICE_F_MOVE SPLICE_F_NONBLOCK SPLICE_F_MORE SPLICE_F_GIFT"),
    "rwf": bit_table(
        "0:RWF_HIPRI RWF_DSYNC RWF_SYNC RWF_NOWAIT RWF_APPEND RWF_NOAPPEND RWF_ATOMIC RWF_DONTCACHE"
    ),
    "prot": Table(
        ((1, "PROT_READ"), (2, "PROT_WRITE"), (4, "PROT_EXEC"), (8, "PROT_SEM"),
         (0x1000000, "PROT_GROWSDOWN"), (0x2000000, "PROT_GROWSUP")),
        zero="PROT_NONE",
    ),
    "mmap_flags": Table(
        (
            (0x10, "MAP_FIXED"), (0x20, "MAP_ANONYMOUS"), (0x40, "MAP_32BIT"), (0x100, "MAP_GROWSDOWN"),
            (0x800, "MAP_DENYWRITE"), (0x1000, "MAP_EXECUTABLE"), (0x2000, "MAP_LOCKED"),
            (0x4000, "MAP_NORESERVE"), (0x8000, "MAP_POPULATE"), (0x10000, "MAP_NONBLOCK"),
            (0x20000, "MAP_STACK"), (0x40000, "MAP_HUGETLB"), (0x80000, "MAP_SYNC"),
            (0x100000, "MAP_FIXED_NOREPLACE"),
        ),
        mask=0xF, choices={0: "MAP_FILE", 1: "MAP_SHARED", 2: "MAP_PRIVATE", 3: "MAP_SHARED_VALIDATE"},
    ),
    "mremap": bit_table("0:MREMAP_MAYMOVE MREMAP_FIXED MREMAP_DONTUNMAP"),
    "msync": bit_table("0:MS_ASYNC MS_INVALIDATE MS_SYNC"),
    "getrandom": bit_table("0:GRND_NONBLOCK GRND_RANDOM GRND_INSECURE"),
    "eventfd": table("EFD_SEMAPHORE=1 EFD_CLOEXEC=0o2000000 EFD_NONBLOCK=0o4000"),
}  # fmt: skip

MADVISE: Final = {
    0: "MADV_NORMAL", 1: "MADV_RANDOM", 2: "MADV_SEQUENTIAL", 3: "MADV_WILLNEED", 4: "MADV_DONTNEED",
    8: "MADV_FREE",
    9: "MADV_REMOVE", 10: "MADV_DONTFORK", 11: "MADV_DOFORK", 12: "MADV_MERGEABLE", 13: "MADV_UNMERGEABLE",
    14: "MADV_HUGEPAGE", 15: "MADV_NOHUGEPAGE", 16: "MADV_DONTDUMP", 17: "MADV_DODUMP", 18: "MADV_WIPEONFORK",
    19: "MADV_KEEPONFORK", 20: "MADV_COLD", 21: "MADV_PAGEOUT", 22: "MADV_POPULATE_READ",
    23: "MADV_POPULATE_WRITE", 25: "MADV_COLLAPSE", 102: "MADV_GUARD_INSTALL", 103: "MADV_GUARD_REMOVE",
}  # fmt: skip

FCNTL: Final = {
    0: "F_DUPFD", 1: "F_GETFD", 2: "F_SETFD", 3: "F_GETFL", 4: "F_SETFL", 5: "F_GETLK", 6: "F_SETLK", 7: "F_SETLKW",
    8: "F_SETOWN", 9: "F_GETOWN", 10: "F_SETSIG", 11: "F_GETSIG", 15: "F_SETOWN_EX", 16: "F_GETOWN_EX",
    36: "F_OFD_GETLK", 37: "F_OFD_SETLK", 38: "F_OFD_SETLKW", 1024: "F_SETLEASE", 1025: "F_GETLEASE",
    1026: "F_NOTIFY", 1027: "F_DUPFD_QUERY", 1028: "F_CREATED_QUERY", 1030: "F_DUPFD_CLOEXEC",
    1031: "F_SETPIPE_SZ", 1032: "F_GETPIPE_SZ", 1033: "F_ADD_SEALS", 1034: "F_GET_SEALS",
}  # fmt: skip

CONSTANTS: Final[dict[str, dict[int, str]]] = {
    "whence": {0: "SEEK_SET", 1: "SEEK_CUR", 2: "SEEK_END", 3: "SEEK_DATA", 4: "SEEK_HOLE"},
    "fadvise": {
        0: "POSIX_FADV_NORMAL", 1: "POSIX_FADV_RANDOM", 2: "POSIX_FADV_SEQUENTIAL", 3: "POSIX_FADV_WILLNEED",
        4: "POSIX_FADV_DONTNEED", 5: "POSIX_FADV_NOREUSE",
    },
    "madvise": MADVISE,
    "fcntl": FCNTL,
    "epoll_ctl": {1: "EPOLL_CTL_ADD", 2: "EPOLL_CTL_DEL", 3: "EPOLL_CTL_MOD"},
    "ipc": {0: "IPC_RMID", 1: "IPC_SET", 2: "IPC_STAT", 3: "IPC_INFO", 11: "GETPID", 12: "GETVAL", 13: "GETALL",
            14: "GETNCNT", 15: "GETZCNT", 16: "SETVAL", 17: "SETALL"},
}  # fmt: skip

FILE_TYPES: Final = {
    0o140000: "S_IFSOCK", 0o120000: "S_IFLNK", 0o100000: "S_IFREG", 0o60000: "S_IFBLK", 0o40000: "S_IFDIR",
    0o20000: "S_IFCHR", 0o10000: "S_IFIFO",
}  # fmt: skip

FILE_SYSTEMS: Final = {
    0xEF53: "EXT2_SUPER_MAGIC", 0x01021994: "TMPFS_MAGIC", 0x9FA0: "PROC_SUPER_MAGIC", 0x62656572: "SYSFS_MAGIC",
    0x58465342: "XFS_SUPER_MAGIC", 0x9123683E: "BTRFS_SUPER_MAGIC", 0x794C7630: "OVERLAYFS_SUPER_MAGIC",
    0x1CD1: "DEVPTS_SUPER_MAGIC", 0x27E0EB: "CGROUP_SUPER_MAGIC", 0x63677270: "CGROUP2_SUPER_MAGIC",
    0x64626720: "DEBUGFS_MAGIC", 0x74726163: "TRACEFS_MAGIC", 0xCAFE4A11: "BPF_FS_MAGIC",
    0x6969: "NFS_SUPER_MAGIC",
    0x65735546: "FUSE_SUPER_MAGIC", 0x958458F6: "HUGETLBFS_MAGIC", 0x50495045: "PIPEFS_MAGIC",
    0x534F434B: "SOCKFS_MAGIC", 0x73717368: "SQUASHFS_MAGIC", 0x858458F6: "RAMFS_MAGIC",
    0x4D44: "MSDOS_SUPER_MAGIC",
    0x19800202: "MQUEUE_MAGIC", 0xF2F52010: "F2FS_SUPER_MAGIC", 0x6E736673: "NSFS_MAGIC",
}  # fmt: skip
"""f_type of statfs(2)."""

_OF_ARM: Final = {0o40000: "O_DIRECTORY", 0o100000: "O_NOFOLLOW", 0o200000: "O_DIRECT", 0o400000: "O_LARGEFILE"}
"""The four flags of open that Arm numbers otherwise (arch/arm64/include/uapi/asm/fcntl.h)."""


@cache
def open_flags(machine: str) -> Table:
    """The flags of open on a machine (`tracer.syscalls.layouts.Model.machine`)."""
    generic = FLAGS["open"]
    if machine != "aarch64":
        return generic
    kept = [(bit, name) for bit, name in generic.bits if name not in (*_OF_ARM.values(), "O_TMPFILE")]
    return replace(generic, bits=((0o20040000, "O_TMPFILE"), *kept, *_OF_ARM.items()))
