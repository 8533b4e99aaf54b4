"""Articles that are read once and kept in a folder: encoding is what takes hours."""

from pathlib import Path

import numpy as np

from benchmarks.variants import Pool, article_of
from index import Encoder
from index.article import Sentence
from index.ingest import draft
from index.records import Draft

PARAGRAPHS = 100  # an article's, at first; long ones are more than one passage


def real_draft(folder: Path, pool: Pool, encoder: Encoder, number: int) -> Draft:
    """Give a varied article as the encoder reads it, from the folder if it was read before."""
    path = folder / f"{encoder.fingerprint[:12]}-{PARAGRAPHS}-{number:05}.npz"
    if path.exists():
        return load(path)
    text = article_of(pool, number, passages=PARAGRAPHS)
    made = draft(text, title=f"Article {number}", source=None, encoder=encoder, progress=None)
    save(made, path)
    return made


def save(made: Draft, path: Path) -> None:
    """Write a draft whole, or not at all."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.savez(
            file,
            title=np.frombuffer(made.title.encode(), np.uint8),
            text=np.frombuffer(made.text.encode(), np.uint8),
            sentences=np.array([(each.number, each.start, each.end) for each in made.sentences]),
            passages=np.array(made.passages),
            vectors=made.vectors,
            piece_ids=made.piece_ids,
            piece_counts=made.piece_counts,
        )
    temporary.replace(path)


def load(path: Path) -> Draft:
    """Read a draft that was saved."""
    with np.load(path) as kept:
        return Draft(
            title=kept["title"].tobytes().decode(),
            text=kept["text"].tobytes().decode(),
            source=None,
            sentences=tuple(Sentence(*map(int, row)) for row in kept["sentences"]),
            passages=tuple((int(first), int(last)) for first, last in kept["passages"]),
            vectors=kept["vectors"],
            piece_ids=kept["piece_ids"],
            piece_counts=kept["piece_counts"],
        )
