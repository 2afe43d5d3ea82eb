"""Netlink's numbers by name (linux/netlink.h, rtnetlink.h, inet_diag.h, netfilter/nfnetlink.h)."""

from __future__ import annotations

from typing import Final

from tracer.decode.flags import bit_table, table

CONTROL_TYPES: Final = {1: "NLMSG_NOOP", 2: "NLMSG_ERROR", 3: "NLMSG_DONE", 4: "NLMSG_OVERRUN"}
"""The types every family has; its own begin at 16."""
_ROUTE_OBJECTS: Final = {
    16: "LINK", 20: "ADDR", 24: "ROUTE", 28: "NEIGH", 32: "RULE", 36: "QDISC", 40: "TCLASS", 44: "TFILTER",
    48: "ACTION", 52: "PREFIX", 56: "MULTICAST", 60: "ANYCAST", 64: "NEIGHTBL", 68: "NDUSEROPT", 72: "ADDRLABEL",
    76: "DCB", 80: "NETCONF", 84: "MDB", 88: "NSID", 92: "STATS", 96: "CACHEREPORT", 100: "CHAIN", 104: "NEXTHOP",
    108: "LINKPROP", 112: "VLAN", 116: "NEXTHOPBUCKET", 120: "TUNNEL",
}  # fmt: skip
ROUTE_TYPES: Final = {
    first + place: f"RTM_{verb}{name}"
    for first, name in _ROUTE_OBJECTS.items()
    for place, verb in enumerate(("NEW", "DEL", "GET", "SET"))
}
DIAG_TYPES: Final = {18: "TCPDIAG_GETSOCK", 19: "DCCPDIAG_GETSOCK", 20: "SOCK_DIAG_BY_FAMILY", 21: "SOCK_DESTROY"}
GENERIC_TYPES: Final = {16: "nlctrl"}
"""GENL_ID_CTRL; all others are numbered as they are registered."""
NETFILTER_SUBSYSTEMS: Final = (
    "NONE CTNETLINK CTNETLINK_EXP QUEUE ULOG OSF IPSET ACCT CTNETLINK_TIMEOUT CTHELPER NFTABLES NFT_COMPAT HOOK"
).split()

_COMMON: Final = bit_table(
    "0:NLM_F_REQUEST NLM_F_MULTI NLM_F_ACK NLM_F_ECHO NLM_F_DUMP_INTR NLM_F_DUMP_FILTERED"
)  # fmt: skip
MESSAGE_FLAGS: Final = {
    "": _COMMON,
    "NEW": _COMMON.with_bits(
        *table("NLM_F_REPLACE=0x100 NLM_F_EXCL=0x200 NLM_F_CREATE=0x400 NLM_F_APPEND=0x800").bits
    ),
    "DEL": _COMMON.with_bits(*table("NLM_F_NONREC=0x100 NLM_F_BULK=0x200").bits),
    "GET": _COMMON.with_bits(*table("NLM_F_DUMP=0x300 NLM_F_ROOT=0x100 NLM_F_MATCH=0x200 NLM_F_ATOMIC=0x400").bits),
    "ACK": _COMMON.with_bits(*table("NLM_F_CAPPED=0x100 NLM_F_ACK_TLVS=0x200").bits),
}
"""Flags from 0x100 on mean something else in requests of each kind."""
ADDRESS_FLAGS: Final = bit_table(
    "0:IFA_F_SECONDARY IFA_F_NODAD IFA_F_OPTIMISTIC IFA_F_DADFAILED IFA_F_HOMEADDRESS IFA_F_DEPRECATED "
    "IFA_F_TENTATIVE IFA_F_PERMANENT"
)
SCOPES: Final = {
    0: "RT_SCOPE_UNIVERSE", 200: "RT_SCOPE_SITE", 253: "RT_SCOPE_LINK", 254: "RT_SCOPE_HOST",
    255: "RT_SCOPE_NOWHERE",
}  # fmt: skip
TABLES: Final = {
    0: "RT_TABLE_UNSPEC", 252: "RT_TABLE_COMPAT", 253: "RT_TABLE_DEFAULT", 254: "RT_TABLE_MAIN",
    255: "RT_TABLE_LOCAL",
}  # fmt: skip
ORIGINS: Final = {
    0: "RTPROT_UNSPEC", 1: "RTPROT_REDIRECT", 2: "RTPROT_KERNEL", 3: "RTPROT_BOOT", 4: "RTPROT_STATIC",
    9: "RTPROT_RA", 16: "RTPROT_DHCP",
}  # fmt: skip
ROUTES: Final = dict(enumerate(
    (
        "RTN_UNSPEC RTN_UNICAST RTN_LOCAL RTN_BROADCAST RTN_ANYCAST RTN_MULTICAST RTN_BLACKHOLE RTN_UNREACHABLE "
        "RTN_PROHIBIT RTN_THROW RTN_NAT RTN_XRESOLVE"
    ).split()
))  # fmt: skip
NEIGHBOUR_STATES: Final = bit_table(
    "0:NUD_INCOMPLETE NUD_REACHABLE NUD_STALE NUD_DELAY NUD_PROBE NUD_FAILED NUD_NOARP NUD_PERMANENT"
)
TCP_STATES: Final = (
    "0 TCP_ESTABLISHED TCP_SYN_SENT TCP_SYN_RECV TCP_FIN_WAIT1 TCP_FIN_WAIT2 TCP_TIME_WAIT TCP_CLOSE "
    "TCP_CLOSE_WAIT TCP_LAST_ACK TCP_LISTEN TCP_CLOSING TCP_NEW_SYN_RECV"
).split()
