"""Run tests of Python's own test suite, and write the verdict of every one to a file as JSON.

Run as a program: `verdicts_of.py FILE NAME...`, names as for `python -m unittest`. It imports nothing of ours, and
nothing but the standard library: it is what is traced.
"""

from __future__ import annotations

import json
import sys
import unittest


class Verdicts(unittest.TextTestResult):
    """Remembers what became of every test. A test with several subtests has the worst of their verdicts."""

    found: dict[str, str]

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().startTest(test)
        self.found[test.id()] = "ok"

    def addError(self, test: unittest.TestCase, err: object) -> None:  # noqa: N802
        super().addError(test, err)  # type: ignore[arg-type]
        self.found[test.id()] = "error"

    def addFailure(self, test: unittest.TestCase, err: object) -> None:  # noqa: N802
        super().addFailure(test, err)  # type: ignore[arg-type]
        self.found[test.id()] = "failure"

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: object) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)  # type: ignore[arg-type]
        if err is not None:
            self.found[test.id()] = "failure"

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        self.found[test.id()] = "skipped"

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self.found[test.id()] = "unexpected success"


def main() -> None:
    """Run them all, in order."""
    path, *names = sys.argv[1:]
    Verdicts.found = {}
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    unittest.TextTestRunner(resultclass=Verdicts, verbosity=2).run(suite)  # type: ignore[arg-type]
    with open(path, "w") as file:
        json.dump(Verdicts.found, file)


if __name__ == "__main__":
    main()
