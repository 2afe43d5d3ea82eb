"""An event loop whose timer is due in less than a millisecond, rounded down to 0 (niklata/ndhc#7).

fine: the timeout is rounded up; a look with timeout 0 only while there is other work.
"""

import select
import sys
import time

epoll = select.epoll()
end = time.monotonic() + 1
while (left := end - time.monotonic()) > 0:
    if sys.argv[1] == "bug":
        epoll.poll(0)
    else:
        epoll.poll(0)
        sum(range(20_000))
        epoll.poll(left)
