import shutil
from pathlib import Path

import pytest
import torch
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertForSequenceClassification

from index import Encoder, Library, ModelError, Reader, Reranker
from index.models.network import packaged_model

TEXT = " ".join(f"The ship number {number} sank in the storm." for number in range(1, 13))
QUESTION = "Which ship sank in the storm?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of random weights: small, real, and of an opinion of its own."""
    folder = tmp_path_factory.mktemp("cross-encoder")
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(folder)
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(packaged_model() / name, folder)
    return folder


def test_the_order_is_that_of_the_cross_encoder_itself(folder: Path) -> None:
    quotes = ["One.", "Two ships.", "A third of them, in the harbour.", "Four"]
    scores = CrossEncoder(str(folder), local_files_only=True).predict(
        [(QUESTION, quote) for quote in quotes]
    )
    order = Reranker(str(folder)).order(QUESTION, quotes)
    assert order == sorted(range(4), key=lambda index: -scores[index])
    assert order != [0, 1, 2, 3]


def test_the_first_ten_hits_are_put_into_the_rerankers_order(
    folder: Path, encoder: Encoder, reader: Reader
) -> None:
    reranker = Reranker(str(folder))
    with Library.open(None, encoder=encoder, reader=reader) as library:
        library.add_text(TEXT, title="Ships")
        plain = library.search(QUESTION, top_k=12)
    with Library.open(None, encoder=encoder, reader=reader, reranker=reranker) as library:
        article = library.add_text(TEXT, title="Ships")
        again = library.search(QUESTION, top_k=12)
        three = library.search(QUESTION, top_k=3)
    order = reranker.order(QUESTION, [hit.quote for hit in plain[:10]])
    assert [hit.quote for hit in again[:10]] == [plain[index].quote for index in order]
    assert [hit.quote for hit in again[10:]] == [hit.quote for hit in plain[10:]]
    assert [hit.rank for hit in again] == list(range(1, 13))
    assert three == again[:3]
    for hit in again:
        assert article.text[hit.start : hit.end] == hit.quote


def test_a_reranker_that_is_not_there_is_a_model_error(encoder: Encoder) -> None:
    with Library.open(
        None, encoder=encoder, reader="off", reranker=Reranker("no-such-model")
    ) as library:
        library.add_text(TEXT, title="Ships")
        with pytest.raises(ModelError, match="no model 'no-such-model': expected the folder of a"):
            library.ask(QUESTION)
