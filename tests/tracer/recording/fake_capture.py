"""Runs a script in the place of the capture process: `python -m ... --wire FD --control FD SCRIPT`."""

from __future__ import annotations

import runpy
import sys

if __name__ == "__main__":
    runpy.run_path(sys.argv[-1])
