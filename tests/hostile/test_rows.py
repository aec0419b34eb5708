"""Every attack of the table, and after each the one check."""

import pytest

from hostile.rows import everything
from hostile.scene import ROWS, Row, Scene

assert everything


@pytest.mark.parametrize("attack", [pytest.param(each, id=name) for name, each in ROWS.items()])
async def test_after_an_attack_nothing_is_lost_leaked_or_unsaid(attack: Row, scene: Scene) -> None:
    await attack.attack(scene)

    await scene.check(attack)
