"""The fields of every structure that lies otherwise in 32-bit programs, each declared once.

What differs by more than the rules of C (`tracer.syscalls.layouts`) has a variant of its own, `name@machine`. Sizes
are the kernel's, not those of glibc's larger twins.

A structure is a list of fields, CODE:NAME. Codes are those of the module `struct` (b B h H i I q Q), and

    x X    4 and 8 bytes, read in hex        l L P  a word: signed, unsigned, in hex
    t      seconds of a time                 n      its fraction (a word beside 64-bit seconds: its low half counts)
    -N     N bytes of padding                =N     at least N bytes in all
    s      bytes of any number, at the end   {S}    the fields of structure S

A code may be followed by *N for N fields of that name. `packed` as the first word switches alignment off. A name
that begins with _ is not shown.
"""

from __future__ import annotations

from typing import Final

STRUCTURES: Final[dict[str, str]] = {
    "word": "L:value",
    "time": "t:value",
    "iovec": "P:base L:len",
    "msghdr": "P:name I:namelen P:iov L:iovlen P:control L:controllen x:flags",
    "mmsghdr": "{msghdr} I:len",
    "cmsghdr": "L:len i:level i:type",
    "timespec": "t:tv_sec n:tv_nsec",
    "timespec64": "q:tv_sec q:tv_nsec",
    "timeval": "t:tv_sec n:tv_usec",
    "two_timespecs": "{timespec} {timespec}",
    "two_timevals": "{timeval} {timeval}",
    "itimerspec": "{timespec} {timespec}",
    "itimerval": "{timeval} {timeval}",
    "utimbuf": "t:actime t:modtime",
    "tms": "l:utime l:stime l:cutime l:cstime",
    "timex": (
        "x:modes t:offset t:freq t:maxerror t:esterror i:status t:constant t:precision t:tolerance t:time.tv_sec "
        "t:time.tv_usec t:tick t:_ppsfreq t:_jitter i:_shift t:_stabil t:_jitcnt t:_calcnt t:_errcnt t:_stbcnt "
        "i:_tai -44"
    ),
    "rusage": "t:utime n:uutime t:stime n:ustime l*14:_",
    "rlimit": "L:cur L:max",
    "sysinfo": (
        "l:uptime L:load1 L:load2 L:load3 L:totalram L:freeram L:sharedram L:bufferram L:totalswap L:freeswap "
        "H:procs H:_pad L:totalhigh L:freehigh I:mem_unit =64"
    ),
    "sigset": "Q:mask",
    "sigaction": "P:handler L:flags P:restorer Q:mask",
    "old_sigaction": "P:handler L:mask L:flags P:restorer",
    "stack_t": "P:sp i:flags L:size",
    "siginfo": "i:signo i:errno i:code =128",
    "siginfo_copied": "-48",
    "siginfo_copied@i386": "-128",
    "siginfo_copied@x32": "-128",
    "siginfo_zeroed": "-80",
    "siginfo_zeroed@i386": "",
    "siginfo_zeroed@x32": "",
    "sigevent": "P:value i:signo i:notify i:tid =64",
    "sigevent_copied": "-64",
    "sigevent_copied@i386": "-16",
    "sigevent_copied@x32": "-16",
    "sigset_argpack": "P:set L:size",
    "flock": "h:type h:whence l:start l:len i:pid",
    "flock64": "h:type h:whence q:start q:len i:pid",
    "stat": "Q:dev Q:ino L:nlink I:mode I:uid I:gid I:_ Q:rdev q:size q:_blksize q:_blocks -72",
    "stat@aarch64": "Q:dev Q:ino I:mode I:nlink I:uid I:gid Q:rdev Q:_ q:size i:_blksize i:_ q:_blocks -56",
    "stat@i386": "I:dev I:ino H:mode H:nlink H:uid H:gid I:rdev I:size I:_blksize I:_blocks -32",
    "stat64": ("Q:dev -4 I:_ino I:mode I:nlink I:uid I:gid Q:rdev -4 q:size I:_blksize Q:_blocks -24 Q:ino"),
    "old_stat": "H:dev H:ino H:mode H:nlink H:uid H:gid H:rdev I:size I:atime I:mtime I:ctime",
    "statfs": (
        "L:type L:bsize L:blocks L:bfree L:bavail L:files L:ffree I:fsid1 I:fsid2 L:namelen L:frsize L:flags L*4:_"
    ),
    "statfs64": (
        "I:type I:bsize Q:blocks Q:bfree Q:bavail Q:files Q:ffree I:fsid1 I:fsid2 I:namelen I:frsize I:flags -16"
    ),
    "ustat": "i:f_tfree L:f_tinode -12",
    "dirent": "L:ino L:off H:reclen s:name",
    "dirent64": "Q:ino Q:off H:reclen B:type s:name",
    "old_dirent": "I:ino I:off H:namlen s:name",
    "epoll_event": "packed I:events Q:data",
    "epoll_event@aarch64": "I:events Q:data",
    "mq_attr": "P:mq_flags l:mq_maxmsg l:mq_msgsize l:mq_curmsgs l*4:_",
    "msgbuf": "l:type s:text",
    "shmid_ds": "-112",
    "shmid_ds@i386": "-84",
    "sock_fprog": "H:len P:filter",
    "ifreq": "-16 L*2:_memory -8",
    "ifconf": "i:len P:buf",
    "hd_geometry": "B:heads B:sectors H:cylinders L:start",
    "kexec_segment": "P:buf L:bufsz P:mem L:memsz",
    "dqblk": "Q*8:_ I:valid",
    "user_desc": "I:entry_number x:base_addr x:limit x:flags",
    "user_regs": "-216",
    "user_regs@aarch64": "-272",
    "user_regs@i386": "-68",
    "user_fpregs": "-512",
    "user_fpregs@i386": "-108",
}
"""Structures whose layout depends on the ABI, and variants."""
