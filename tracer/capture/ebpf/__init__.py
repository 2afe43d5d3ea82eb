"""Capture by BPF programs in the kernel: nothing is stopped, so a call costs a fraction of a microsecond.

`iotrace.bpf.c` is what runs there; `bpf` talks to the kernel, `loading` brings the compiled object in, `ring` reads
what it wrote, `rows` turns that into wire records. Needs root or CAP_BPF + CAP_PERFMON, and Linux 6.1.
"""
