"""What is to be traced: a bundled workload, or a program found as the shell would find it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from iotrace.attach_refusals import name_of, numbered_inside, status_of
from iotrace.failures import CANNOT_RUN, NOT_FOUND, OURS, USAGE, Failure, cannot_run

if TYPE_CHECKING:
    import click

    from workloads.options import JobOptions


_PF_KTHREAD: Final = 0x00200000


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be traced, and as what it is shown."""

    command: tuple[str, ...]
    """As the user wrote it."""
    path: str = ""
    """The executable, for a program."""
    model: str = ""
    """The workload's name, for a bundled one."""
    options: JobOptions | None = None
    attach: int | None = None
    """The process, for one that runs already."""

    @property
    def name(self) -> str:
        """A short name: the model's, or the program's."""
        return self.model or os.path.basename(self.command[0])

    def as_arguments(self) -> list[str]:
        """The words that name this target on the command line of `iotrace record`."""
        if self.attach is not None:
            return ["--attach", str(self.attach)]
        return list(self.command) if self.model else ["--", *self.command]


def target_of(context: click.Context) -> Target:
    """The target that a `TargetCommand` was given. Raises Failure when there is none, or more than one."""
    model: list[str] = context.meta["model words"]
    program: list[str] | None = context.meta["program words"]
    if program is None and not model:
        raise Failure(
            f"nothing to trace. Say which: {context.command_path} MODEL, or {context.command_path} -- PROGRAM\n"
            "The models: iotrace models",
            USAGE,
        )
    if program is None:
        return model_target(model, context.command_path)
    if model:
        raise Failure(
            f"{' '.join(model)!r} before -- is neither an option nor part of the program.\n"
            f"A program is given as: {context.command_path} [OPTIONS] -- PROGRAM [ARGS]",
            USAGE,
        )
    if not program:
        raise Failure(f"no program after --. Give one: {context.command_path} -- PROGRAM [ARGS]", USAGE)
    return program_target(program)


def model_target(words: Sequence[str], command_path: str) -> Target:
    """The bundled workload `words` name, with its options."""
    from workloads import catalog, options
    from workloads.errors import WorkloadError

    name, *given = words
    if name.startswith("-"):
        option, _, value = name.partition("=")
        if option.removeprefix("--") in {each.name for each in fields(options.JobOptions)}:
            told = f"{command_path} MODEL {name}" + ("" if value else " …")
            raise Failure(f"{option} is an option of the model, and stands behind its name: {told}", USAGE)
        raise Failure(f"no such option: {name}\nSee: {command_path} --help", USAGE)
    try:
        chosen = catalog.model(name)
        job = options.parse(chosen, given)
    except WorkloadError as error:
        if shutil.which(name):
            message = f"{name} is a program, not a model.\nTo trace it: {command_path} -- {' '.join(words)}"
            raise Failure(message, USAGE) from error
        raise Failure(f"{error}.\nSee: iotrace models", USAGE) from error
    return Target(command=tuple(words), model=name, options=job)


def process_target(pid: int) -> Target:
    """The running process `pid`, shown by its command line (proc(5)). Raises Failure when it cannot be traced."""
    try:
        status = status_of(pid)
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        known = numbered_inside(pid) or "See the running ones with: ps -e"
        raise Failure(f"there is no process {pid}.\n{known}", OURS) from None
    except PermissionError:
        raise Failure(
            f"process {pid} is somebody else's: /proc/{pid} may not be read.\nTry: sudo iotrace attach {pid}", OURS
        ) from None
    _check_process(pid, status)
    words = tuple(word.decode(errors="replace") for word in line.rstrip(b"\0").split(b"\0")) if line else ()
    return Target(command=words or (status["Name"],), attach=pid)


def _check_process(pid: int, status: Mapping[str, str]) -> None:
    name, tgid, tracer = status["Name"], int(status["Tgid"]), int(status["TracerPid"])
    if tgid != pid:
        raise Failure(f"{pid} is a thread of process {tgid}.\nAll of its threads: iotrace attach {tgid}", USAGE)
    if pid == os.getpid():
        raise Failure("that is iotrace itself.\nSee the running processes with: ps -e", USAGE)
    if _is_kernel_thread(pid, status):
        raise Failure(
            f"{pid} ({name}) is a kernel thread: it makes no system calls.\n"
            "What asks the kernel for work are programs: ps -e shows them without brackets.",
            OURS,
        )
    if status["State"].startswith(("Z", "X")) and not _other_threads(pid):
        parent = int(status["PPid"])
        raise Failure(
            f"{pid} ({name}) has ended already: it is a zombie, whose status its parent has not asked for.\n"
            f"Its parent is {parent} ({name_of(parent)}): iotrace attach {parent}",
            OURS,
        )
    if tracer:
        raise Failure(
            f"{pid} ({name}) is being traced already, by process {tracer} ({name_of(tracer)}).\n"
            "Only one tracer is possible (ptrace(2)); end that one first.",
            OURS,
        )


def _is_kernel_thread(pid: int, status: Mapping[str, str]) -> bool:
    """By Kthread (Linux 6.2) or by the flag PF_KTHREAD, field 9 of /proc/PID/stat (proc_pid_stat(5))."""
    if "Kthread" in status:
        return status["Kthread"] == "1"
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return False
    return bool(int(fields[6]) & _PF_KTHREAD)


def _other_threads(pid: int) -> bool:
    """Whether the process goes on without its first thread (pthread_exit(3) in main)."""
    try:
        return len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False


def program_target(words: Sequence[str]) -> Target:
    """The program `words` name, found in PATH when it has no slash (execvp(3))."""
    return Target(command=tuple(words), path=find_program(words[0], os.environ))


def find_program(name: str, environment: Any) -> str:
    """The path of the executable `name`. Raises Failure (126, 127)."""
    if "/" in name:
        return _runnable(name)
    for folder in os.get_exec_path(environment):
        path = os.path.join(folder or ".", name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    denied = [p for d in os.get_exec_path(environment) if os.path.isfile(p := os.path.join(d or ".", name))]
    if denied:
        raise cannot_run(denied[0], "EACCES")
    here = (
        f"\nThere is one here: iotrace run -- ./{name}"
        if os.path.isfile(name)
        else "\nIs it spelled right, and installed?"
    )
    raise Failure(f"{name or repr(name)} is not found in PATH.{here}", NOT_FOUND)


def _looked_for(path: str) -> str:
    """Where a path that is not found was looked for, when that is not in itself."""
    if os.path.isabs(path):
        return ""
    try:
        return f" It is looked for below {os.getcwd()}."
    except OSError:
        return " It is looked for in the working directory, and that has been removed."


def _runnable(path: str) -> str:
    if not os.path.exists(path):
        raise Failure(f"{path} is not found.\nIs it spelled right?{_looked_for(path)}", NOT_FOUND)
    if os.path.isdir(path):
        raise Failure(f"{path} is a directory, not a program.", CANNOT_RUN)
    if not os.access(path, os.X_OK):
        raise cannot_run(path, "EACCES")
    return path
