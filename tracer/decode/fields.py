"""Structures that read as a list of their fields, {name=value, name=value}: declared as text, decoded alike.

The codes are those of `tracer.syscalls.structure_fields`; here are the structures that every ABI has alike, those
that differ are there.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from tracer.decode.look import Look, Reader
from tracer.decode.text import Unread
from tracer.syscalls.layouts import HEXADECIMAL, lay_out
from tracer.syscalls.structure_fields import STRUCTURES

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
    "ns_id_req": "I:size I:spare Q:ns_id x:ns_type I:spare2 Q:user_ns_id",
    "sched_attr": (
        "I:size I:sched_policy X:sched_flags i:sched_nice I:sched_priority Q:sched_runtime Q:sched_deadline "
        "Q:sched_period"
    ),
    "xattr_args": "X:value I:size x:flags",
}


@cache
def fields(name: str) -> Reader:
    """A decoder of the structure `name` of `LAYOUTS`, or of `tracer.syscalls.layouts`."""
    text = LAYOUTS.get(name) or STRUCTURES[name]

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        data = look.latest()
        if isinstance(data, Unread):
            return look.missing(data)
        shape = lay_out(text, look.model)
        if len(data) < shape.packed.size:
            return look.missing(Unread("cut off"))
        pairs = zip([shape.fields[place] for place in shape.shown], shape.values(data), strict=True)
        texts = [
            f"{field.name}={value:#x}" if field.code in HEXADECIMAL and value else f"{field.name}={value}"
            for field, value in pairs
        ]
        return "{" + ", ".join(texts) + "}"

    return decode
