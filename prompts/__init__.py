"""What an LLM is told: templates as data, one file each, checked when this is imported.

Import it only where an LLM is asked: LlamaIndex takes over a second. What is put into a template
is never read as one, so braces in an article are safe.
"""

from importlib.resources import files

from llama_index.core.prompts import PromptTemplate

from index.errors import ConfigError


def load(name: str, *variables: str) -> PromptTemplate:
    """Read a template that has these variables, exactly.

    Raises: ConfigError, which names the file and what is wrong with it.
    """
    path = files(__name__) / f"{name}.txt"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}; put the file back") from error
    template = PromptTemplate(text)
    found = set(template.template_vars)
    if found != set(variables):
        raise ConfigError(f"{path} has the variables {sorted(found)}; expected {sorted(variables)}")
    return template


CHOOSE = load("choose", "fence", "question", "sentences", "turns")
"""To the numbers of the sentences that answer, from numbered sentences between two fences."""

CONDENSE = load("condense", "fence", "question", "turns")
"""To one question that stands alone, from a follow-up and the turns before it."""

WORD = load("word", "fence", "question", "sentences", "turns")
"""To statements with the numbers of the sentences that say them, from the same as `CHOOSE`."""
