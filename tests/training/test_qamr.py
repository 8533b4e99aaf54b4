from pathlib import Path

import pytest

from training.qamr import load

SENTENCES = """\
Wiki1k:wikinews:7:1:0\tLiam did n't sell ( `` the old boat '' ) to 3 men .
Wiki1k:wikinews:7:1:1\tHe -LRB- a sailor -RRB- paid $ 40 , she said .
Wiki1k:wikinews:7:2:0\tThe harbour froze .
"""
QUESTIONS = [
    ("Wiki1k:wikinews:7:1:0", "What was not sold?", "4 5 6 7 8", "12:5 6 7", "9:5 6 7 8"),
    ("Wiki1k:wikinews:7:1:1", "What was paid?", "6 7 8", "12:7", "9:6 7"),
    ("Wiki1k:wikinews:7:1:1", "Who paid?", "0 2 3", "12:0", "9:2 3"),
    ("Wiki1k:wikinews:7:2:0", "Which stop?", "3", "12:3", "9:3"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wiki-sentences.tsv").write_text(SENTENCES, encoding="utf-8")
    rows = [
        "\t".join((identity, "0 1", "3", "0", "1", question, *marked))
        for identity, question, *marked in QUESTIONS
    ]
    (tmp_path / "dev.tsv").write_text("\n".join(rows[:2]) + "\n", encoding="utf-8")
    (tmp_path / "test.tsv").write_text("\n".join(rows[2:]) + "\n", encoding="utf-8")
    return tmp_path


def test_tokens_become_the_text_that_they_stood_for(folder: Path) -> None:
    sentences, _ = load(folder)
    assert [sentence.text for sentence in sentences.values()] == [
        'Liam didn\'t sell ( " the old boat " ) to 3 men .',
        "He ( a sailor ) paid $ 40 , she said .",
        "The harbour froze .",
    ]
    for sentence in sentences.values():
        tokens = [sentence.text[start:end] for start, end in sentence.places]
        assert " ".join(tokens).replace("did n't", "didn't") == sentence.text


def test_a_sentence_knows_the_one_before_it_in_its_paragraph(folder: Path) -> None:
    sentences, _ = load(folder)
    assert [sentence.before for sentence in sentences.values()] == [
        None,
        "Wiki1k:wikinews:7:1:0",
        None,
    ]
    assert {sentence.document for sentence in sentences.values()} == {"Wiki1k:wikinews:7"}


def test_an_answer_is_a_place_without_the_marks_at_its_edges(folder: Path) -> None:
    sentences, questions = load(folder)
    marked = [
        (question.text, [sentences[question.sentence].text[a:b] for a, b in question.spans])
        for question in questions
    ]
    assert marked == [
        ("What was not sold?", ["the old boat", "the old", "the old boat"]),
        ("What was paid?", ["$ 40", "40", "$ 40"]),
        ("Who paid?", ["He", "a sailor"]),  # the writer's words do not touch
    ]  # and nobody marked a word for the last question


def test_a_folder_without_the_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dev.tsv").touch()
    with pytest.raises(SystemExit, match="lacks wiki-sentences.tsv, test.tsv; expected QAMR's"):
        load(tmp_path)
