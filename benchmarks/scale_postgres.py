"""How the search part of a question fares in PostgreSQL, in one library that grows.

python -m benchmarks.scale_postgres [SQUAD_FILE] [--folder DIR] [--sizes N …] [--real N]

The server is one of its own, on the same machine, and safe against crashes. The index of the
vectors is made anew when the articles of a size are in, as pgvector advises: one by one they take
several times as long (`added`), and lie in it no worse.
"""

import sys
from contextlib import closing

from benchmarks.filling import Material, fill, material, options, remarks
from benchmarks.results import keep_section
from benchmarks.searching import measure, table
from index.storage.opening import open_store
from index.storage.store import Store
from tests.support.postgres_server import DURABLE, PostgresServer

TITLE = "Large libraries in PostgreSQL"
_SIZES = (20_000, 200_000, 500_000)
_MEMORY = {"shared_buffers": "2GB", "maintenance_work_mem": "2GB"}


def main() -> None:
    """Measure, print and keep it."""
    given = options("benchmarks.scale_postgres", _SIZES)
    of = material(given)
    rows = []
    with PostgresServer(**DURABLE, **_MEMORY) as server:
        store, vectors = open_store(server.address("postgres"), collection="default")
        with closing(store):
            for size in given.sizes:
                _fill(server, store, size, of)
                rows.append(measure(store, vectors, of.questions, of.encoder, of.drawer))
                print(rows[-1], file=sys.stderr, flush=True)
    said = "\n\n".join(remarks("python -m benchmarks.scale_postgres", of))
    lines = [said, "", *table(rows, apart=True)]
    print("\n".join(lines))
    keep_section(TITLE, lines)


def _fill(server: PostgresServer, store: Store, size: int, of: Material) -> None:
    fill(store, 1, of)  # the first article makes the index
    [(definition,)] = server.execute("SELECT pg_get_indexdef('sentence_nearest'::regclass)")
    server.execute("DROP INDEX sentence_nearest")
    fill(store, size, of)
    server.execute(definition)
    server.execute("VACUUM ANALYZE")  # as autovacuum has done by the next day


if __name__ == "__main__":
    main()
