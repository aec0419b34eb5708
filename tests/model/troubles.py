"""Histories in which a person's devices, all of them there already, remove each other.

``harness.histories`` begins with nothing and seldom gets that far; here each step hurts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from harness.histories import cast_of
from harness.logs import Chain, Device, Log, draw, root_of, settled
from inglenook_schema.control import Close, RefreshKem, RemovePerson
from inglenook_schema.header import Kind

WHO = ("laptop", "tablet", "phone", "pc", "mac")
RARE = {  # the chains 0 to 4 are those of WHO, 5 and on are what came later
    "a removal on a branch that leaves the cut": [
        *[("fork", 1, 0), ("say", 1, 0), ("see", 0, 1), ("remove", 0, 1), ("remove", 5, 2)]
    ],
    "a removal that is limited, and a chain it had not seen": [
        *[("remove", 0, 1), ("remove", 1, 2), ("open", 0, 2), ("say", 5, 0)]
    ],
    "two goodbyes of one device on two chains": [
        *[("open", 0, 4), ("say", 5, 0), *[("say", 1, 0)] * 4, ("remove", 1, 1), ("remove", 5, 1)]
    ],
    "a later KEM key on the branch that had seen less": [
        *[("fork", 1, 0), ("say", 1, 0), ("kem", 1, 0), *[("say", 3, 0)] * 4],
        *[("see", 5, 3), ("kem", 5, 0)],
    ],
}
"""What chance seldom finds, by name."""
_numbers = st.integers(0, 63)
_steps = st.tuples(st.sampled_from(["see", "see", "fork", "remove", "remove", "remove", "open",
                                    "root", "rotate", "kem", "leave", "close", "say"]),
                   _numbers, _numbers)  # fmt: skip


def troubles(*, longest: int = 14) -> SearchStrategy[Log]:
    """A pair of three devices and two, then ``longest`` steps at most."""
    return st.lists(_steps, min_size=3, max_size=longest).map(build)


def build(script: Sequence[tuple[str, int, int]]) -> Log:
    """The log that [what, by which chain, to whom] lead to; see ``RARE`` for how it reads."""
    people = cast_of()
    log = Log(people["laptop"])
    chains = [log.open(people["laptop"])]
    chains[0].add(people["pc"])
    chains += [log.open(people[name], chains[0]) for name in WHO[1:]]
    settled(chains)
    for what, by, whom in script:
        log.story += f"{what}({by % len(chains)}, {whom}) "
        _step(chains, chains[by % len(chains)], what, whom)
    return log


def _step(chains: list[Chain], chain: Chain, what: str, whom: int) -> None:
    log, number = chain.log, len(chain.log.events)
    device, quarter = _near(chain, whom), whom % 4 == 0
    helper = chain.device.certify(f"helper {whom % 3}")
    steps: dict[str, Callable[[], object]] = {
        "see": lambda: chain.see(chains[whom % len(chains)]),
        "say": lambda: chain.say(f"goal {number}"),
        "fork": lambda: chains.append(chain.fork()),
        "remove": lambda: chain.remove(device),
        "open": lambda: chains.append(
            log.open(helper if whom % 2 else device, chain, label=f"{number}")
        ),
        "root": lambda: chain.remove_by_root(device, root_of("Max" if whom % 8 == 0 else "Ada")),
        "rotate": lambda: chain.rotate(draw(f"epoch {number}")),
        "kem": lambda: chain.write(Kind.MEMBER, RefreshKem(draw(f"kem {number}", 1216))),
        "leave": lambda: quarter and chain.write(Kind.MEMBER, RemovePerson(chain.person)),
        "close": lambda: quarter and chain.write(Kind.MEMBER, Close()),
    }
    steps[what]()


def _near(chain: Chain, whom: int) -> Device:
    """Mostly one of the same person: others cannot be removed anyway."""
    people = cast_of()
    mine = [people[n] for n in WHO if people[n].person.id == chain.person]
    return people[WHO[whom % 5]] if whom % 6 == 0 else mine[whom % len(mine)]
