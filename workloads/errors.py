"""Why a workload ends early: each reason is one line for stderr and an exit status."""


class WorkloadError(Exception):
    """The message says what happened, why, and what to do next, in one line."""

    status = 1


class FeederLost(WorkloadError):
    """The feeder went away, or never came, before every message had been received."""


class BadOption(WorkloadError):
    """An option has a value that this model does not accept."""

    status = 2


class CannotRun(WorkloadError):
    """The model needs something this machine does not offer (io_uring switched off, select beyond 1024)."""

    status = 2
