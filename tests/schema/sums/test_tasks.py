"""Questions as tasks of DAP, and answers as measurements."""

from __future__ import annotations

import msgspec
import pytest

from harness.survey import CLOSES, OPENS, Survey, choice, choices, mean, tick
from inglenook_schema import dap
from inglenook_schema.errors import CallerError
from inglenook_schema.sums import tasks
from inglenook_schema.sums.tasks import Said
from inglenook_schema.sums.terms import Question

replaced = msgspec.structs.replace


@pytest.mark.parametrize(
    ("question", "said", "measured"),
    [
        pytest.param(tick(), True, 1, id="ticked"),
        pytest.param(tick(), False, 0, id="not ticked"),
        pytest.param(tick(), None, 0, id="tick, rather not say"),
        pytest.param(mean(), 1, 0, id="least"),
        pytest.param(mean(), 5, 4, id="greatest"),
        pytest.param(mean(), None, None, id="mean, rather not say"),
        pytest.param(choice(3), 2, 2, id="last option"),
        pytest.param(choice(3), None, 3, id="choice, rather not say"),
        pytest.param(choices(4, 2), (3, 0), [1, 0, 0, 1], id="two"),
        pytest.param(choices(4, 2), (), [0, 0, 0, 0], id="none of several"),
        pytest.param(choices(4, 2), None, [0, 0, 0, 0], id="several, rather not say"),
    ],
)
def test_an_answer_is_a_measurement(
    question: Question, said: Said, measured: int | list[int] | None
) -> None:
    assert tasks.measurement(question, said) == measured


@pytest.mark.parametrize(
    ("question", "said"),
    [
        pytest.param(tick(), 1, id="a number for a tick"),
        pytest.param(mean(), 0, id="below"),
        pytest.param(mean(), 6, id="above"),
        pytest.param(mean(), True, id="a tick for a number"),
        pytest.param(choice(3), 3, id="no such option"),
        pytest.param(choice(3), -1, id="before the first"),
        pytest.param(choice(3), True, id="a tick for an option"),
        pytest.param(choices(4, 2), (0, 1, 2), id="more than may be"),
        pytest.param(choices(4, 2), (1, 1), id="one twice"),
        pytest.param(choices(4, 2), (4,), id="no such thing"),
        pytest.param(choices(4, 2), (True,), id="a tick among places"),
    ],
)
def test_what_is_no_answer_is_refused(question: Question, said: Said) -> None:
    with pytest.raises(CallerError):
        tasks.measurement(question, said)


def test_a_configuration_has_what_the_draft_wants_in_it() -> None:
    survey = Survey(104, [choice(5, 100)])
    (task,) = tasks.tasks(survey.id, survey.terms)
    found = task.configuration

    assert found.task_info == b"inglenook survey " + survey.id + b"\0"
    assert (found.min_batch_size, found.time_precision, found.batch_mode) == (100, 86_400, 2)
    assert found.vdaf_type == dap.Vdaf.PRIO3_HISTOGRAM
    assert dap.decode(dap.Prio3HistogramConfig, found.vdaf_configuration).length == 6
    (extension,) = found.extensions
    interval = dap.decode(dap.TaskIntervalTaskExtension, extension.extension_data).task_interval
    assert interval.start == OPENS // 86_400
    assert interval.start + interval.duration == CLOSES // 86_400
    assert dap.decode(dap.TaskConfiguration, dap.encode(found)) == found


def test_every_question_of_every_survey_is_a_task_of_its_own() -> None:
    same = tick("One", epsilon=1), tick("One", epsilon=1)
    names = [
        task.task_id
        for nonce in (bytes(16), bytes(15) + b"\1")
        for survey in [Survey(104, same, nonce=nonce)]
        for task in tasks.tasks(survey.id, survey.terms)
    ]

    assert len(set(names)) == 4


@pytest.mark.parametrize(
    ("question", "sensitivity"), [(tick(), 1), (mean(), 4), (choice(3), 2), (choices(4, 2), 4)]
)
def test_noise_is_as_wide_as_one_person_can_move_the_sum(
    question: Question, sensitivity: int
) -> None:
    assert tasks.sensitivity(question) == sensitivity
