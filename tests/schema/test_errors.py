import pytest

from inglenook_schema import errors
from inglenook_schema.errors import InglenookError, MalformedError, PeerError


def every_error(above: type[InglenookError] = InglenookError) -> list[type[InglenookError]]:
    ours = [cls for cls in above.__subclasses__() if cls.__module__ == errors.__name__]
    return [above, *(each for cls in ours for each in every_error(cls))]


def test_each_error_has_a_code_of_its_own() -> None:
    codes = [cls.code for cls in every_error()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("cls", every_error())
def test_an_error_without_words_says_its_sentence(cls: type[InglenookError]) -> None:
    sentence = str(cls())
    assert sentence == (cls.__doc__ or "").split("\n", 1)[0]
    assert sentence.endswith(".")
    assert str(cls("Other words.")) == "Other words."


@pytest.mark.parametrize("cls", every_error())
def test_every_error_is_drawn_in_the_tree(cls: type[InglenookError]) -> None:
    assert cls.__name__ in (errors.__doc__ or "")


def test_what_is_malformed_came_from_a_peer() -> None:
    assert issubclass(MalformedError, PeerError)
