import pytest
from llama_index.core.prompts import PromptTemplate

import prompts
from bot.llm.asking import CHOICE, STATEMENTS
from index import ConfigError


def test_each_prompt_is_a_file_with_the_variables_that_are_filled_in() -> None:
    asked = {"fence", "question", "sentences", "turns"}
    assert set(prompts.CHOOSE.template_vars) == asked
    assert set(prompts.WORD.template_vars) == asked
    assert set(prompts.CONDENSE.template_vars) == asked - {"sentences"}


@pytest.mark.parametrize("variables", [("turns",), ("fence", "question", "turns", "more"), ()])
def test_a_file_with_other_variables_is_refused(variables: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=r"condense\.txt has the variables \['fence'.*expected"):
        prompts.load("condense", *variables)


def test_a_file_that_is_missing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"nothing\.txt cannot be read: .*put the file back"):
        prompts.load("nothing")


@pytest.mark.parametrize(
    ("prompt", "schema"), [(prompts.CHOOSE, CHOICE), (prompts.WORD, STATEMENTS)]
)
def test_a_prompt_describes_every_key_of_its_schema(
    prompt: PromptTemplate, schema: dict[str, dict[str, object]]
) -> None:
    text = prompt.format(fence="=", question="?", sentences="", turns="")
    assert [key for key in schema["properties"] if f'- "{key}"' not in text] == []


def test_braces_in_the_text_are_text() -> None:
    sentences = "[1] {question} {0} {} {{fence}} {turns} {unknown!r:>9}"
    text = prompts.CHOOSE.format(
        sentences=sentences, question="{sentences}?", fence="===f===", turns=""
    )
    assert sentences in text
    assert text.endswith("Last question: {sentences}?\nJSON:\n")
