"""Ordinary programs, one per I/O model, that all do the same job.

The job: a *feeder* in a process of its own sends ``--messages`` messages of ``--size`` bytes on each of
``--clients`` channels; the program receives them all and checks them. Only the way it waits differs from
file to file, so what a trace of two of them shows is the difference between two models and nothing else.

    python -m workloads.epoll --clients 3 --messages 20      any of them, without iotrace

``catalog`` lists the models, ``options`` is their command line, ``launch`` starts a feeder and says which
program to run, ``job`` is what every model shares, and ``feeder`` is the other end.
"""
