"""The one line of JSON that a workload prints when it is done."""

import json
from dataclasses import asdict, dataclass
from resource import struct_rusage
from typing import Any

from workloads.inbox import Latencies, Tally
from workloads.options import JobOptions


@dataclass(frozen=True)
class Spent:
    """What the measured phase cost, by the kernel's own counters; times in ns (getrusage(2), RUSAGE_SELF)."""

    wall_ns: int = 0
    rusage_user_ns: int = 0
    rusage_system_ns: int = 0
    voluntary_switches: int = 0
    involuntary_switches: int = 0

    @classmethod
    def between(cls, begun: struct_rusage, ended: struct_rusage, wall_ns: int) -> "Spent":
        return cls(
            wall_ns,
            round((ended.ru_utime - begun.ru_utime) * 1e9),
            round((ended.ru_stime - begun.ru_stime) * 1e9),
            ended.ru_nvcsw - begun.ru_nvcsw,
            ended.ru_nivcsw - begun.ru_nivcsw,
        )


def result(
    model: str, options: JobOptions, tally: Tally, latencies: Latencies, work_done: int, spent: Spent
) -> dict[str, Any]:
    """``messages`` is per client, as asked for; ``received`` counts those of all clients."""
    expected = options.clients * options.messages
    return {
        "model": model,
        "transport": options.transport,
        "clients": options.clients,
        "messages": options.messages,
        "size": options.size,
        "interval": options.interval,
        "ok": tally.ok(expected) and tally.payload_bytes == expected * options.size,
        "received": tally.received,
        "payload_bytes": tally.payload_bytes,
        "checksum_ok": not tally.checksum_errors,
        "sequence_ok": not tally.sequence_errors,
        "latency_p50_ns": latencies.percentile(50),
        "latency_p99_ns": latencies.percentile(99),
        "work_done": work_done,
        **asdict(spent),
    }


def line(fields: dict[str, Any]) -> str:
    return json.dumps(fields)
