"""Structures as trees: names, offsets and values of every field, and never an exception."""

from __future__ import annotations

import struct

from hypothesis import given, settings

from tests.tracer.decode.test_garbage import rows
from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, completed, piece, row, submission, submitted
from tracer.decode.tree import call_tree, type_of
from tracer.decode.tree_node import MOST_ENTRIES, Node
from tracer.syscalls.names import number_of
from tracer.wire import Abi, Kind

BUF, OTHER, THIRD = 0x7F0000001000, 0x7F0000002000, 0x7F0000003000


def tree(made: TestRow) -> dict[str, Node]:
    """The arguments by name."""
    return {node.name: node for node in call_tree(batch([made]), 0)}


def below(node: Node) -> list[tuple[str, str, int | None]]:
    """Name, text and offset of the children."""
    return [(child.name, child.text, child.offset) for child in node.children]


def test_every_argument_is_a_node_by_its_name() -> None:
    found = tree(row("read", 3, BUF, 64, result=4, memory=[piece(1, EXIT, BUF, b"abc\n")]))
    assert [(node.name, node.type, node.text) for node in found.values()] == [
        ("fd", "fd", "3"), ("buf", "buffer", r'"abc\n"'), ("count", "size", "64"),
    ]  # fmt: skip


def test_pollfds_are_an_array_with_their_fields() -> None:
    asked = struct.pack("<ihHihH", 3, 1, 0, 7, 4, 0)
    answered = struct.pack("<ihHihH", 3, 1, 0x11, 7, 4, 0)
    memory = [piece(0, ENTRY, BUF, asked), piece(0, EXIT, BUF, answered)]
    fds = tree(row("poll", BUF, 2, 1000, result=1, memory=memory))["fds"]
    assert fds.type == "struct pollfd[]"
    first, second = fds.children
    assert (first.text, first.offset, second.offset) == ("fd 3: POLLIN, POLLIN|POLLHUP", 0, 8)
    assert below(first) == [("fd", "3", 0), ("events", "POLLIN", 4), ("revents", "POLLIN|POLLHUP", 6)]
    unanswered = tree(row("poll", BUF, 2, 1000, kind=Kind.ENTERED, memory=memory[:1]))["fds"]
    assert [name for name, *_ in below(unanswered.children[0])] == ["fd", "events"]


def test_epoll_events_say_which_descriptor_their_data_stands_for() -> None:
    """Packed on x86-64, aligned elsewhere."""
    data = struct.pack("<IQIQ", 1, 0x5555_0000_1230, 4, 7)
    made = batch([row("epoll_wait", 5, BUF, 8, 1000, result=2, memory=[piece(1, EXIT, BUF, data)])])
    known = {(5, 0x5555_0000_1230): 11}
    nodes = call_tree(made, 0, lambda epfd, data: known.get((epfd, data)))[1].children
    assert nodes[0].text == "{events=EPOLLIN, data=0x555500001230}  fd 11"
    assert below(nodes[0])[:2] == [("events", "EPOLLIN", 0), ("data", "0x555500001230", 4)]
    assert (nodes[0].children[2].text, len(nodes[1].children)) == ("fd 11", 2)
    aligned = struct.pack("<IxxxxQ", 4, 9)
    number = number_of(Abi.AARCH64, "epoll_ctl")
    assert number is not None
    ctl = row(number, 5, 1, 11, BUF, abi=Abi.AARCH64, memory=[piece(3, ENTRY, BUF, aligned)])
    assert below(tree(ctl)["event"]) == [("events", "EPOLLOUT", 0), ("data", "0x9", 8)]


def test_a_message_leads_to_its_address_segments_and_control_messages() -> None:
    header = struct.pack("<QIxxxxQQQQI", OTHER, 16, THIRD, 1, THIRD + 0x100, 20, 0)
    address = struct.pack("<H", 2) + struct.pack(">H", 80) + bytes([127, 0, 0, 1]) + bytes(8)
    control = struct.pack("<Qiii", 20, 1, 1, 9)
    memory = [
        piece(1, ENTRY, BUF, header), piece(1, ENTRY, OTHER, address),
        piece(1, ENTRY, THIRD, struct.pack("<QQ", THIRD + 0x200, 5)), piece(1, ENTRY, THIRD + 0x200, b"hello"),
        piece(1, ENTRY, THIRD + 0x100, control),
    ]  # fmt: skip
    message = {node.name: node for node in tree(row("sendmsg", 3, BUF, 0, result=5, memory=memory))["msg"].children}
    assert [node.text for node in message["name"].children][:2] == ["AF_INET", "htons(80)"]
    segment = message["iov"].children[0]
    assert segment.text == f"5 bytes at {THIRD + 0x200:#x}"
    assert segment.children[-1] == Node("holds", "bytes", '"hello"')
    assert "SCM_RIGHTS, cmsg_data=[9]" in message["control"].children[0].text


def test_a_structure_the_call_changed_is_shown_before_and_after() -> None:
    given_, left = struct.pack("<qq", 1, 0), struct.pack("<qq", 0, 999)
    memory = [piece(4, ENTRY, BUF, given_), piece(4, EXIT, BUF, left)]
    timeout = tree(row("select", 0, 0, 0, 0, BUF, memory=memory))["timeout"]
    assert [node.name for node in timeout.children] == ["given", "written"]
    assert below(timeout.children[1]) == [("tv_sec", "0", 0), ("tv_usec", "999", 8)]


def test_layouts_follow_the_abi() -> None:
    """stat of x86-64 has its mode at 24, the 32-bit one at 8."""
    data = struct.pack("<QQQIIIxxxxQqqq72x", 1, 2, 3, 0o100644, 0, 0, 0, 4242, 4096, 8)
    stat = {
        node.name: node
        for node in tree(row("fstat", 3, BUF, memory=[piece(1, EXIT, BUF, data)]))["statbuf"].children
    }
    assert (stat["mode"].offset, stat["mode"].text, stat["size"].text) == (24, "S_IFREG|0644", "4242")


def test_fd_sets_say_what_was_asked_and_what_was_left() -> None:
    memory = [piece(1, ENTRY, BUF, bytes([0b11010000, 1])), piece(1, EXIT, BUF, bytes([0b10000, 0]))]
    asked, left = tree(row("select", 9, BUF, 0, 0, 0, result=1, memory=memory))["readfds"].children
    assert ([node.text for node in asked.children], asked.text) == (["4", "6", "7", "8"], "4 of 9")
    assert [node.text for node in left.children] == ["4"]


def test_ring_entries_come_with_what_they_answer() -> None:
    entry = submission("READ", fd=7, len=64, user_data=17)
    made = row("io_uring_enter", 3, 1, 1, 1, memory=[submitted(entry), completed(64, entry)], result=1)
    found = tree(made)
    asked = {node.name: node.text for node in found["to_submit"].children[0].children}
    assert (asked["opcode"], asked["fd"], asked["user_data"]) == ("READ", "7", "0x11")
    done = found["completions"].children[0]
    assert (done.text, [node.name for node in done.children]) == (
        "READ 7 = 64",
        ["user_data", "res", "flags", "answers"],
    )


def test_long_arrays_are_counted_not_listed() -> None:
    data = struct.pack("<ihH", 3, 1, 0) * 500
    nodes = tree(row("poll", BUF, 500, 0, memory=[piece(0, ENTRY, BUF, data)]))["fds"].children
    assert (len(nodes), nodes[-1].text) == (MOST_ENTRIES + 1, f"{500 - MOST_ENTRIES} more")


def test_memory_that_is_cut_off_says_so() -> None:
    made = row("nanosleep", BUF, 0, memory=[piece(0, ENTRY, BUF, struct.pack("<qi", 5, 1))])
    assert below(next(iter(tree(made).values()))) == [("tv_sec", "5", 0), ("tv_nsec", "<cut off>", 8)]


def test_rows_that_are_no_calls_have_no_arguments() -> None:
    assert call_tree(batch([row(0, kind=Kind.EXIT)]), 0) == ()


def test_types_are_words() -> None:
    reads = ("flags:open", "const:whence", "msghdr:in", "iovec:out", "struct:mq_attr", "fd")
    words = ["flags", "constant", "struct msghdr", "struct iovec[]", "struct mq_attr", "fd"]
    assert [type_of(each) for each in reads] == words


def walked(nodes: tuple[Node, ...]) -> int:
    """How many nodes there are; every one has a name."""
    assert all(node.name for node in nodes)
    return sum(1 + walked(node.children) for node in nodes)


@settings(max_examples=300, deadline=None)
@given(rows())
def test_whatever_lies_in_memory_there_is_a_tree_and_it_is_bounded(made: TestRow) -> None:
    assert walked(call_tree(batch([made]), 0)) < 20_000
