"""Structures of terminals (ioctl_tty(2), termios(3)): settings by name, as strace has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.decode.flags import Table, bit_table, flags_text, table
from tracer.decode.look import Reader, structure

_INPUT: Final = bit_table(
    "0:IGNBRK BRKINT IGNPAR PARMRK INPCK ISTRIP INLCR IGNCR ICRNL IUCLC IXON IXANY IXOFF IMAXBEL IUTF8"
)
_OUTPUT: Final = bit_table("0:OPOST OLCUC ONLCR OCRNL ONOCR ONLRET OFILL OFDEL")
_DELAYS: Final = (
    (0o400, ("NL0", "NL1")), (0o3000, ("CR0", "CR1", "CR2", "CR3")), (0o14000, ("TAB0", "TAB1", "TAB2", "TAB3")),
    (0o20000, ("BS0", "BS1")), (0o40000, ("VT0", "VT1")), (0o100000, ("FF0", "FF1")),
)  # fmt: skip
"""Masks in c_oflag, and the names of their values."""
_SPEED_MASK, _EXTENDED, _SIZE_MASK = 0o10017, 0o10000, 0o60
_SPEEDS: Final = (
    "B0 B50 B75 B110 B134 B150 B200 B300 B600 B1200 B1800 B2400 B4800 B9600 B19200 B38400 "
    "BOTHER B57600 B115200 B230400 B460800 B500000 B576000 B921600 B1000000 B1152000 B1500000 B2000000 B2500000 "
    "B3000000 B3500000 B4000000"
).split()
_CONTROL: Final = table(
    "CSTOPB=0o100 CREAD=0o200 PARENB=0o400 PARODD=0o1000 HUPCL=0o2000 CLOCAL=0o4000 CMSPAR=0o10000000000 "
    "CRTSCTS=0o20000000000"
)
_LOCAL: Final = bit_table(
    "0:ISIG ICANON XCASE ECHO ECHOE ECHOK ECHONL NOFLSH TOSTOP ECHOCTL ECHOPRT ECHOKE FLUSHO"
).with_bits((0o40000, "PENDIN"), (0o100000, "IEXTEN"), (0o200000, "EXTPROC"))


def _output(value: int) -> str:
    delays = []
    for mask, names in _DELAYS:
        delays.append(names[(value & mask) // (mask & -mask)])
        value &= ~mask
    return "|".join([*delays, *filter(None, (_set(value, _OUTPUT),))])


def _control(value: int) -> str:
    speed = value & _SPEED_MASK
    place = speed - _EXTENDED + 16 if speed & _EXTENDED else speed
    size = f"CS{5 + (value & _SIZE_MASK) // 0o20}"
    rest = _set(value & ~(_SPEED_MASK | _SIZE_MASK), _CONTROL)
    return "|".join(filter(None, (_SPEEDS[place], size, rest)))


def _set(value: int, names: Table) -> str:
    return flags_text(value, names) if value else ""


def _termios(*flags: int) -> str:
    """The four words of flags; line discipline and control characters are left out, as strace does."""
    c_iflag, c_oflag, c_cflag, c_lflag = flags[:4]
    return (
        f"{{c_iflag={flags_text(c_iflag, _INPUT)}, c_oflag={_output(c_oflag)}, c_cflag={_control(c_cflag)}, "
        f"c_lflag={flags_text(c_lflag, _LOCAL)}, ...}}"
    )


def _named(names: str) -> Callable[..., str]:
    fields = names.split()
    return lambda *values: "{" + ", ".join(map("{}={}".format, fields, values)) + "}"


TERMINALS: Final[dict[str, Reader]] = {
    "termios": structure("<4I20x", _termios),
    "termios2": structure("<4I28x", _termios),
    "termio": structure("<4H10x", _termios),
    "winsize": structure("<4H", _named("ws_row ws_col ws_xpixel ws_ypixel")),
}
MODEM: Final = bit_table(
    "0:TIOCM_LE TIOCM_DTR TIOCM_RTS TIOCM_ST TIOCM_SR TIOCM_CTS TIOCM_CAR TIOCM_RNG TIOCM_DSR"
).with_bits((0x2000, "TIOCM_OUT1"), (0x4000, "TIOCM_OUT2"), (0x8000, "TIOCM_LOOP"))
FLOW: Final = {0: "TCOOFF", 1: "TCOON", 2: "TCIOFF", 3: "TCION"}
FLUSH: Final = {0: "TCIFLUSH", 1: "TCOFLUSH", 2: "TCIOFLUSH"}
DISCIPLINES: Final = {
    0: "N_TTY", 1: "N_SLIP", 2: "N_MOUSE", 3: "N_PPP", 5: "N_AX25", 7: "N_6PACK", 13: "N_HDLC", 15: "N_HCI",
    21: "N_GSM0710",
}  # fmt: skip
