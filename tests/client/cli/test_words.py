"""The person's language, from the environment; the source text where there is no other."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from inglenook_client import words

VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def no_language(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    words.forget()
    yield
    words.forget()


@pytest.fixture
def catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with catalogues for Polish and a Portuguese of Brazil."""
    monkeypatch.setattr(words, "_FOLDER", tmp_path)
    for locale, locked in (("pl", "Zamknięte."), ("pt_BR", "Trancado.")):
        catalogue = Catalog(locale=locale)
        catalogue.add("Locked.", locked)
        catalogue.add(("{n} hour", "{n} hours"), ("{n} godzina", "{n} godziny", "{n} godzin"))
        packed = BytesIO()
        write_mo(packed, catalogue)
        file = tmp_path / locale / "LC_MESSAGES" / "inglenook.mo"
        file.parent.mkdir(parents=True)
        file.write_bytes(packed.getvalue())
    return tmp_path


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        pytest.param({}, "Locked.", id="nothing said"),
        pytest.param({"LANG": "C.UTF-8"}, "Locked.", id="C"),
        pytest.param({"LANG": "pl_PL.UTF-8"}, "Zamknięte.", id="a country falls back"),
        pytest.param({"LANG": "pl", "LC_ALL": "en_GB.UTF-8"}, "Locked.", id="LC_ALL first"),
        pytest.param({"LANGUAGE": "cy:pl"}, "Zamknięte.", id="the next of the list"),
        pytest.param({"LANGUAGE": "en:pl"}, "Locked.", id="English is there"),
        pytest.param({"LANG": "pt_BR"}, "Trancado.", id="a country's own"),
        pytest.param({"LANG": "../pl"}, "Locked.", id="no paths"),
    ],
)
@pytest.mark.usefixtures("catalogues")
def test_words_come_in_the_first_language_that_has_a_catalogue(
    variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    words.forget()

    assert words._("Locked.") == said


@pytest.mark.usefixtures("catalogues")
def test_plurals_follow_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    english = [words.ngettext("{n} hour", "{n} hours", n) for n in (1, 2, 5)]
    monkeypatch.setenv("LANG", "pl_PL")
    words.forget()
    polish = [words.ngettext("{n} hour", "{n} hours", n) for n in (1, 2, 5)]

    assert english == ["{n} hour", "{n} hours", "{n} hours"]
    assert polish == ["{n} godzina", "{n} godziny", "{n} godzin"]


@pytest.mark.usefixtures("catalogues")
def test_what_a_catalogue_lacks_stays_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "pl")
    words.forget()

    assert words._("Not in it.") == "Not in it."
    assert not words._("")


def test_a_broken_catalogue_is_none(catalogues: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (catalogues / "pl" / "LC_MESSAGES" / "inglenook.mo").write_bytes(b"no catalogue at all")
    monkeypatch.setenv("LANG", "pl")
    words.forget()

    assert words._("Locked.") == "Locked."


@pytest.mark.parametrize(
    ("lang", "tag"), [("", "en"), ("pt_BR.UTF-8", "pt-BR"), ("de_DE@euro", "de-DE"), ("C", "en")]
)
def test_the_language_is_a_tag(lang: str, tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", lang)

    assert words.language() == tag
