"""A name looked for in a long search path, again and again.

fine: found once, and remembered.
"""

import os
import sys

path = [f"/nowhere/lib{n}" for n in range(40)] + [os.path.dirname(sys.executable)]
name = os.path.basename(sys.executable)
remembered = None
for _ in range(200):
    if remembered is None or sys.argv[1] == "bug":
        remembered = next(folder for folder in path if os.path.exists(f"{folder}/{name}"))
