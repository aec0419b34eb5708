"""Words that are not sent after all are not lost."""

import pytest

from inglenook_client.cli import voices
from inglenook_client.cli.errors import MistakeError


class Answers:
    """A screen of somebody who says no."""

    json = False

    def say(self, *lines: str) -> None:
        del lines

    def document(self, value: object) -> None:
        del value

    def agreed(self, question: str, flag: str) -> bool:
        del question, flag
        return False


class Args:
    """What was typed: no words, so that the editor has them."""

    yes = False
    preview = False
    text: str | None = None


class Asked:
    """A command while it runs."""

    screen = Answers()
    args = Args()


@pytest.mark.parametrize("preview", [True, False])
def test_what_was_written_in_the_editor_is_kept_where_it_is_not_sent(preview: bool) -> None:
    call = Asked()
    call.args.preview = preview

    with pytest.raises(MistakeError, match="not lost"):
        voices._goes(call, [("Idea", "a club")], "", _never)  # type: ignore[arg-type]

    call.args.text = "on the line"
    voices._goes(call, [("Idea", "a club")], "", _never)  # type: ignore[arg-type]
    call.args.text = None


def _never(shown: str) -> None:
    raise AssertionError(shown)
