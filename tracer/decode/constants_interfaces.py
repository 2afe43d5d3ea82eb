"""Flags and hardware types of network interfaces by name (netdevice(7), linux/if.h, linux/if_arp.h)."""

from __future__ import annotations

from typing import Final

from tracer.decode.flags import bit_table

IFF: Final = bit_table(
    "0:IFF_UP IFF_BROADCAST IFF_DEBUG IFF_LOOPBACK IFF_POINTOPOINT IFF_NOTRAILERS IFF_RUNNING IFF_NOARP "
    "IFF_PROMISC IFF_ALLMULTI IFF_MASTER IFF_SLAVE IFF_MULTICAST IFF_PORTSEL IFF_AUTOMEDIA IFF_DYNAMIC "
    "IFF_LOWER_UP IFF_DORMANT IFF_ECHO"
)
HARDWARE: Final = {
    0: "ARPHRD_NETROM", 1: "ARPHRD_ETHER", 24: "ARPHRD_IEEE1394", 32: "ARPHRD_INFINIBAND", 280: "ARPHRD_CAN",
    512: "ARPHRD_PPP", 768: "ARPHRD_TUNNEL", 769: "ARPHRD_TUNNEL6", 772: "ARPHRD_LOOPBACK", 776: "ARPHRD_SIT",
    778: "ARPHRD_IPGRE", 801: "ARPHRD_IEEE80211", 803: "ARPHRD_IEEE80211_RADIOTAP", 65534: "ARPHRD_NONE",
}  # fmt: skip
