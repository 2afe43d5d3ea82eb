"""One message: a header of 20 bytes and a body, together exactly ``--size`` bytes.

There is no length field: both sides know the size, so a receiver always knows how many bytes to ask for
and one ``read`` of that many bytes is one message.

    bytes  0-3   channel   which client this is, from 0
    bytes  4-7   sequence  from 0, without gaps
    bytes  8-15  sent_ns   CLOCK_MONOTONIC of the moment it was sent, the same clock in every process;
                           0 in a file, which nobody sends
    bytes 16-19  checksum  CRC-32 of the body followed by the first 16 bytes of the header
    bytes 20-    body      readable text, so that a traced buffer shows whose it is
"""

import struct
import zlib
from typing import NamedTuple

HEADER = struct.Struct("<IIQI")
FIELDS = struct.Struct("<IIQ")


class Message(NamedTuple):
    channel: int
    sequence: int
    sent_ns: int
    intact: bool


class Stamp:
    """Makes the messages of one channel. The body never changes, so its checksum is computed once."""

    def __init__(self, channel: int, size: int) -> None:
        text = f"client {channel} says hello. ".encode()
        length = size - HEADER.size
        self.channel = channel
        self.body = (text * (length // len(text) + 1))[:length]
        self.body_crc = zlib.crc32(self.body)

    def message(self, sequence: int, sent_ns: int) -> bytes:
        fields = FIELDS.pack(self.channel, sequence, sent_ns)
        return b"".join((fields, zlib.crc32(fields, self.body_crc).to_bytes(4, "little"), self.body))


def parse(data: bytes) -> Message:
    """Take one whole message apart; ``intact`` says whether the checksum agrees."""
    channel, sequence, sent_ns, checksum = HEADER.unpack_from(data)
    body_crc = zlib.crc32(memoryview(data)[HEADER.size :])
    return Message(channel, sequence, sent_ns, zlib.crc32(data[: FIELDS.size], body_crc) == checksum)


def corrupted(data: bytes) -> bytes:
    """The same message with its last byte flipped, as a broken cable would deliver it."""
    return data[:-1] + bytes([data[-1] ^ 0xFF])
