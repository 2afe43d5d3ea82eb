"""What refusals to trace mean, in words and exit statuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from iotrace import failures
from iotrace.failures import cannot_trace


@pytest.mark.parametrize(
    ("stage", "errno", "status", "said"),
    [
        ("seize", "EPERM", 125, "forbidden"),
        ("attach", "ESRCH", 125, "no process"),
        ("fork", "EAGAIN", 125, "ulimit -u"),
        ("hello", "signal 9", 125, "signal 9"),
        ("exec", "ENOENT", 127, "interpreter"),
        ("exec", "ENOEXEC", 126, "sh prog"),
        ("exec", "EACCES", 126, "chmod +x prog"),
        ("exec", "ELOOP", 126, "ELOOP"),
    ],
)
def test_each_refusal_has_its_status_and_few_lines(stage: str, errno: str, status: int, said: str) -> None:
    failure = cannot_trace(stage, errno, "prog")
    assert failure.exit_status == status
    assert said in str(failure)
    assert len(str(failure).splitlines()) <= 3


@pytest.mark.parametrize(
    ("scope", "said"),
    [("3\n", "until the next boot"), ("2\n", "only root"), ("1\n", "iotrace run"), (None, "SYS_PTRACE")],
)
def test_a_forbidden_ptrace_names_the_likely_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str | None, said: str
) -> None:
    if scope is not None:
        (tmp_path / "scope").write_text(scope)
    monkeypatch.setattr(failures, "_YAMA", tmp_path / "scope")
    assert said in str(cannot_trace("seize", "EPERM", "prog"))
