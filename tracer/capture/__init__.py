"""The capture process: everything that talks to the kernel about a traced program.

It runs as `python -m tracer.capture` in a process of its own and sends wire records over a pipe. It imports
neither numpy nor pyarrow nor textual, so it is small and quick to start.
"""
