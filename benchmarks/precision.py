"""What the numbers that the models compute with are worth: float32 or int8 products, in each.

python -m benchmarks.precision [SQUAD_FILE]
"""

import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from benchmarks.squad import Case, chosen_cases, first_gold_rank, gold_sentences
from index import Encoder, Library, Reader
from index.models import onnx_network
from training.export import encoder_graph, export, reader_graph

_VARIANTS = {  # whether the encoder and the reader compute exactly
    "both in float32": (True, True),
    "the reader in int8 (as shipped)": (True, False),
    "both in int8": (False, False),
}


def table(cases: list[Case]) -> list[str]:
    """Measure, and give the table's lines in Markdown; times are over those of float32."""
    lines = [
        "| numbers | sentence hit@1 | time to add | time of a warm question |",
        "|---|---|---|---|",
    ]
    base: tuple[float, float] | None = None
    for name, (encoder_exact, reader_exact) in _VARIANTS.items():
        with tempfile.TemporaryDirectory() as folder:
            graphs = {
                "encoder": encoder_graph(exact=encoder_exact),
                "reader": reader_graph(exact=reader_exact),
            }
            export(Path(folder), **graphs)
            with patch.object(onnx_network, "GRAPHS", Path(folder)):
                hit, adding, asking = _measured(cases)
        base = base or (adding, asking)
        lines.append(f"| {name} | {hit:.3f} | {adding / base[0]:.2f} | {asking / base[1]:.2f} |")
    return lines


def _measured(cases: list[Case]) -> tuple[float, float, float]:
    """Return hit@1 of the answerable questions, and the seconds of adding and of asking."""
    encoder, reader = Encoder(), Reader()
    hits, adding, asking = list[bool](), 0.0, 0.0
    for case in cases:
        with Library.open(None, encoder=encoder, reader=reader) as library:
            begun = time.perf_counter()
            article = library.add_text(case.text, title=case.title)
            adding += time.perf_counter() - begun
            library.search(case.questions[0].text)  # the first reads the passages
            for question in case.questions:
                if not question.answerable:
                    continue
                begun = time.perf_counter()
                [first] = library.search(question.text, top_k=1)
                asking += time.perf_counter() - begun
                gold = gold_sentences(article, question)
                hits.append(first_gold_rank([first.sentence], gold) == 1)
    return sum(hits) / len(hits), adding, asking


if __name__ == "__main__":
    print("\n".join(table(chosen_cases())))
