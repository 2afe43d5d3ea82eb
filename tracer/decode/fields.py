"""Structures that read as a list of their fields, {name=value, name=value}: declared as text, decoded alike.

`q Q i I h H B` are numbers as in the module `struct`, `x` and `X` numbers of 4 and 8 bytes shown in hex, `-` is a
byte of padding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from tracer.decode.look import Reader, structure

_CODES: Final = {"x": "I", "X": "Q"}

LAYOUTS: Final = {
    "cachestat": "Q:nr_cache Q:nr_dirty Q:nr_writeback Q:nr_evicted Q:nr_recently_evicted",
    "cachestat_range": "Q:off Q:len",
    "cap_data": "x:effective x:permitted x:inheritable",
    "cap_header": "x:version i:pid",
    "file_attr": "X:fa_xflags I:fa_extsize I:fa_nextents I:fa_projid I:fa_cowextsize",
    "file_handle": "I:handle_bytes i:handle_type",
    "landlock_ruleset": "X:handled_access_fs",
    "mnt_id_req": "I:size I:spare X:mnt_id X:param",
    "mount_attr": "X:attr_set X:attr_clr X:propagation Q:userns_fd",
    "mq_attr": "X:mq_flags q:mq_maxmsg q:mq_msgsize q:mq_curmsgs",
    "ns_id_req": "I:size I:spare Q:ns_id x:ns_type I:spare2 Q:user_ns_id",
    "sched_attr": (
        "I:size I:sched_policy X:sched_flags i:sched_nice I:sched_priority Q:sched_runtime Q:sched_deadline "
        "Q:sched_period"
    ),
    "timex": (
        "x:modes - - - - q:offset q:freq q:maxerror q:esterror i:status - - - - q:constant q:precision q:tolerance "
        "q:time.tv_sec q:time.tv_usec q:tick"
    ),
    "ustat": "i:f_tfree - - - - Q:f_tinode",
    "xattr_args": "X:value I:size x:flags",
}


@cache
def fields(name: str) -> Reader:
    """A decoder of the structure `name` of `LAYOUTS`."""
    parts = [each.partition(":") for each in LAYOUTS[name].split()]
    layout = "<" + "".join("x" if code == "-" else _CODES.get(code, code) for code, _, _ in parts)
    shown = [(field, code in _CODES) for code, _, field in parts if code != "-"]
    return structure(layout, _writer(shown))


def _writer(shown: list[tuple[str, bool]]) -> Callable[..., str]:
    def write(*values: Any) -> str:
        pairs = zip(shown, values, strict=True)
        texts = [f"{name}={value:#x}" if in_hex and value else f"{name}={value}" for (name, in_hex), value in pairs]
        return "{" + ", ".join(texts) + "}"

    return write
