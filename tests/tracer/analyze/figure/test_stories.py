"""What each model's story is made of: the steps, their phases, and the exact times and bytes."""

from __future__ import annotations

from struct import pack

from tests.tracer.analyze.figures import (
    MODEL,
    MS,
    US,
    call,
    empty,
    entered_ring,
    measured,
    message,
    messages_of,
    signal,
    woken,
)
from tests.tracer.rows import ENTRY, TestRow, piece
from tracer.analyze.figure.figure import Figure, Phase, Step, StepKind
from tracer.recording.header import Header
from tracer.wire import NO_ARG

WAIT, COPY = Phase.WAIT, Phase.COPY
AnyStep = tuple[StepKind, str, tuple[Phase, ...]]


def only(*rows: TestRow, header: Header = MODEL) -> Figure:
    """The figure of the only message of these rows."""
    messages = messages_of(rows, header=header)
    assert len(messages) == 1
    figure = messages.figure()
    assert figure is not None
    return figure


def outline(steps: tuple[Step, ...]) -> list[AnyStep]:
    return [(step.kind, step.name, step.phases) for step in steps]


def test_blocking_both_phases_in_one_call() -> None:
    figure = only(message(4, at=10, user=5 * US, kernel=7 * US, blocked=20 * MS, sent=15 * MS))
    assert outline(figure.steps) == [(StepKind.CALL, "read", (WAIT, COPY)), (StepKind.SENT, "", ())]
    assert (figure.waited.blocked_ns, figure.waited.kernel_ns, figure.copying_ns) == (20 * MS, 0, 7 * US)
    assert figure.latency_ns == 10 + 20 * MS + 7 * US - 15 * MS
    assert (figure.copied("out", "payload"), figure.calls) == (64, 1)


def test_a_program_of_ones_own_has_no_send_time() -> None:
    figure = only(message(4, at=10, blocked=MS, sent=5), header=Header(command=("prog",)))
    assert figure.latency_ns is None
    assert outline(figure.steps) == [(StepKind.CALL, "read", (WAIT, COPY))]


def test_epoll_waits_in_one_call_and_copies_in_another() -> None:
    added = call("epoll_ctl", 7, 1, 4, 0x10, at=1, kernel=US, user=2 * US)
    figure = only(
        added, woken(at=100, ready=3, blocked=19 * MS, kernel=11 * US), message(4, at=20 * MS, kernel=2 * US)
    )
    assert outline(figure.steps) == [(StepKind.CALL, "epoll_wait", (WAIT,)), (StepKind.CALL, "read", (COPY,))]
    assert [step.name for step in figure.before] == ["epoll_ctl"]
    assert figure.before[0].times.user_ns == 0
    assert figure.copied("out", "control") == 36
    assert (figure.waited.blocked_ns, figure.waited.kernel_ns, figure.copying_ns) == (19 * MS, 11 * US, 2 * US)


def test_a_registration_of_another_descriptor_is_not_shown() -> None:
    other = call("epoll_ctl", 7, 1, 5, 0x10, at=1)
    assert only(other, woken(at=100), message(4, at=200)).before == ()


def test_a_deregistration_is_no_set_up() -> None:
    gone = call("epoll_ctl", 7, 2, 4, 0x10, at=1)
    assert only(gone, woken(at=100), message(4, at=200)).before == ()


def test_the_second_of_two_ready_ones_shows_the_first_as_other_calls() -> None:
    rows = [woken(at=100, ready=2, blocked=MS), message(4, at=2 * MS, kernel=US), message(5, at=3 * MS)]
    figure = messages_of(rows).figure(2)
    assert figure is not None
    assert outline(figure.steps) == [
        (StepKind.CALL, "epoll_wait", (WAIT,)), (StepKind.OTHERS, "", ()), (StepKind.CALL, "read", (COPY,)),
    ]  # fmt: skip
    assert (figure.steps[1].count, figure.steps[1].args, figure.steps[1].times.kernel_ns) == (1, ("read",), US)


def test_spinning_is_one_step_with_the_sum_of_its_tries() -> None:
    tries = [empty(4, at=1000 * n, user=3, kernel=2) for n in range(1, 102)]
    figure = only(*tries, message(4, at=200_000, kernel=7))
    assert outline(figure.steps) == [(StepKind.TRIES, "read", (WAIT,)), (StepKind.CALL, "read", (COPY,))]
    step = figure.steps[0]
    assert (step.count, step.sleeps, step.errno, step.at_ns) == (101, 0, "EAGAIN", 1000)
    assert (step.times.user_ns, step.times.kernel_ns) == (303, 202)
    assert (figure.waited.user_ns, figure.waited.kernel_ns, figure.calls) == (303, 202, 102)


def test_a_lock_inside_a_non_blocking_read_is_not_waiting_for_data() -> None:
    figure = only(empty(4, at=10), message(4, at=20, kernel=7, blocked=2 * US))
    assert figure.steps[-1].phases == (COPY,)
    assert figure.waited.blocked_ns == 0


def test_tries_of_another_descriptor_are_other_calls() -> None:
    rows = [n for at in range(10) for n in (empty(4, at=100 + 2 * at), empty(5, at=101 + 2 * at))]
    figure = only(*rows, message(4, at=500))
    found = {step.kind: step.count for step in figure.steps}
    assert (found[StepKind.TRIES], found[StepKind.OTHERS]) == (10, 10)


def test_a_pause_between_tries_is_waiting_asleep() -> None:
    def pause(at: int, length: int) -> TestRow:
        return call("clock_nanosleep", 1, 1, 0x10, at=at, blocked=length, kernel=US, memory=[
            piece(2, ENTRY, 0x10, bytes(16))])  # fmt: skip

    figure = only(
        empty(4, at=10), pause(20, MS), empty(4, at=2 * MS), pause(3 * MS, 2 * MS), empty(4, at=6 * MS),
        pause(7 * MS, 4 * MS), message(4, at=12 * MS),
    )  # fmt: skip
    assert outline(figure.steps) == [
        (StepKind.TRIES, "read", (WAIT,)), (StepKind.CALL, "read", (WAIT,)),
        (StepKind.CALL, "clock_nanosleep", (WAIT,)), (StepKind.CALL, "read", (COPY,)),
    ]  # fmt: skip
    assert (figure.steps[0].count, figure.steps[0].sleeps) == (4, 2)
    assert figure.waited.blocked_ns == 7 * MS


def test_the_read_that_drains_an_edge_belongs_to_the_message() -> None:
    figure = only(woken(at=10, blocked=MS), message(4, at=2 * MS), empty(4, at=3 * MS))
    assert outline(figure.steps)[-1] == (StepKind.CALL, "read", ())
    assert figure.steps[-1].errno == "EAGAIN"


def test_a_try_of_another_descriptor_drains_nothing() -> None:
    figure = only(woken(at=10, blocked=MS), message(4, at=2 * MS), empty(5, at=3 * MS))
    assert outline(figure.steps)[-1] == (StepKind.CALL, "read", (COPY,))


def test_the_tries_after_a_message_of_a_spinning_program_are_the_next_ones() -> None:
    figure = only(empty(4, at=10), message(4, at=20), empty(4, at=30))
    assert len(figure.steps) == 2


def test_a_signal_about_the_descriptor_is_told_with_its_set_up() -> None:
    set_up = [call("fcntl", 4, 8, 4241, at=1), call("fcntl", 4, 10, 35, at=2), call("fcntl", 4, 4, 0o24000, at=3)]
    suspended = call(
        "rt_sigsuspend", 0x10, 8, at=10, result=-514, blocked=MS, memory=[piece(0, ENTRY, 0x10, bytes(8))]
    )
    back = call("rt_sigreturn", at=3 * MS, result=-514)
    figure = only(*set_up, suspended, signal(2 * MS, fd=4), back, message(4, at=4 * MS), empty(4, at=5 * MS))
    assert [step.name for step in figure.before] == ["fcntl"] * 3
    assert outline(figure.steps) == [
        (StepKind.CALL, "rt_sigsuspend", (WAIT,)), (StepKind.SIGNAL, "SIGRT_3", ()),
        (StepKind.CALL, "rt_sigreturn", ()), (StepKind.CALL, "read", (COPY,)), (StepKind.CALL, "read", ()),
    ]  # fmt: skip
    assert (figure.steps[0].interrupted, figure.steps[1].fd, figure.steps[2].result) == (True, 4, 0)


def test_a_signal_about_another_descriptor_is_not() -> None:
    figure = only(woken(at=10), signal(20, fd=9), message(4, at=30))
    assert StepKind.SIGNAL not in {step.kind for step in figure.steps}


def test_a_result_in_the_ring_copies_inside_the_call_that_waited() -> None:
    figure = only(entered_ring(at=10, key=5, fd=4, length=64, result=64, blocked=MS, kernel=9 * US))
    assert outline(figure.steps) == [
        (StepKind.REQUEST, "READ", ()), (StepKind.CALL, "io_uring_enter", (WAIT, COPY)),
        (StepKind.RESULT, "READ", (COPY,)),
    ]  # fmt: skip
    assert (figure.copied("out", "payload"), figure.size, figure.fd) == (64, 64, 4)


def test_a_result_without_data_is_no_message() -> None:
    assert len(messages_of([entered_ring(at=10, key=5, fd=4, length=64, result=-104)])) == 0


def test_what_is_read_and_written_on_is_one_message_with_two_copies() -> None:
    rows = []
    for at in (100, 200, 300):
        rows += [message(4, at=at, size=512), call("write", 5, 0x1000, 512, at=at + 10, result=512)]
    messages = messages_of(measured(*rows, until=400), header=MODEL)
    assert len(messages) == 3
    figure = messages.figure(2)
    assert figure is not None
    assert outline(figure.steps) == [(StepKind.CALL, "read", (COPY,)), (StepKind.CALL, "write", (COPY,))]
    assert (figure.copied("out", "payload"), figure.copied("in", "payload")) == (512, 512)


def test_two_splices_are_one_message_and_copy_nothing() -> None:
    rows = []
    for at in (100, 200, 300, 400, 500):
        rows += [
            call("splice", 4, 0, 7, 0, 512, at=at, result=512),
            call("splice", 6, 0, 5, 0, 512, at=at + 10, result=512),
        ]
    messages = messages_of(measured(*rows, until=600), header=MODEL)
    assert len(messages) == 5
    figure = messages.figure(3)
    assert figure is not None
    assert outline(figure.steps) == [(StepKind.CALL, "splice", ())] * 2
    assert figure.copied("out", "payload") == figure.copied("in", "payload") == 0


def test_each_sendfile_is_a_message_of_its_own() -> None:
    rows = [call("sendfile", 5, 4, 0, 512, at=100 * n, result=512) for n in range(1, 8)]
    assert len(messages_of(measured(*rows, until=900), header=MODEL)) == 7


def test_a_write_from_a_map_shows_the_map() -> None:
    mapped = call("mmap", 0, 4096, 1, 1, 4, 0, at=2, result=0x7000)
    figure = only(*measured(mapped, call("write", 5, 0x7200, 512, at=10, result=512), until=20))
    assert [step.name for step in figure.before] == ["mmap"]


def test_a_write_from_elsewhere_does_not() -> None:
    mapped = call("mmap", 0, 4096, 1, 1, 4, 0, at=2, result=0x7000)
    assert only(*measured(mapped, call("write", 5, 0x9000, 512, at=10, result=512), until=20)).before == ()


def test_the_frame_is_told_where_it_was_written_not_where_it_is_taken_back() -> None:
    state = pack("<IIQI28x", 0x46505853, 2700, 7, 2696)
    header = (0x5000).to_bytes(8, "little") + (0x6000).to_bytes(8, "little") + bytes(8)
    back = call("rt_sigreturn", at=3 * MS, memory=[piece(NO_ARG, ENTRY, 0, header + state)])
    figure = only(woken(at=10, blocked=MS), signal(2 * MS, fd=4), back, message(4, at=4 * MS))
    given, returned = (
        next(step for step in figure.steps if step.name == name) for name in ("SIGRT_3", "rt_sigreturn")
    )
    assert given.copied("out", "control") > 2696
    assert given.copied("in", "control") == returned.copied("out", "control") == 0
    assert returned.copied("in", "control") > 2696
