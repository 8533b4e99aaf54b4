import pytest

import prompts
from index import ConfigError
from index.answers.answer import ABSTENTION


def test_each_prompt_is_a_file_with_the_variables_that_are_filled_in() -> None:
    assert set(prompts.ANSWER.template_vars) == {"abstention", "fence", "question", "sentences"}
    assert set(prompts.CONDENSE.template_vars) == {"fence", "question", "turns"}
    assert set(prompts.OVERVIEW.template_vars) == {"abstention", "fence", "sentences", "title"}


@pytest.mark.parametrize("variables", [("turns",), ("fence", "question", "turns", "more"), ()])
def test_a_file_with_other_variables_is_refused(variables: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=r"condense\.txt has the variables \['fence'.*expected"):
        prompts.load("condense", *variables)


def test_a_file_that_is_missing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"nothing\.txt cannot be read: .*put the file back"):
        prompts.load("nothing")


@pytest.mark.parametrize("prompt", [prompts.ANSWER, prompts.OVERVIEW])
def test_the_prompt_tells_the_phrase_that_the_code_knows(prompt: object) -> None:
    text = prompt.format(fence="=", question="?", sentences="", title="")  # type: ignore[attr-defined]
    assert f"write exactly: {ABSTENTION}" in text


def test_braces_in_the_text_are_text() -> None:
    sentences = "[1] {question} {0} {} {{fence}} {abstention} {unknown!r:>9}"
    text = prompts.ANSWER.format(sentences=sentences, question="{sentences}?", fence="===f===")
    assert sentences in text
    assert text.endswith("Question: {sentences}?\nAnswer:\n")
