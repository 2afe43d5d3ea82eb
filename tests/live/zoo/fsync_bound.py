"""An fsync after every record.

fine: one at the end.
"""

import os
import sys
import tempfile

with tempfile.NamedTemporaryFile(dir=".") as file:
    for _ in range(200):
        os.write(file.fileno(), b"x" * 4096)
        if sys.argv[1] == "bug":
            os.fsync(file.fileno())
    os.fsync(file.fileno())
