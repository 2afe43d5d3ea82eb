"""ioctl commands by name with what they copy; numbers that are not listed by their parts."""

from __future__ import annotations

import fcntl
import re
import struct
import termios
from pathlib import Path

import pytest

from tests.tracer.rows import ENTRY, EXIT, batch, piece, row
from tracer.account.copies import account_copies
from tracer.decode.call import call_text
from tracer.decode.ioctls import command_text
from tracer.syscalls.ioctls import BY_NUMBER, IOCTLS, SIOCGIFCONF, SIZES

AT, ARRAY = 0x4000, 0x5000
ENOTTY, ENODEV = 25, 19


def ifreq(name: bytes, rest: bytes) -> bytes:
    return name.ljust(16, b"\0") + rest.ljust(24, b"\0")


def ioctl(
    number: int, before: bytes = b"", after: bytes = b"", result: int = 0
) -> tuple[str, tuple[int, int, bool]]:
    """Its argument's text; bytes copied in and out, and whether more may have been copied."""
    pieces = [piece(2, when, AT, data) for when, data in ((ENTRY, before), (EXIT, after)) if data]
    made = batch([row("ioctl", 3, number, AT, result=result, memory=pieces)])
    copies = account_copies(made)
    moved = int(copies.control_in[0]), int(copies.control_out[0]), bool(copies.unknown[0])
    return ", ".join(call_text(made, 0).args[2:]), moved


@pytest.mark.parametrize(
    ("number", "before", "after", "result", "text", "moved"),
    [
        (0x5413, b"", struct.pack("<4H", 24, 80, 0, 0), 0, "{ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}",
         (0, 8, False)),
        (0x5401, b"", struct.pack("<4I20x", 0o2400, 5, 0o277, 0o105073), 0,
         "{c_iflag=ICRNL|IXON, c_oflag=NL0|CR0|TAB0|BS0|VT0|FF0|OPOST|ONLCR, c_cflag=B38400|CS8|CREAD, "
         "c_lflag=ISIG|ICANON|ECHO|ECHOE|ECHOK|ECHOCTL|ECHOKE|IEXTEN, ...}", (0, 36, False)),
        (0x5401, b"", b"", -ENOTTY, "0x4000", (0, 0, False)),
        (0x5402, struct.pack("<4I20x", 0, 0, 0, 0), b"", -5,
         "{c_iflag=0, c_oflag=NL0|CR0|TAB0|BS0|VT0|FF0, c_cflag=B0|CS5, c_lflag=0, ...}", (0, 0, True)),
        (0x541B, b"", struct.pack("<i", 17), 0, "[17]", (0, 4, False)),
        (0x5421, struct.pack("<i", 1), b"", 0, "[1]", (4, 0, False)),
        (0x5451, b"", b"", 0, "", (0, 0, False)),
        (0x8921, ifreq(b"lo", b""), ifreq(b"lo", struct.pack("<i", 65536)), 0, '{ifr_name="lo", ifr_mtu=65536}',
         (40, 40, False)),
        (0x8921, ifreq(b"no", b""), b"", -ENODEV, '{ifr_name="no"}', (40, 0, False)),
        (0x8913, ifreq(b"lo", b""), ifreq(b"lo", b"\x49\0"), 0,
         '{ifr_name="lo", ifr_flags=IFF_UP|IFF_LOOPBACK|IFF_RUNNING}', (40, 40, False)),
        (0x80086601, b"", struct.pack("<I", 0x80000), 0, "[FS_EXTENT_FL]", (0, 4, False)),
        (0x80081272, b"", struct.pack("<Q", 1 << 40), 0, "[1099511627776]", (0, 8, False)),
        (0x1260, b"", struct.pack("<Q", 9), 0, "[9]", (0, 8, False)),
        (0x40088A01, struct.pack("<IHBx", 5, 6, 1), b"", 0,
         "{busy_poll_usecs=5, busy_poll_budget=6, prefer_busy_poll=1}", (8, 0, False)),
        (0x40085599, bytes(range(8)), b"", 0, '"\\0\\1\\2\\3\\4\\5\\6\\7"', (0, 0, True)),
        (0x80404506, b"", b"Power Button\0", 13, '"Power Button"', (0, 13, False)),
    ],
)  # fmt: skip
def test_arguments_and_copies(
    number: int, before: bytes, after: bytes, result: int, text: str, moved: tuple[int, int, bool]
) -> None:
    assert ioctl(number, before, after, result) == (text, moved)


def test_the_list_of_interfaces() -> None:
    address = struct.pack("<HH4s8x", 2, 0, bytes((127, 0, 0, 1)))
    pieces = [
        piece(2, ENTRY, AT, struct.pack("<iiQ", 160, 0, ARRAY)),
        piece(2, EXIT, AT, struct.pack("<iiQ", 40, 0, ARRAY)),
        piece(2, EXIT, ARRAY, ifreq(b"lo", address)),
    ]  # fmt: skip
    made = batch([row("ioctl", 3, SIOCGIFCONF, AT, memory=pieces)])
    text = call_text(made, 0).args[2]
    assert text.startswith('{ifc_len=160 => 40, ifc_buf=[{ifr_name="lo", ifr_addr={sa_family=AF_INET')
    copies = account_copies(made)
    assert (int(copies.control_in[0]), int(copies.control_out[0]), int(copies.copies_out[0])) == (16, 44, 2)
    assert not copies.unknown[0]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0x5401, "TCGETS"), (0x80105599, "_IOC(_IOC_READ, 0x55, 0x99, 0x10)"),
        (0x5599, "_IOC(_IOC_NONE, 0x55, 0x99, 0)"),
        (0xC0105599, "_IOC(_IOC_READ|_IOC_WRITE, 0x55, 0x99, 0x10)"), (0x80104506, "EVIOCGNAME(16)"),
        (0x80084521, "EVIOCGBIT(0x1, 8)"), (0x80184540, "EVIOCGABS(0x0)"), (0x8912, "SIOCGIFCONF"),
    ],
)  # fmt: skip
def test_commands(number: int, text: str) -> None:
    assert command_text(number) == text


def test_the_table_has_no_number_twice_and_only_sizes_it_knows() -> None:
    assert len(BY_NUMBER) == len(IOCTLS) > 150
    for each in IOCTLS:
        assert each.way in ("in", "out", "inout", "value", "none")
        assert each.what in SIZES or each.way in ("value", "none"), each


def test_numbers_agree_with_the_c_library_and_the_kernels_headers() -> None:
    """Every command that Python or a plain #define of the headers here knows has the number it has there."""
    known = {name: value & 0xFFFFFFFF for name, value in vars(termios).items() if isinstance(value, int)}
    known |= {name: value & 0xFFFFFFFF for name, value in vars(fcntl).items() if isinstance(value, int)}
    for header in ("asm-generic/ioctls.h", "linux/sockios.h", "linux/loop.h"):
        path = Path("/usr/include") / header
        text = path.read_text() if path.exists() else ""
        found = re.findall(r"#define\s+(\w+)\s+(0x[0-9A-Fa-f]+)\b", text)
        known |= {name: int(value, 16) for name, value in found}
    compared = [each for each in IOCTLS if each.name in known]
    assert len(compared) > 30
    assert {each.name: each.number for each in compared} == {each.name: known[each.name] for each in compared}
