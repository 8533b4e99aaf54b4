import pickle

import pytest

from index import errors
from index.errors import FootnoteError, ModelError, QuestionError, UnknownArticle


@pytest.mark.parametrize(
    "error",
    [
        FootnoteError("no"),
        errors.SourceError("it is empty"),
        UnknownArticle(3),
        QuestionError("no words"),
        errors.LibraryError("locked"),
        ModelError("busy", retryable=True),
        errors.ConfigError("X is 1"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_pickling(error: FootnoteError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_a_question_that_cannot_be_asked_is_also_a_value_error() -> None:
    assert issubclass(QuestionError, ValueError)
