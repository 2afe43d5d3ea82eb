"""Netlink messages by name, cut anywhere, and nothing of the kind on other sockets."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.rows import ENTRY, batch, piece, row
from tracer.decode.call import call_text
from tracer.decode.netlink import messages_text

BUF, ADDRESS = 0x2000, 0x3000
TO_KERNEL = struct.pack("<HHII", 16, 0, 0, 0)


def message(kind: int, flags: int, body: bytes = b"") -> bytes:
    return struct.pack("<IHHII", 16 + len(body), kind, flags, 23, 7) + body


def header(length: int, kind: str, flags: str) -> str:
    return f"{{nlmsg_len={length}, nlmsg_type={kind}, nlmsg_flags={flags}, nlmsg_seq=23, nlmsg_pid=7}}"


GETLINK = message(18, 0x301, struct.pack("<BxHiII", 0, 772, 1, 9, 0) + bytes(8))
LINK = "{ifi_family=AF_UNSPEC, ifi_type=ARPHRD_LOOPBACK, ifi_index=1, ifi_flags=IFF_UP|IFF_LOOPBACK, ifi_change=0}"


@pytest.mark.parametrize(
    ("family", "data", "text"),
    [
        ("ROUTE", GETLINK, f"[{header(40, 'RTM_GETLINK', 'NLM_F_REQUEST|NLM_F_DUMP')}, {LINK}, ...]"),
        ("ROUTE", message(16, 0x605, b"\2"),
         f"[{header(17, 'RTM_NEWLINK', 'NLM_F_REQUEST|NLM_F_ACK|NLM_F_EXCL|NLM_F_CREATE')}, "
         "{family=AF_INET, ...}]"),
        ("ROUTE", message(20, 2, struct.pack("<BBBBI", 2, 8, 0x80, 254, 1)),
         f"[{header(24, 'RTM_NEWADDR', 'NLM_F_MULTI')}, {{ifa_family=AF_INET, ifa_prefixlen=8, "
         "ifa_flags=IFA_F_PERMANENT, ifa_scope=RT_SCOPE_HOST, ifa_index=1}]"),
        ("SOCK_DIAG", message(3, 2, bytes(4)), f"[{header(20, 'NLMSG_DONE', 'NLM_F_MULTI')}, 0]"),
        ("", message(2, 0, struct.pack("<i", -19) + GETLINK),
         f"[{header(60, 'NLMSG_ERROR', '0')}, {{error=-ENODEV, "
         f"msg=[{header(40, '0x12', 'NLM_F_REQUEST|0x300')}, ...]}}]"),
        ("GENERIC", message(16, 5, b"\3\1\0\0"),
         f"[{header(20, 'nlctrl', 'NLM_F_REQUEST|NLM_F_ACK')}, {{cmd=0x3, version=1}}]"),
    ],
)  # fmt: skip
def test_messages_of_each_family(family: str, data: bytes, text: str) -> None:
    assert messages_text(data, len(data), family) == text


def test_several_messages_and_a_cut() -> None:
    done = message(3, 2, bytes(4))
    both = GETLINK + done
    whole = messages_text(both, len(both), "ROUTE")
    assert whole.startswith("[[{nlmsg_len=40")
    assert whole.endswith("NLM_F_MULTI, nlmsg_seq=23, nlmsg_pid=7}, 0]]")
    assert messages_text(both[:40], len(both), "ROUTE").endswith(f"{LINK}, ...], ...]")


def test_a_message_to_the_kernel_is_one_by_its_address_alone() -> None:
    given = [piece(1, ENTRY, BUF, GETLINK), piece(4, ENTRY, ADDRESS, TO_KERNEL)]
    made = row("sendto", 3, BUF, 40, 0, ADDRESS, 12, result=40, memory=given)
    assert "nlmsg_type=0x12" in call_text(batch([made]), 0).line  # of which family is not known here
    plain = row("sendto", 3, BUF, 40, 0, 0, 0, result=40, memory=given[:1])
    assert "nlmsg" not in call_text(batch([plain]), 0).line


@given(
    st.binary(max_size=90), st.integers(0, 200), st.sampled_from(["", "ROUTE", "SOCK_DIAG", "GENERIC", "NETFILTER"])
)
def test_any_bytes_are_read_without_an_error(data: bytes, more: int, family: str) -> None:
    text = messages_text(data, len(data) + more, family)
    assert not text or text.startswith(("[{nlmsg_len=", "[[{nlmsg_len="))
