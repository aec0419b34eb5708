"""The page that leaves: whatever somebody wrote is text in it, and nothing else."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook

HOSTILE = [
    pytest.param("<script>alert(1)</script>", id="script"),
    pytest.param('"><img src=x onerror=alert(1)>', id="attribute"),
    pytest.param("</p></body></html><!-- &amp; &lt;", id="ends the page"),
    pytest.param("]]><![CDATA[<a href='javascript:1'>", id="cdata"),
    pytest.param("first\nsecond & third", id="lines"),
]
TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "bdi", "p"}


class Page(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags = set[str]()
        self.attributes = set[str]()
        self.paragraphs: list[str] = []
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        if self.inside or tag == "p":
            self.paragraphs.append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "p"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.paragraphs[-1] += data


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("text", HOSTILE)
def test_what_somebody_wrote_is_text(text: str, inglenook: Inglenook, tmp_path: Path) -> None:
    file = tmp_path / "out.html"
    assert inglenook("goal", "new", f"{text}").code == 0
    assert inglenook("win", text, "--goal", "g1").code == 0

    assert inglenook("export", "--to", "html", "--output", str(file)).code == 0

    page = Page(file.read_text())
    assert page.tags <= TAGS
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "name", "dir"}
    assert any(text in told for told in page.paragraphs)
    assert "default-src 'none'" in file.read_text()
