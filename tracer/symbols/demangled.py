"""C++ (and old Rust) names as they were written, by the function of the C++ runtime where that is installed."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Final

_LIBRARY: Final = "libstdc++.so.6"


@cache
def demangled(name: str) -> str:
    """`ns::f(int)` for `_ZN2ns1fEi`; any other name, and all where the runtime is not installed, as it is."""
    if not name.startswith("_Z"):
        return name
    found = _by_runtime(name.encode())
    return found.decode(errors="replace") if found else name


def _by_runtime(name: bytes) -> bytes | None:
    """abi::__cxa_demangle (cxxabi.h): NULL for what is no mangled name; its result is to be freed."""
    runtime = _runtime()
    if runtime is None:
        return None
    status = ctypes.c_int(0)
    address = runtime.__cxa_demangle(name, None, None, ctypes.byref(status))
    if not address:
        return None
    text = ctypes.string_at(address)
    _free(ctypes.c_void_p(address))
    return text


@cache
def _runtime() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(_LIBRARY)
        library.__cxa_demangle.restype = ctypes.c_void_p
    except (OSError, AttributeError):
        return None
    return library


def _free(address: ctypes.c_void_p) -> None:
    ctypes.CDLL(None).free(address)
