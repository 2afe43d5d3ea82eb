"""What ioctl commands copy: one row a command, with the kernel function that makes the copies.

A row is NAME NUMBER WAY WHAT FUNCTION. WAY is `out` (the kernel writes WHAT), `in`, `inout`, `value` (the argument
is a number) or `none` (it means nothing). Numbers are those of x86 and the generic ABI (asm-generic/ioctls.h,
asm-generic/ioctl.h); a number that is the same on two kinds of descriptors is named after the commoner one.

A command's number does not tell what it copies: FS_IOC_GETFLAGS has the size of a long in it and copies an int,
TUNSETIFF the size of an int and copies a struct ifreq. So commands that are not listed count as "copies unknown".
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.syscalls.expression import Term, size_of
from tracer.syscalls.structures import TERMIOS, WINSIZE, WORD

SIZES: Final[dict[str, Term]] = {
    "char": 1, "short": 2, "int": 4, "pid": 4, "word": WORD, "u64": 8, "modem": 4, "fsflags": 4, "ints": 8,
    "range": 16, "discipline": 4, "termios": TERMIOS, "termios2": 44, "termio": 18, "winsize": WINSIZE,
    "ifreq": size_of("ifreq"), "clone_range": 32, "fsxattr": 28, "fstrim": 24, "epoll_params": 8, "rtc_time": 36,
    "rtc_wkalrm": 40, "input_id": 8, "absinfo": 24, "loop_info64": 232, "loop_config": 304,
    "geometry": size_of("hd_geometry"),
}  # fmt: skip
"""Bytes of what a row copies."""


class Ioctl(NamedTuple):
    """One command."""

    name: str
    number: int
    way: str
    what: str
    """A key of `SIZES`, or how a value reads."""
    function: str


_TERMINALS: Final = """
TCGETS 0x5401 out termios tty_mode_ioctl
TCSETS 0x5402 in termios set_termios
TCSETSW 0x5403 in termios set_termios
TCSETSF 0x5404 in termios set_termios
TCGETA 0x5405 out termio get_termio
TCSETA 0x5406 in termio user_termio_to_kernel_termios
TCSETAW 0x5407 in termio user_termio_to_kernel_termios
TCSETAF 0x5408 in termio user_termio_to_kernel_termios
TCGETS2 0x802c542a out termios2 tty_mode_ioctl
TCSETS2 0x402c542b in termios2 set_termios
TCSETSW2 0x402c542c in termios2 set_termios
TCSETSF2 0x402c542d in termios2 set_termios
TCSBRK 0x5409 value int tty_ioctl
TCXONC 0x540a value flow n_tty_ioctl_helper
TCFLSH 0x540b value flush n_tty_ioctl_helper
TIOCEXCL 0x540c none - tty_ioctl
TIOCNXCL 0x540d none - tty_ioctl
TIOCSCTTY 0x540e value int tiocsctty
TIOCGPGRP 0x540f out pid tiocgpgrp
TIOCSPGRP 0x5410 in pid tiocspgrp
TIOCOUTQ 0x5411 out int n_tty_ioctl
TIOCSTI 0x5412 in char tiocsti
TIOCGWINSZ 0x5413 out winsize tiocgwinsz
TIOCSWINSZ 0x5414 in winsize tiocswinsz
TIOCMGET 0x5415 out modem tty_tiocmget
TIOCMBIS 0x5416 in modem tty_tiocmset
TIOCMBIC 0x5417 in modem tty_tiocmset
TIOCMSET 0x5418 in modem tty_tiocmset
TIOCGSOFTCAR 0x5419 out int tty_mode_ioctl
TIOCSSOFTCAR 0x541a in int tty_mode_ioctl
FIONREAD 0x541b out int n_tty_ioctl
TIOCCONS 0x541d none - tioccons
TIOCPKT 0x5420 in int pty_set_pktmode
TIOCNOTTY 0x5422 none - tty_jobctrl_ioctl
TIOCSETD 0x5423 in discipline tiocsetd
TIOCGETD 0x5424 out discipline tiocgetd
TCSBRKP 0x5425 value int tty_ioctl
TIOCSBRK 0x5427 none - tty_ioctl
TIOCCBRK 0x5428 none - tty_ioctl
TIOCGSID 0x5429 out pid tiocgsid
TIOCGPTN 0x80045430 out int pty_unix98_ioctl
TIOCSPTLCK 0x40045431 in int pty_set_lock
TIOCGDEV 0x80045432 out int tty_ioctl
TIOCVHANGUP 0x5437 none - tty_ioctl
TIOCGPKT 0x80045438 out int pty_get_pktmode
TIOCGPTLCK 0x80045439 out int pty_get_lock
TIOCGEXCL 0x80045440 out int tty_ioctl
TIOCGPTPEER 0x5441 value hex ptm_open_peer
KDGKBTYPE 0x4b33 out char vt_k_ioctl
KDSETMODE 0x4b3a value int vt_k_ioctl
KDGETMODE 0x4b3b out int vt_k_ioctl
KDGKBMODE 0x4b44 out int vt_k_ioctl
KDSKBMODE 0x4b45 value int vt_k_ioctl
VT_OPENQRY 0x5600 out int vt_ioctl
VT_ACTIVATE 0x5606 value int vt_ioctl
VT_WAITACTIVE 0x5607 value int vt_ioctl
"""
_DESCRIPTORS: Final = """
FIBMAP 0x1 inout int ioctl_fibmap
FIGETBSZ 0x2 out int do_vfs_ioctl
FIONBIO 0x5421 in int ioctl_fionbio
FIONCLEX 0x5450 none - do_vfs_ioctl
FIOCLEX 0x5451 none - do_vfs_ioctl
FIOASYNC 0x5452 in int ioctl_fioasync
FIOQSIZE 0x5460 out u64 do_vfs_ioctl
FIFREEZE 0xc0045877 none - ioctl_fsfreeze
FITHAW 0xc0045878 none - ioctl_fsthaw
FITRIM 0xc0185879 inout fstrim ext4_ioctl
FICLONE 0x40049409 value int ioctl_file_clone
FICLONERANGE 0x4020940d in clone_range ioctl_file_clone_range
FS_IOC_GETFLAGS 0x80086601 out fsflags ioctl_getflags
FS_IOC_SETFLAGS 0x40086602 in fsflags ioctl_setflags
FS_IOC_GETVERSION 0x80087601 out int ext4_ioctl
FS_IOC_FSGETXATTR 0x801c581f out fsxattr copy_fsxattr_to_user
FS_IOC_FSSETXATTR 0x401c5820 in fsxattr copy_fsxattr_from_user
EPIOCSPARAMS 0x40088a01 in epoll_params ep_eventpoll_bp_ioctl
EPIOCGPARAMS 0x80088a02 out epoll_params ep_eventpoll_bp_ioctl
RNDGETENTCNT 0x80045200 out int random_ioctl
RNDADDTOENTCNT 0x40045201 in int random_ioctl
PERF_EVENT_IOC_ENABLE 0x2400 value int _perf_ioctl
PERF_EVENT_IOC_DISABLE 0x2401 value int _perf_ioctl
PERF_EVENT_IOC_REFRESH 0x2402 value int _perf_ioctl
PERF_EVENT_IOC_RESET 0x2403 value int _perf_ioctl
PERF_EVENT_IOC_SET_OUTPUT 0x2405 value int _perf_ioctl
PERF_EVENT_IOC_ID 0x80082407 out u64 _perf_ioctl
PERF_EVENT_IOC_SET_BPF 0x40042408 value int _perf_ioctl
NS_GET_USERNS 0xb701 none - ns_ioctl
NS_GET_PARENT 0xb702 none - ns_ioctl
NS_GET_NSTYPE 0xb703 none - ns_ioctl
NS_GET_OWNER_UID 0xb704 out int ns_ioctl
"""
_SOCKETS: Final = """
FIOSETOWN 0x8901 in pid sock_ioctl
SIOCSPGRP 0x8902 in pid sock_ioctl
FIOGETOWN 0x8903 out pid sock_ioctl
SIOCGPGRP 0x8904 out pid sock_ioctl
SIOCATMARK 0x8905 out int tcp_ioctl
SIOCOUTQNSD 0x894b out int tcp_ioctl
TUNSETIFF 0x400454ca inout ifreq __tun_chr_ioctl
TUNSETPERSIST 0x400454cb value int __tun_chr_ioctl
TUNGETFEATURES 0x800454cf out int __tun_chr_ioctl
"""
_INTERFACES: Final = """
SIOCGIFNAME 0x8910 inout ifreq sock_do_ioctl
SIOCGIFFLAGS 0x8913 inout ifreq sock_do_ioctl
SIOCSIFFLAGS 0x8914 in ifreq sock_do_ioctl
SIOCGIFADDR 0x8915 inout ifreq inet_ioctl
SIOCSIFADDR 0x8916 in ifreq inet_ioctl
SIOCGIFDSTADDR 0x8917 inout ifreq inet_ioctl
SIOCSIFDSTADDR 0x8918 in ifreq inet_ioctl
SIOCGIFBRDADDR 0x8919 inout ifreq inet_ioctl
SIOCSIFBRDADDR 0x891a in ifreq inet_ioctl
SIOCGIFNETMASK 0x891b inout ifreq inet_ioctl
SIOCSIFNETMASK 0x891c in ifreq inet_ioctl
SIOCGIFMETRIC 0x891d inout ifreq sock_do_ioctl
SIOCSIFMETRIC 0x891e in ifreq sock_do_ioctl
SIOCGIFMTU 0x8921 inout ifreq sock_do_ioctl
SIOCSIFMTU 0x8922 in ifreq sock_do_ioctl
SIOCSIFNAME 0x8923 in ifreq sock_do_ioctl
SIOCSIFHWADDR 0x8924 in ifreq sock_do_ioctl
SIOCGIFHWADDR 0x8927 inout ifreq sock_do_ioctl
SIOCGIFINDEX 0x8933 inout ifreq sock_do_ioctl
SIOCGIFTXQLEN 0x8942 inout ifreq sock_do_ioctl
SIOCSIFTXQLEN 0x8943 in ifreq sock_do_ioctl
SIOCGIFMAP 0x8970 inout ifreq sock_do_ioctl
"""
"""`get_user_ifreq` before anything is looked at, `put_user_ifreq` after success (net/socket.c)."""
_DEVICES: Final = """
HDIO_GETGEO 0x301 out geometry blkdev_getgeo
BLKROSET 0x125d in int blkdev_roset
BLKROGET 0x125e out int put_int
BLKRRPART 0x125f none - blkdev_common_ioctl
BLKGETSIZE 0x1260 out word put_ulong
BLKFLSBUF 0x1261 none - blkdev_flushbuf
BLKRASET 0x1262 value int blkdev_common_ioctl
BLKRAGET 0x1263 out word put_long
BLKFRASET 0x1264 value int blkdev_common_ioctl
BLKFRAGET 0x1265 out word put_long
BLKSECTGET 0x1267 out short put_ushort
BLKSSZGET 0x1268 out int put_int
BLKBSZGET 0x80081270 out int put_int
BLKBSZSET 0x40081271 in int blkdev_bszset
BLKGETSIZE64 0x80081272 out u64 put_u64
BLKDISCARD 0x1277 in range blk_ioctl_discard
BLKIOMIN 0x1278 out int put_uint
BLKIOOPT 0x1279 out int put_uint
BLKALIGNOFF 0x127a out int put_int
BLKPBSZGET 0x127b out int put_uint
BLKDISCARDZEROES 0x127c out int put_uint
BLKSECDISCARD 0x127d in range blk_ioctl_secure_erase
BLKROTATIONAL 0x127e out short put_ushort
BLKZEROOUT 0x127f in range blk_ioctl_zeroout
BLKGETDISKSEQ 0x80081280 out u64 put_u64
BLKGETZONESZ 0x80041284 out int put_uint
BLKGETNRZONES 0x80041285 out int put_uint
LOOP_SET_FD 0x4c00 value int lo_ioctl
LOOP_CLR_FD 0x4c01 none - lo_ioctl
LOOP_SET_STATUS64 0x4c04 in loop_info64 lo_ioctl
LOOP_GET_STATUS64 0x4c05 out loop_info64 loop_get_status64
LOOP_CHANGE_FD 0x4c06 value int lo_ioctl
LOOP_SET_CAPACITY 0x4c07 none - lo_ioctl
LOOP_SET_DIRECT_IO 0x4c08 value int lo_ioctl
LOOP_SET_BLOCK_SIZE 0x4c09 value int lo_ioctl
LOOP_CONFIGURE 0x4c0a in loop_config lo_ioctl
LOOP_CTL_ADD 0x4c80 value int loop_control_ioctl
LOOP_CTL_REMOVE 0x4c81 value int loop_control_ioctl
LOOP_CTL_GET_FREE 0x4c82 none - loop_control_ioctl
RTC_AIE_ON 0x7001 none - rtc_dev_ioctl
RTC_AIE_OFF 0x7002 none - rtc_dev_ioctl
RTC_UIE_ON 0x7003 none - rtc_dev_ioctl
RTC_UIE_OFF 0x7004 none - rtc_dev_ioctl
RTC_PIE_ON 0x7005 none - rtc_dev_ioctl
RTC_PIE_OFF 0x7006 none - rtc_dev_ioctl
RTC_ALM_SET 0x40247007 in rtc_time rtc_dev_ioctl
RTC_ALM_READ 0x80247008 out rtc_time rtc_dev_ioctl
RTC_RD_TIME 0x80247009 out rtc_time rtc_dev_ioctl
RTC_SET_TIME 0x4024700a in rtc_time rtc_dev_ioctl
RTC_IRQP_READ 0x8008700b out word rtc_dev_ioctl
RTC_IRQP_SET 0x4008700c value int rtc_dev_ioctl
RTC_WKALM_SET 0x4028700f in rtc_wkalrm rtc_dev_ioctl
RTC_WKALM_RD 0x80287010 out rtc_wkalrm rtc_dev_ioctl
RTC_VL_READ 0x80047013 out int rtc_dev_ioctl
EVIOCGVERSION 0x80044501 out int evdev_do_ioctl
EVIOCGID 0x80084502 out input_id evdev_do_ioctl
EVIOCGREP 0x80084503 out ints evdev_do_ioctl
EVIOCSREP 0x40084503 in ints evdev_do_ioctl
EVIOCGRAB 0x40044590 value int evdev_do_ioctl
EVIOCREVOKE 0x40044591 value int evdev_do_ioctl
"""
_OF_SHORT_WORDS: Final = """
FS_IOC_GETFLAGS 0x80046601 out fsflags ext4_compat_ioctl
FS_IOC_SETFLAGS 0x40046602 in fsflags ext4_compat_ioctl
FS_IOC_GETVERSION 0x80047601 out int ext4_compat_ioctl
BLKBSZGET 0x80041270 out int compat_put_int
BLKBSZSET 0x40041271 in int blkdev_bszset
BLKGETSIZE64 0x80041272 out u64 compat_put_u64
RTC_IRQP_READ 0x8004700b out word rtc_dev_compat_ioctl
RTC_IRQP_SET 0x4004700c value int rtc_dev_compat_ioctl
PERF_EVENT_IOC_ID 0x80042407 out u64 perf_compat_ioctl
"""
"""Commands whose numbers have the size of a long in them, as 32-bit programs have it."""


def _rows(text: str) -> tuple[Ioctl, ...]:
    split = (line.split() for line in text.split("\n") if line)
    return tuple([Ioctl(name, int(number, 16), *rest) for name, number, *rest in split])


INTERFACES: Final = _rows(_INTERFACES)
IOCTLS: Final = (
    *_rows(_TERMINALS), *_rows(_DESCRIPTORS), *_rows(_SOCKETS), *INTERFACES, *_rows(_DEVICES),
    *_rows(_OF_SHORT_WORDS),
)  # fmt: skip
BY_NUMBER: Final = {each.number: each for each in IOCTLS}

SIOCGIFCONF: Final = 0x8912
"""Reads a struct ifconf, fills its array, one struct ifreq an address, and writes ifc_len (`dev_ifconf`)."""

EVDEV: Final = 0x4500
"""_IOC type of input events, 'E'."""
READ_OF_EVDEV: Final = 0x80000000 | EVDEV
COUNTED_OF_EVDEV: Final = (6, 7, 8, 9, 0x18, 0x19, 0x1A, 0x1B, *range(0x20, 0x40))
"""EVIOCGNAME, PHYS, UNIQ, PROP, KEY, LED, SND, SW and BIT: any size; they return the bytes they copied
(`str_to_user`, `bits_to_user`, drivers/input/evdev.c)."""
ABSINFO_OF_EVDEV: Final = tuple(range(0x40, 0x80))
"""EVIOCGABS."""
