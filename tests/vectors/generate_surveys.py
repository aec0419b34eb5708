"""One survey's messages, as they are kept in ``surveys/messages.json``.

Made once by this project's own code, and not made again: what is published today must be read
by every later version. Run it only for a new version of the formats.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from harness.survey import AFTER, DURING, OPENS, Survey, run, tick
from inglenook_client.core.sums import answering
from inglenook_schema import canonical
from inglenook_schema.sums import frames
from inglenook_schema.sums import terms as terms_

FILE = Path(__file__).parent / "surveys" / "messages.json"


class Heard:
    """Every message that passes, once of a sort."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.found: dict[str, dict[str, str]] = {}

    def note(self, group: str, message: object) -> None:
        """Keep the first of each type."""
        self.found.setdefault(group, {}).setdefault(
            type(message).__name__, frames.encode(message).hex()
        )


def make() -> dict[str, Any]:
    """Run a survey with one withdrawal and an answer under k."""
    heard = Heard()
    survey = Survey(12, [tick(), tick("Would like support", k=12)])
    receive = survey.operators.leader.receive

    async def listening(data: bytes, now: int) -> bytes:
        heard.note("requests", frames.read_request(data))
        reply = await receive(data, now)
        read = frames.read_reply(reply)
        heard.note("replies", read)
        if isinstance(read, frames.Errands):
            for errand in read.errands:
                heard.note("errands", frames.read_errand(errand.task))
        return reply

    perform = survey.operators.helper.perform

    async def performing(errand: frames.Errand, now: int) -> bytes | None:
        outcome = await perform(errand, now)
        if outcome is not None:
            heard.note("outcomes", frames.read_outcome(outcome))
        return outcome

    for target, name, function in (
        (survey.operators.leader, "receive", listening),
        (survey.operators.helper, "perform", performing),
    ):
        object.__setattr__(target, name, function)
    run(survey.ask(frames.WhoAreYou(), OPENS))
    run(survey.propose())
    run(survey.tokens())
    run(survey.ask(frames.WhoAreYou(), OPENS))
    kept = [run(survey.give(who, [who % 2 == 0, False])) for who in range(12)]
    letter = answering.letter(kept[0], survey.terms)
    run(survey.ask(frames.Withdraw(kept[0].withdrawal)))
    run(survey.ask(frames.Post(letter, kept[0].name)))
    run(survey.ask(frames.Withdraw(kept[1].withdrawal), AFTER))
    run(survey.operators.visit(DURING))
    run(survey.ask(frames.Post(letter, kept[0].name)))
    published, counted = survey.publish(run(survey.close()))
    run(survey.follow(kept[1], AFTER))
    heard.note("outcomes", frames.No("batchMismatch"))
    assert survey.cosigned is not None
    (numbers, _) = (outcome.numbers for outcome in counted.outcomes)
    return {
        "survey": survey.id.hex(),
        "terms": terms_.encode(survey.terms).hex(),
        "cosigned": canonical.encode(survey.cosigned).hex(),
        "kept": canonical.encode(kept[1]).hex(),
        "answer": kept[1].name.hex(),
        "reports": [each.report.hex() for each in kept[1].reports],
        "letter": letter.sealed.hex(),
        "witness_kem": survey.operators.witness_keys.kem_private.hex(),
        "published": published.hex(),
        "answers": counted.answers,
        "numbers": list(numbers or ()),
        **{group: list(found.values()) for group, found in heard.found.items()},
    }


def main() -> int:
    """Write the file; refuses where there is one."""
    if FILE.exists():
        sys.stdout.write("There is one, and it is not made again.\n")
        return 1
    FILE.write_text(json.dumps(make(), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main())
