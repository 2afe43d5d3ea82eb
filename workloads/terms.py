"""What a workload asks of its feeder: the first packet it sends, as a dataclass at both ends."""

from dataclasses import dataclass

from workloads.catalog import Role

BLOCK = 4096
"""O_DIRECT wants offsets, lengths and addresses on such a boundary (open(2)); 4096 suits any disk."""


@dataclass(frozen=True)
class Terms:
    role: Role
    transport: str
    clients: int
    messages: int
    size: int
    interval: float
    stagger: bool = False
    """The clients send one after the other within each interval, not all at the same moment."""

    @property
    def total(self) -> int:
        """Messages of all clients together."""
        return self.clients * self.messages

    @property
    def slot(self) -> int:
        """Bytes that one message takes in a file: whole blocks where it is read past the page cache."""
        return -(-self.size // BLOCK) * BLOCK if self.role == "file" else self.size
