"""What was published once is read by every later version, and comes to the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inglenook_client.core.sums import answering
from inglenook_schema import canonical, dap
from inglenook_schema.sums import answers, closing, frames, tasks
from inglenook_schema.sums import terms as terms_

KEPT: dict[str, Any] = json.loads(
    (Path(__file__).parent / "surveys" / "messages.json").read_text(encoding="ascii")
)


def of(name: str) -> bytes:
    return bytes.fromhex(KEPT[name])


def test_a_transcript_from_before_comes_to_the_same() -> None:
    counted = closing.replay(of("published"))

    assert counted.survey == of("survey")
    assert counted.answers == KEPT["answers"]
    assert [outcome.numbers for outcome in counted.outcomes] == [tuple(KEPT["numbers"]), None]


def test_terms_from_before_have_the_same_name_and_tasks() -> None:
    survey, terms = terms_.open_cosigned(canonical.decode(of("cosigned"), terms_.Cosigned))

    assert (survey, terms_.encode(terms)) == (of("survey"), of("terms"))
    kept = answering.read_kept(of("kept"))
    assert kept.name == of("answer")
    for task, numbered in zip(tasks.tasks(survey, terms), kept.reports, strict=True):
        report = answers.read_report(numbered.report)
        assert dap.encode(report) == numbered.report
        assert report.report_metadata.public_extensions[0].extension_data == kept.name
        assert task.configuration.task_info.endswith(survey + bytes([task.number]))


def test_a_letter_from_before_opens() -> None:
    letter = answers.Letter(of("survey"), of("letter"))

    assert answers.open_letter(of("witness_kem"), letter).survey == of("survey")


@pytest.mark.parametrize(
    ("group", "read"),
    [
        ("requests", frames.read_request),
        ("replies", frames.read_reply),
        ("errands", frames.read_errand),
        ("outcomes", frames.read_outcome),
    ],
)
def test_every_sort_of_message_from_before_is_read(group: str, read: Any) -> None:
    messages = [bytes.fromhex(text) for text in KEPT[group]]
    sorts = {type(read(data)) for data in messages}

    # No survey that goes well says no to a coordinator, or asks who somebody is twice.
    assert [frames.encode(read(data)) for data in messages] == messages
    assert len(sorts) == len(messages)
