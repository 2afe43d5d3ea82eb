"""A handler of an event loop that sleeps: all other clients wait.

fine: it gives the loop its timer.
"""

import asyncio
import sys
import time


async def handler() -> None:
    if sys.argv[1] == "bug":
        time.sleep(0.1)
    else:
        await asyncio.sleep(0.1)


async def ticking() -> None:
    for _ in range(30):
        await asyncio.sleep(0.02)


async def main() -> None:
    other = asyncio.create_task(ticking())
    for _ in range(5):
        await handler()
    await other


asyncio.run(main())
