"""Waiting for a child by asking every 5 ms whether it has ended (waitpid with WNOHANG).

fine: waitpid waits.
"""

import os
import sys
import time

child = os.fork()
if child == 0:
    time.sleep(0.8)
    os._exit(0)
while os.waitpid(child, os.WNOHANG if sys.argv[1] == "bug" else 0) == (0, 0):
    time.sleep(0.005)
