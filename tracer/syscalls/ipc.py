"""System V IPC."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, struct_in, value, values
from tracer.syscalls.expression import (
    RESULT,
    SUCCEEDED,
    among,
    arg,
    both,
    failed,
    int_arg,
    negate,
    plus,
    same,
    times,
    unless,
)
from tracer.syscalls.model import CONTROL, IN, OUT, PAYLOAD, Arg, Syscall, call, memory
from tracer.syscalls.structures import SEMBUF, SHMID_DS, TIMESPEC, WORD

_IPC_RMID, _IPC_STAT = 0, 2
_SHM_NUMBERS: Final = (_IPC_RMID, 11, 12)
"""IPC_RMID, SHM_LOCK, SHM_UNLOCK."""
_SEM_NUMBERS: Final = (_IPC_RMID, 11, 12, 14, 15, 16)
"""IPC_RMID, GETPID, GETVAL, GETNCNT, GETZCNT, SETVAL (its value travels in the register)."""


def _sends() -> Arg:
    """struct msgbuf: the type (a long), then the text."""
    kind = memory(IN, CONTROL, WORD, on=unless("EINVAL"), what="mtype")
    body = memory(
        IN,
        PAYLOAD,
        arg("msgsz"),
        at=plus(arg("msgp"), WORD),
        on=unless("EINVAL", "EACCES", "EIDRM"),
        what="mtext",
    )
    return Arg("msgp", "msgbuf", (kind, body))


def _receives() -> Arg:
    kind = memory(OUT, CONTROL, WORD, on=SUCCEEDED, what="mtype")
    body = memory(OUT, PAYLOAD, RESULT, at=plus(arg("msgp"), WORD), on=SUCCEEDED, what="mtext")
    return Arg("msgp", "msgbuf", (kind, body))


def _operations() -> Arg:
    return struct_in("sops", "sembufs", times(SEMBUF, arg("nsops")), on=unless("EINVAL", "E2BIG"))


_CMD: Final = int_arg("cmd")
_FLAGS: Final = "msgflg:flags:ipc_message"

CALLS: Final[tuple[Syscall, ...]] = (
    call("shmget", *values("key:ipc_key size:size shmflg:shm_get")),
    call("shmat", *values("shmid:int shmaddr:address shmflg:flags:shm_attach"), returns="address"),
    call("shmdt", value("shmaddr", "address")),
    call(
        "shmctl", value("shmid"), constant("cmd", "ipc"),
        Arg("buf", "address", (memory(OUT, CONTROL, SHMID_DS, given=same(_CMD, _IPC_STAT), on=SUCCEEDED),)),
        unknown=negate(among(_CMD, _IPC_STAT, *_SHM_NUMBERS)),
    ),
    call("semget", *values("key:ipc_key nsems:int semflg:ipc_get")),
    call("semop", value("semid"), _operations(), value("nsops", "size"), unknown=failed("EINVAL")),
    call(
        "semtimedop", value("semid"), _operations(), value("nsops", "size"),
        struct_in("timeout", "timespec", TIMESPEC), unknown=failed("EINVAL"),
    ),
    call("semctl", *values("semid:int semnum:int"), constant("cmd", "ipc"), value("arg", "hex"),
         unknown=both(SUCCEEDED, negate(among(_CMD, *_SEM_NUMBERS)))),
    call("msgget", *values("key:ipc_key msgflg:ipc_get")),
    call("msgsnd", value("msqid"), _sends(), value("msgsz", "size"), *values(_FLAGS), unknown=failed("EINVAL")),
    call("msgrcv", value("msqid"), _receives(), value("msgsz", "size"), value("msgtyp", "long"), *values(_FLAGS),
         returns="size"),
    call("msgctl", value("msqid"), constant("cmd", "ipc"), value("buf", "address"),
         unknown=negate(same(_CMD, _IPC_RMID))),
)  # fmt: skip
