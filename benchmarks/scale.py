"""What the search part of a question costs in a folder, from 20,000 sentences to 500,000.

python -m benchmarks.scale [SQUAD_FILE] [--folder DIR] [--sizes N …] [--real N]

The last library gets a second collection of 20,000 sentences, which is measured too: it is one
among many. The libraries are made in the folder and found there again; the largest takes 1.5 GB.
"""

import sys
from contextlib import closing

from benchmarks.filling import fill, material, options, remarks
from benchmarks.results import keep_section
from benchmarks.searching import measure, table
from index.storage.opening import open_store

TITLE = "Large libraries"
_SIZES = (20_000, 200_000, 500_000)
_ONE_OF_MANY = 20_000


def main() -> None:
    """Measure, print and store it."""
    given = options("benchmarks.scale", _SIZES)
    of = material(given)
    rows = []
    for size in given.sizes:
        collections = [("default", size)]
        if size == given.sizes[-1]:
            collections.append(("one of many", _ONE_OF_MANY))
        for name, wanted in collections:
            store, vectors = open_store(given.folder / f"library-{size}", collection=name)
            with closing(store):
                fill(store, wanted, of)
                row = measure(store, vectors, of.questions, of.encoder, of.drawer)
            print(row, file=sys.stderr, flush=True)
            rows.append(row)
    command = f"python -m benchmarks.scale --sizes {' '.join(map(str, given.sizes))}"
    lines = ["\n\n".join(remarks(command, of)), "", *table(rows)]
    print("\n".join(lines))
    keep_section(TITLE, lines)


if __name__ == "__main__":
    main()
