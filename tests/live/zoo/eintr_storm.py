"""An interval timer that interrupts every wait.

fine: its signal is blocked, and taken with sigtimedwait.
"""

import os
import signal
import sys
import time

signal.signal(signal.SIGALRM, lambda *_: None)
reader, writer = os.pipe()
if sys.argv[1] == "fine":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
end = time.monotonic() + 0.7
if sys.argv[1] == "fine":
    while time.monotonic() < end:
        signal.sigtimedwait([signal.SIGALRM], 1)
else:
    child = os.fork()
    if child == 0:
        os.close(reader)
        time.sleep(0.7)
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)
    os.wait()
signal.setitimer(signal.ITIMER_REAL, 0)
