"""The sheet of join codes: everything on it, nothing fetched, nothing that runs."""

import re

from inglenook_client.cli.enrolling import sheet
from inglenook_client.journal.programmes import Code

LINK = "inglenook:programme#" + "Ab-_" * 50


def test_a_sheet_has_a_picture_and_the_text_of_each_code() -> None:
    codes = [Code(f"{LINK}{n}", 1_800_000_000, name) for n, name in enumerate(("Ada", ""))]

    page = sheet("Bridges", codes)

    assert page.count("<svg") == page.count("<section>") == 2
    for code in codes:
        assert page.count(code.link) == 1
    assert "Ada" in page
    assert "2027-01-15" in page


def test_a_sheet_fetches_nothing_and_runs_nothing() -> None:
    page = sheet('<script>alert("x")</script>', [Code(LINK, 1_800_000_000, "<b>Ada</b>")])

    assert "<script" not in page
    assert "<b>" not in page
    assert not re.search(r"(?:src|href)=", page)
    assert "default-src 'none'" in page
