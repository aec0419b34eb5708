import pytest

from harness.require import require


def test_a_test_whose_need_is_met_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGLENOOK_REQUIRE", "keyring")

    require("keyring", True, "no Secret Service")


def test_an_absent_need_skips_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGLENOOK_REQUIRE", "vectors")

    with pytest.raises(pytest.skip.Exception, match="no Secret Service"):
        require("keyring", False, "no Secret Service")


def test_an_absent_need_fails_where_it_was_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGLENOOK_REQUIRE", "vectors,keyring")

    with pytest.raises(pytest.fail.Exception, match="no Secret Service"):
        require("keyring", False, "no Secret Service")
