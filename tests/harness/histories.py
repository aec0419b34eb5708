"""Random histories of one log, a pair's or a programme's: several devices, partial views, forks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from harness.logs import Chain, Device, Log, draw, first_device, root_of
from inglenook_schema.control import Close, Erase, LogType, RefreshKem, RemovePerson
from inglenook_schema.header import Kind

Step: TypeAlias = tuple[int, int, int]
"""[what, by which chain, to whom]; any numbers, taken modulo what there is."""
_numbers = st.integers(0, 255)
_steps = st.tuples(_numbers, _numbers, _numbers)


@cache
def cast_of() -> dict[str, Device]:
    """Ada has three devices, one certified by the other; Max has two; Eve belongs nowhere."""
    ada = first_device("Ada", "laptop")
    tablet = ada.certify("tablet")
    max_ = first_device("Max", "pc")
    return {
        "laptop": ada,
        "tablet": tablet,
        "phone": tablet.certify("phone"),
        "pc": max_,
        "mac": max_.certify("mac"),
        "eve": first_device("Eve", "eve"),
    }


def histories(*, forks: bool = True, acts: bool = True, longest: int = 30) -> SearchStrategy[Log]:
    """A log that several devices wrote to, none of which saw everything.

    Args:
        forks: Whether a chain may go on twice.
        acts: Whether there are acts of membership besides opens and one add.
        longest: Most steps.
    """
    steps = [_say, _say, _see, _see, _open]
    steps += [_remove, _remove_by_root, _add, _any_act] if acts else []
    steps += [_fork] if forks else []
    scripts = st.lists(_steps, min_size=1, max_size=longest)
    types = st.sampled_from((LogType.PAIR, LogType.PROGRAMME))
    return st.tuples(scripts, types).map(lambda drawn: build(drawn[0], steps, drawn[1]))


def build(
    script: Sequence[Step],
    steps: Sequence[Callable[[list[Chain], Chain, int], object]],
    type_: LogType = LogType.PAIR,
) -> Log:
    """The log that a script of numbers leads to."""
    people = cast_of()
    log = Log(people["laptop"], type_)
    chains = [log.open(people["laptop"])]
    chains[0].add(people["pc"])
    for what, by, whom in script:
        step = steps[what % len(steps)]
        log.story += f"{step.__name__}({by % len(chains)}, {whom}) "
        step(chains, chains[by % len(chains)], whom)
    return log


def _device(number: int) -> Device:
    people = [*cast_of().values()]
    return people[number % len(people)]


def _say(_chains: list[Chain], chain: Chain, _whom: int) -> None:
    chain.say(f"goal {len(chain.log.events)}")


def _see(chains: list[Chain], chain: Chain, whom: int) -> None:
    chain.see(chains[whom % len(chains)])


def _open(chains: list[Chain], seen: Chain, whom: int) -> None:
    # The same device may open several chains: labels that differ keep them apart.
    chains.append(seen.log.open(_device(whom), seen, label=f"{whom}.{len(chains)}"))


def _fork(chains: list[Chain], chain: Chain, _whom: int) -> None:
    chains.append(chain.fork())


def _remove(_chains: list[Chain], chain: Chain, whom: int) -> None:
    chain.remove(_device(whom))


def _remove_by_root(_chains: list[Chain], chain: Chain, whom: int) -> None:
    chain.remove_by_root(_device(whom), root_of("Ada" if whom % 2 else "Max"))


def _add(_chains: list[Chain], chain: Chain, whom: int) -> None:
    chain.add(_device(whom))


def _any_act(_chains: list[Chain], chain: Chain, whom: int) -> None:
    log = chain.log
    match whom % 6:
        case 0:
            others = whom % 12 >= 6  # which only a programme's founder may
            person = _device(whom // 12).person.id if others else chain.person
            chain.write(Kind.MEMBER, RemovePerson(person))
        case 1:
            chain.rotate(draw(f"epoch {len(log.events)}"))
        case 2:
            targets = [*log.events]
            chain.write(Kind.ERASE, Erase((targets[whom % len(targets)],)))
        case 3:
            chain.write(Kind.MEMBER, RefreshKem(draw(f"kem {len(log.events)}", 1216)))
        case 4:
            chain.write(Kind.MEMBER, Close())
        case _:
            chain.write(Kind.MEMBER, (99, "from a newer version"))
