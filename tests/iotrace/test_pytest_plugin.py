"""The pytest plugin, in pytest runs of its own: what a test gets and is told, and that nobody else is disturbed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Loaded before the inner runs, which forget what they import: numpy and pyarrow do not bear being loaded twice.
import iotrace.checking.output
import iotrace.plugin.recording  # noqa: F401
from tests.iotrace.running import ROOT
from tests.iotrace.tracing import tracer_of

pytest_plugins = ["pytester"]

QUIET = (
    "-q", "-p", "no:cacheprovider", "--strict-markers",
    # What this process has imported already cannot be prepared for pytest's assert once more.
    "-W", "error", "-W", "ignore::pytest.PytestAssertRewriteWarning",
)  # fmt: skip
HEAVY = ("numpy", "pyarrow", "textual", "rich", "click", "tracer", "ptrace")


def inner(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    """A run of the tests in `source`, in this very process, with no other plugin: some do not bear being nested."""
    pytester.makepyfile(source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        return pytester.runpytest_inprocess("-p", "iotrace.pytest_plugin", *QUIET, *options)


def test_a_command_is_recorded_and_checked(pytester: pytest.Pytester) -> None:
    result = inner(
        pytester,
        """
        def test_it(iotrace, tmp_path):
            script = "echo out; echo err >&2; read line; echo $line; exit 3"
            seen = iotrace.record(["sh", "-c", script], input="hello\\n")
            assert (seen.exit_status, seen.stdout, seen.stderr) == (3, "out\\nhello\\n", "err\\n")
            assert seen.path.is_relative_to(tmp_path)
            assert seen.figure("write.calls") == 3
            assert seen.totals["payload_in"] == 14
            assert seen.findings == ()
            seen.check(max={"wasted": 0, "calls.write": 3}, min={"write.payload": 14}, no_finding=["busy-wait"])
        """,
    )
    result.assert_outcomes(passed=1)


def test_a_budget_that_is_not_kept_says_what_where_and_which_recording(pytester: pytest.Pytester) -> None:
    result = inner(
        pytester,
        """
        def test_it(iotrace):
            iotrace.record(["sh", "-c", "echo; echo; echo"]).check(max={"calls.write": 2, "wasted": 0})
        """,
    )
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [
            r"E +AssertionError: the budgets are not kept",
            r"E +broken +calls.write: 3, at most 2",
            r"E +3 in write of thread \d+ \(sh\), rows \d+, \d+, \d+",
            r"E +the recording: iotrace view .*/iotrace/1-sh.iotrace",
        ],
        consecutive=True,
    )
    assert "wasted" not in result.stdout.str().partition("Error: the")[2]
    assert "check_verdicts.py" not in result.stdout.str()


def test_the_running_process_is_watched_call_by_call(pytester: pytest.Pytester) -> None:
    result = inner(
        pytester,
        """
        import os

        def test_it(iotrace):
            reader, writer = os.pipe()
            with iotrace.watch() as seen:
                for _ in range(23):
                    os.write(writer, b"x" * 7)
                os.read(reader, 1000)
            os.write(writer, b"afterwards")
            assert {row.name: row.calls for row in seen.report.syscalls} == {"write": 23, "read": 1}
            assert (seen.totals["payload_in"], seen.totals["payload_out"]) == (161, 161)
            seen.check(max={"calls": 24}, min={"calls": 24})
        """,
    )
    result.assert_outcomes(passed=1)
    assert tracer_of(os.getpid()) == 0


@pytest.mark.slow
def test_a_marked_test_is_watched_itself(pytester: pytest.Pytester) -> None:
    result = inner(
        pytester,
        """
        import os
        import pytest

        @pytest.mark.parametrize("times", [2, 5])
        @pytest.mark.iotrace(max={"write.calls": 3}, no_finding=["high"])
        def test_it(times):
            for _ in range(times):
                os.write(os.open("/dev/null", os.O_WRONLY), b"x")

        @pytest.mark.iotrace(max={"write.calls": 0})
        def test_that_fails_by_itself():
            assert os.write(os.open("/dev/null", os.O_WRONLY), b"x") == 23
        """,
    )
    result.assert_outcomes(passed=1, failed=2)
    text = result.stdout.str()
    assert "broken  write.calls: 5, at most 3" in text
    assert "1-watched.iotrace" in text
    assert "write.calls: 1" not in text
    assert tracer_of(os.getpid()) == 0


def test_with_the_fixture_the_marker_is_about_what_it_records(pytester: pytest.Pytester) -> None:
    result = inner(
        pytester,
        """
        import pytest

        pytestmark = pytest.mark.iotrace(max={"write.calls": 1, "exit.code": 0})

        @pytest.mark.iotrace(max={"write.calls": 2})
        def test_nearest_marker_wins(iotrace):
            iotrace.record(["sh", "-c", "echo; echo"])

        def test_the_one_of_the_module(iotrace):
            iotrace.record(["sh", "-c", "echo; echo"])
        """,
    )
    result.assert_outcomes(passed=1, failed=1)
    assert "broken  write.calls: 2, at most 1" in result.stdout.str()


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("max={'calls.wrote': 1}", "Did you mean calls.write"),
        ("max={'calls': 'many'}", "'many' is not a number"),
        ("no_finding=['busywait']", "Did you mean busy-wait"),
        (
            "maximum={}",
            "@pytest.mark.iotrace does not take maximum; it takes max, messages, min, no_finding, phase.",
        ),
        ("3", "does not take 3"),
    ],
)
def test_a_marker_that_makes_no_sense_says_so(pytester: pytest.Pytester, marker: str, said: str) -> None:
    result = inner(
        pytester,
        f"""
        import pytest

        @pytest.mark.iotrace({marker})
        def test_it():
            pass
        """,
    )
    assert result.ret == 1
    assert said in result.stdout.str()
    assert "INTERNALERROR" not in result.stdout.str()


@pytest.mark.slow
def test_what_cannot_be_recorded_fails_in_a_few_words(pytester: pytest.Pytester) -> None:
    result = inner(
        pytester,
        """
        import pytest

        def test_missing(iotrace):
            iotrace.record(["no-such-program"])

        def test_no_list(iotrace):
            with pytest.raises(TypeError, match="list of words"):
                iotrace.record("ls -l")

        def test_too_long(iotrace):
            iotrace.record(["sleep", "600"], timeout=0.7)

        def test_too_early(iotrace):
            with pytest.raises(RuntimeError, match="still being recorded"), iotrace.watch() as seen:
                seen.totals

        def test_two_at_once(iotrace):
            with iotrace.watch():
                with pytest.raises(RuntimeError, match="one tracer only"):
                    iotrace.record(["true"])

        def test_without_a_budget(iotrace):
            with pytest.raises(TypeError, match="without a budget"):
                iotrace.record(["true"]).check()
        """,
    )
    result.assert_outcomes(passed=4, failed=2)
    text = result.stdout.str()
    assert "iotrace cannot record this: no-such-program is not found in PATH." in text
    assert "sleep took longer than 0.7 s and was killed.\nThe recording: iotrace view" in text
    assert "During handling" not in text


def test_who_does_not_use_it_does_not_load_it() -> None:
    script = f"import iotrace.pytest_plugin, sys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_it_works_in_several_processes_and_in_a_folder_with_misleading_names(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os
        import pytest

        @pytest.mark.parametrize("number", range(2))
        @pytest.mark.iotrace(max={"calls": 1}, min={"getppid.calls": 1})
        def test_watched(number):
            os.getppid()

        def test_here(iotrace, monkeypatch, tmp_path):
            (tmp_path / "tracer.py").write_text("raise ImportError('not this one')")
            (tmp_path / "run").write_text("#!/bin/sh\\necho $WORD\\n")
            (tmp_path / "run").chmod(0o755)
            seen = iotrace.record(["./run"], cwd=tmp_path, env={**os.environ, "WORD": "found"})
            assert seen.stdout == "found\\n"
        """
    )
    quiet = (*QUIET, "-o", "asyncio_default_fixture_loop_scope=function")
    result = pytester.runpytest_subprocess(*quiet, "-n", "2", "--import-mode=importlib", timeout=240)
    result.assert_outcomes(passed=3)
