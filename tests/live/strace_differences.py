"""What may differ between strace's text and ours, one rule each with its reason; anything else is a fault.

`same_words` brings a line of either to the words that both must agree on.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.live.strace_text import BIRTHS, Line

TEXT = r'"(\\.|[^"\\])*"(\.\.\.)?'

NAMED = r"\d+(<(->|[^<>]|<[^<>]*>)*>)?"
"""A descriptor, with what it is called."""


class Rule(NamedTuple):
    """In lines of `names` (empty: all), `pattern` in the arguments becomes `becomes`."""

    why: str
    names: frozenset[str]
    pattern: re.Pattern[str]
    becomes: str


def _rule(why: str, names: str, pattern: str, becomes: str) -> Rule:
    return Rule(why, frozenset(names.split()), re.compile(pattern), becomes)


RULES = (
    # Two runs of a program.
    _rule("addresses differ between runs", "", r"0x[0-9a-f]{7,}", "ADDRESS"),
    _rule("the process's number in its own files", "", r"(?<=</proc/)\d+", "PID"),
    _rule("inodes of pipes and sockets are given one after the other", "", r"(?<=:\[)\d+(->\d+)?", "INODE"),
    _rule("clocks go on between runs", "", r"tv_(n|u)?sec=\d+", "TIME"),
    _rule("random bytes", "getrandom", TEXT, "BYTES"),
    _rule("temporary names are random", "", r"(/tmp/cc|tmp_obj_|/tmp/git|\.git/t|/tmp/tmp\.)\w+", r"\1RANDOM"),
    _rule("the process's number", "readlink openat", r'"\d+"|(?<="/proc/)\d+', "PID"),
    _rule("times in git's index, random bytes in sqlite's journal", "read write pread64 pwrite64", TEXT, "BYTES"),
    _rule("how long children ran", "---", r", si_[us]time=\d+( /\* [^*]* \*/)?", ""),
    _rule("free memory and load", "sysinfo", r".*", ""),
    _rule("free space", "statfs fstatfs", r"f_(bfree|bavail|ffree)=\d+", "FREE"),
    # Where the two choose other words for the same fact.
    _rule("strace tells times as a date too", "", r" /\* \d{4}-[^*]* \*/", ""),
    _rule("strace remarks that a capability is unknown", "prctl", r" /\* CAP_\?\?\? \*/", ""),
    _rule("we list directory entries, strace counts", "getdents64", r"(\[[^\]]*\]|ADDRESS)(?= /\*)", "ENTRIES"),
    _rule("strace cuts utsname short", "uname", r".*", ""),
    _rule(
        "strace cuts program arguments short", "execve", r'"((\\.|[^"\\]){64})(\\.|[^"\\])*"(\.\.\.)?', r'"\1"...'
    ),
    _rule("several requests have this number", "ioctl", r"BTRFS_IOC_CLONE or (?=FICLONE)", ""),
    _rule(
        "strace shows both halves of epoll_data", "epoll_ctl epoll_wait epoll_pwait",
        r"data=(\{u32=\d+, u64=(\d+|ADDRESS)\}|0x[0-9a-f]+|ADDRESS)", "DATA",
    ),
    _rule("strace shows revents with the result", "poll ppoll", r", revents=[A-Z|]+", ""),
    _rule("strace shows what select left with the result", "select pselect6", rf" => \[({NAMED} ?)*\]", ""),
)  # fmt: skip
WITHOUT_ARGUMENTS = {
    "rt_sigreturn": "strace shows the mask that is restored; its value is no result",
    "getppid": "the parent is another process",
    "clone": "strace names the arguments and leaves out those that mean nothing",
}
WITH_REMARKS = {
    "poll": "strace repeats what became ready",
    "ppoll": "the same",
    "select": "the same",
    "pselect6": "the same",
    "prctl": "strace explains the number",
}
FLAGS = re.compile(r"\b[A-Z_][A-Z_0-9]+(?:\|[A-Z_0-9a-fx]+)+")
"""Flags joined with |: the order in which they are named is each table's own."""


def same_words(line: Line) -> Line:
    """`line` by the rules."""
    if line.name in BIRTHS and line.name in WITHOUT_ARGUMENTS:
        return Line(line.name, "|".join(sorted(set(re.findall(r"CLONE_\w+|SIG\w+", line.args)))), line.result)
    if line.name in WITHOUT_ARGUMENTS:
        return Line(line.name, "", "")
    # AT_STATX_SYNC_AS_STAT is 0: strace names it, and we do not.
    args = FLAGS.sub(_sorted, line.args.replace("AT_STATX_SYNC_AS_STAT|", ""))
    for rule in RULES:
        if not rule.names or line.name in rule.names:
            args = rule.pattern.sub(rule.becomes, args)
    return Line(line.name, args, _result(line))


def _result(line: Line) -> str:
    result = line.result
    for rule in RULES:
        if not rule.names:
            result = rule.pattern.sub(rule.becomes, result)
    if line.name in WITH_REMARKS and not result.startswith("-1"):
        result = result.partition(" (")[0]
    return re.sub(r"0x[0-9a-f]{7,}", "ADDRESS", FLAGS.sub(_sorted, result))


def _sorted(match: re.Match[str]) -> str:
    return "|".join(sorted(match[0].split("|")))
