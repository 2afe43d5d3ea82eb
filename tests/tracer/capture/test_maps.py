"""The address space of this very process, as capture describes it."""

from __future__ import annotations

import ctypes
import os

from tracer.analyze.regions import mappings
from tracer.capture.maps import maps_of


def test_the_mappings_of_a_process() -> None:
    """A variable lies in a writable mapping, a function in an executable one of a file; there is a stack."""
    found = list(mappings(maps_of(os.getpid())))
    variable = ctypes.create_string_buffer(64)
    function = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p).value
    assert function is not None
    around = {
        name: next((permissions, path) for start, end, permissions, path in found if start <= address < end)
        for name, address in (("variable", ctypes.addressof(variable)), ("function", function))
    }
    assert around["variable"][0].startswith("rw")
    assert around["function"][0] == "r-xp"
    assert around["function"][1].startswith("/")
    assert "[stack]" in {path for *_, path in found}


def test_a_process_that_is_gone_has_none() -> None:
    assert maps_of(1 << 22) == b""


def test_damaged_lines_are_left_out() -> None:
    assert list(mappings(b"1000-2000 r--p /a b\nnonsense\n3000-zz rw-p\n\xff\n5000-6000 rw-p")) == [
        (0x1000, 0x2000, "r--p", "/a b"), (0x5000, 0x6000, "rw-p", ""),
    ]  # fmt: skip
