"""Articles for large libraries: some read by the encoder and kept in a folder, others drawn.

Encoding is what takes hours. A drawn article's text is as varied as any; each of its sentence
vectors is one of the encoder's, moved by the difference of two others of its neighbourhood, so
that neighbourhoods keep their places, shapes and shares; its tokens are those of a real one.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.squad import Case
from benchmarks.variants import Pool, article_of, text_of
from index import Encoder
from index.documents.document import Document
from index.models.tokens import FloatArray, unit
from index.storage.indexing import encode_article
from index.storage.records import EncodedArticle, sha256
from index.text.segmentation import Sentence, pack

PARAGRAPHS = 100  # of an article; long ones are more than one passage
MOVE = 0.8
"""How far a drawn vector is moved: neighbours are a little farther than real ones, and harder to
find in lists; RESULTS.md shows both."""

_NEIGHBOURHOODS = 64
_PIECES_A_WORD = 1.45  # of the varied texts, with their many names; a passage has 254 at most


def case_draft(folder: Path, case: Case, encoder: Encoder) -> EncodedArticle:
    """Give a real article as the encoder reads it, from the folder if it was read before."""
    path = folder / f"{encoder.fingerprint[:12]}-{sha256(case.text)[:12]}.npz"
    if not path.exists():
        save(
            encode_article(Document(case.text, case.title, None), encoder=encoder, progress=None),
            path,
        )
    return load(path)


def real_draft(folder: Path, pool: Pool, encoder: Encoder, number: int) -> EncodedArticle:
    """Give a varied article as the encoder reads it, from the folder if it was read before."""
    path = folder / f"{encoder.fingerprint[:12]}-{PARAGRAPHS}-{number:05}.npz"
    if path.exists():
        return load(path)
    text = text_of(article_of(pool, number, passages=PARAGRAPHS))
    made = encode_article(Document(text, f"Article {number}", None), encoder=encoder, progress=None)
    save(made, path)
    return made


class Cloud:
    """Vectors, and how they lie about each other."""

    def __init__(self, vectors: FloatArray) -> None:
        import faiss

        self.vectors = vectors
        means = faiss.Kmeans(
            vectors.shape[1], _NEIGHBOURHOODS, niter=10, min_points_per_centroid=1, seed=1
        )
        means.train(vectors)
        _, nearest = means.index.search(vectors, 1)
        self._home = nearest[:, 0]
        self._order = np.argsort(self._home, kind="stable")
        self._bounds = np.searchsorted(self._home[self._order], np.arange(_NEIGHBOURHOODS + 1))

    def draw(self, count: int, random: np.random.Generator) -> FloatArray:
        """(count, dimension): unit rows, each one of the vectors that was moved."""
        begun = random.integers(0, len(self.vectors), count)
        first, last = self._bounds[self._home[begun]], self._bounds[self._home[begun] + 1]
        pair = self._order[random.integers(first, last, (2, count))]
        moves = self.vectors[pair[0]] - self.vectors[pair[1]]
        drawn: FloatArray = unit(self.vectors[begun] + MOVE * moves)
        return drawn


class Drawer:
    """Draws articles like those that the encoder has read."""

    def __init__(self, real: Sequence[EncodedArticle], pool: Pool) -> None:
        self.cloud = Cloud(np.concatenate([made.vectors for made in real]))
        self._real = real
        self._pool = pool

    def draft(self, number: int) -> EncodedArticle:
        """Give the article of this number, always the same for the same real ones."""
        article = article_of(self._pool, number, passages=PARAGRAPHS)
        text, sentences = text_of(article), _places(article)
        lengths = [
            int(_PIECES_A_WORD * len(part.split())) for paragraph in article for part in paragraph
        ]
        like = self._real[number % len(self._real)]
        passages = pack(text, sentences, lengths, max_tokens=254)
        return EncodedArticle(
            source=Document(text, f"Article {number}", None),
            sentences=sentences,
            passages=tuple(passages),
            encodings=(None,) * len(passages),
            vectors=self.cloud.draw(len(sentences), np.random.default_rng(number)),
            token_ids=like.token_ids,
            token_counts=like.token_counts,
        )


def _places(article: list[list[str]]) -> tuple[Sentence, ...]:
    """Give the sentences' places in the article's text: quicker than to segment it."""
    found: list[Sentence] = []
    begin = 0
    for paragraph in article:
        for part in paragraph:
            found.append(Sentence(len(found) + 1, begin, begin + len(part.rstrip())))
            begin += len(part)
        begin += len("\n\n")
    return tuple(found)


def save(made: EncodedArticle, path: Path) -> None:
    """Write a draft whole, or not at all."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.savez(
            file,
            title=np.frombuffer(made.source.title.encode(), np.uint8),
            text=np.frombuffer(made.source.text.encode(), np.uint8),
            sentences=np.array([(each.number, each.start, each.end) for each in made.sentences]),
            passages=np.array(made.passages),
            vectors=made.vectors,
            token_ids=made.token_ids,
            token_counts=made.token_counts,
        )
    temporary.replace(path)


def load(path: Path) -> EncodedArticle:
    """Read a draft that was saved."""
    with np.load(path) as kept:
        return EncodedArticle(
            source=Document(
                kept["text"].tobytes().decode(), kept["title"].tobytes().decode(), None
            ),
            sentences=tuple(Sentence(*map(int, row)) for row in kept["sentences"]),
            passages=tuple((int(first), int(last)) for first, last in kept["passages"]),
            encodings=(None,) * len(kept["passages"]),
            vectors=kept["vectors"],
            token_ids=kept["token_ids"],
            token_counts=kept["token_counts"],
        )
