"""The servers: how each is started on a port in a folder of its own, who loads it, and what it is known to do."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.servers.loads import Client, Count, counting, pgbench, redis_benchmark, wrk
from tests.live.servers.processes import eventually

HERE = Path(__file__).parent
SIZE = 20_000
"""Bytes of the file that HTTP servers serve."""
Command = list[str | Path]


def postgres_programs() -> Path:
    """Where Debian keeps the programs of PostgreSQL: the newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else Path("/nonexistent")


@dataclass(frozen=True)
class Server:
    """One server and its clients."""

    name: str
    programs: tuple[str | Path, ...]
    """That must be installed."""
    command: Callable[[Path, int], Command]
    """Prepares the folder, and says what to start."""
    steady: Client
    """Runs until it is stopped."""
    fixed: Client
    """A number of requests that is known."""
    models: Mapping[str, tuple[str, ...]]
    """By the name of a thread: what those of its threads that do most of the work may be told to use."""
    stop: signal.Signals = signal.SIGTERM
    fill: Callable[[int], Count] = field(default=lambda port: Count(0, 0, 0, 0))
    """What to put into it before the load; says how many bytes went over sockets for that."""

    true_findings: frozenset[str] = frozenset({"cpu-starved"})
    """Rules that may find something: a busy machine really keeps servers from the CPU. Else they are healthy."""

    def missing(self) -> str | None:
        """The program that is not installed."""
        return next((str(each) for each in self.programs if shutil.which(each) is None), None)


def _file(folder: Path) -> Path:
    root = folder / "root"
    root.mkdir(exist_ok=True)
    (root / "file").write_bytes(bytes(range(250)) * (SIZE // 250))
    return root


def nginx(sendfile: str) -> Callable[[Path, int], Command]:
    """A master and one worker."""

    def command(folder: Path, port: int) -> Command:
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(f"""
            {user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
            events {{ worker_connections 256; }}
            http {{
                access_log off; sendfile {sendfile}; keepalive_requests 1000000;
                client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
                uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
                server {{ listen 127.0.0.1:{port}; root {_file(folder)}; }}
            }}""")
        return ["nginx", "-c", folder / "nginx.conf", "-p", folder]

    return command


def _redis(folder: Path, port: int) -> Command:
    return ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]


def _haproxy(folder: Path, port: int) -> Command:
    """It answers by itself: what it does for a proxied request, without a second server."""
    (folder / "body").write_bytes(b"b" * 1000)
    (folder / "haproxy.cfg").write_text(f"""
global
    nbthread 1
    maxconn 100
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 30s
frontend test
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain file {folder}/body
""")
    return ["haproxy", "-db", "-f", folder / "haproxy.cfg"]


def _memcached(folder: Path, port: int) -> Command:
    user = ["-u", "root"] if os.getuid() == 0 else []
    return ["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "2", *user]


def _fill_memcached(port: int) -> Count:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        request, answer = b"set key 0 0 1000\r\n" + b"v" * 1000 + b"\r\n", b"STORED\r\n"
        connection.sendall(request)
        assert connection.recv(100) == answer
    return Count(1, 0, len(request), len(answer))


def _postgres(folder: Path, port: int) -> Command:
    """It refuses to run as root, so it is somebody else's; then its folder is, too."""
    programs, data = postgres_programs(), folder / "data"
    become: list[str] = []
    if os.getuid() == 0:
        become = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
    if not data.exists():
        data.mkdir(mode=0o700)
        if become:
            shutil.chown(data, "nobody", "nogroup")
        subprocess.run(
            [*become, programs / "initdb", "-D", data, "-U", "test", "-A", "trust", "--no-sync", "-E", "UTF8"],
            check=True, capture_output=True,
        )  # fmt: skip
    return [*become, programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "",
            "-c", "fsync=off", "-c", "autovacuum=off"]  # fmt: skip


def _fill_postgres(port: int) -> Count:
    """It listens before it is ready. What is there already, from an earlier start, stays."""
    programs, where = postgres_programs(), ["-h", "127.0.0.1", "-p", str(port), "-U", "test"]

    def says(program: str, *words: str) -> bool:
        return (
            subprocess.run([programs / program, *where, *words], check=False, capture_output=True).returncode == 0
        )

    assert eventually(lambda: says("pg_isready"))
    if says("createdb", "test"):
        assert says("pgbench", "-i", "-q", "test")
    return Count(0, 0)


def _node(folder: Path, port: int) -> Command:
    return ["node", HERE / "server.js", str(port), str(SIZE)]


def _gunicorn(folder: Path, port: int) -> Command:
    return ["/usr/bin/gunicorn", "--workers", "1", "--worker-class", "sync", "--bind", f"127.0.0.1:{port}",
            "--pythonpath", HERE, "--worker-tmp-dir", folder, "application:plain"]  # fmt: skip


def _uvicorn(folder: Path, port: int) -> Command:
    return ["/usr/bin/python3", "-m", "uvicorn", "--app-dir", HERE, "--port", str(port), "--loop", "asyncio",
            "--http", "h11", "--no-access-log", "application:asynchronous"]  # fmt: skip


def _http_server(folder: Path, port: int) -> Command:
    return [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", _file(folder)]


def _http(connections: int, requests: int) -> tuple[Client, Client]:
    return counting("http", connections), counting("http", connections, requests)


SERVERS: Sequence[Server] = (
    Server("nginx", ("nginx", "wrk"), nginx("on"), wrk(20), counting("http", 10, 1_000),
           {"nginx": ("epoll-edge",)}),
    Server("nginx-copying", ("nginx", "wrk"), nginx("off"), wrk(20), counting("http", 10, 1_000),
           {"nginx": ("epoll-edge",)}),
    Server("redis", ("redis-server", "redis-benchmark"), _redis, redis_benchmark(20, 100, True),
           redis_benchmark(20, 3_000), {"redis-server": ("epoll-level",)}),
    Server("haproxy", ("haproxy", "wrk"), _haproxy, wrk(20), counting("http", 10, 1_000),
           {"haproxy": ("epoll-level",)}),
    Server("memcached", ("memcached",), _memcached, counting("memcached", 10), counting("memcached", 10, 2_000),
           {"mc-worker": ("epoll-level",)}, fill=_fill_memcached),
    # Backends wait with epoll (latch.c), the postmaster with select up to version 15 (postmaster.c, ServerLoop).
    Server("postgresql", (postgres_programs() / "postgres", "setpriv"), _postgres, pgbench(postgres_programs(), 4),
           pgbench(postgres_programs(), 4, 300), {"postgres": ("epoll-level", "select")}, signal.SIGINT,
           _fill_postgres),
    Server("node", ("node",), _node, *_http(10, 1_000), {"node": ("epoll-level",)}),
    # A worker of the kind "sync" blocks in accept, recv and send, and waits with select when nobody comes. A client
    # that is slow to send its request keeps it from everybody else; Gunicorn's own documentation says so ("Design",
    # sync workers), and it is found where the client is slow enough.
    Server("gunicorn", ("/usr/bin/gunicorn",), _gunicorn, *_http(4, 300), {"gunicorn": ("select", "blocking")},
           true_findings=frozenset({"cpu-starved", "blocking-in-loop"})),
    # uvicorn imports the application inside its event loop, which is found where the disk is slow enough.
    Server("uvicorn", ("/usr/bin/uvicorn",), _uvicorn, *_http(10, 300), {"python3": ("epoll-level",)},
           true_findings=frozenset({"cpu-starved", "blocking-in-loop"})),
    # The main thread waits with poll (selectors.PollSelector) and starts a thread for every connection.
    Server("http.server", (), _http_server, *_http(4, 200), {Path(sys.executable).name: ("poll",)}, signal.SIGINT),
)  # fmt: skip
