"""CPU work for the time a program would otherwise wait: it makes no system call and allocates nothing."""

import zlib

BLOCK = bytes(65536)


class Work:
    """Does ``units`` of work at a time, each about 15 microseconds of CPU, and counts them."""

    def __init__(self, units: int) -> None:
        self.units = units
        self.done = 0
        self._sum = 0

    def __bool__(self) -> bool:
        return bool(self.units)

    def some(self) -> None:
        """The work of one idle moment; nothing when no work was asked for."""
        for _ in range(self.units):
            self._sum = zlib.crc32(BLOCK, self._sum)
        self.done += self.units
