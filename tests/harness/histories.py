"""Random histories of one pair log: several devices, acts of every kind, partial views, forks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from harness.logs import Chain, Device, Log, draw, first_device, root_of
from inglenook_schema.control import Close, Erase, RefreshKem, RemovePerson
from inglenook_schema.header import Kind


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


@st.composite
def histories(draw_: DrawFn, *, forks: bool = True, acts: bool = True, longest: int = 30) -> Log:
    """A log that several devices wrote to, none of which saw everything.

    Args:
        draw_: Hypothesis's.
        forks: Whether a chain may go on twice.
        acts: Whether there are acts of membership besides opens and one add.
        longest: Most steps.
    """
    people = cast_of()
    log = Log(people["laptop"])
    chains = [log.open(people["laptop"])]
    chains[0].add(people["pc"])
    steps: list[Callable[[Chain], object]] = [
        lambda chain: chain.say(f"goal {len(log.events)}"),
        lambda chain: chain.see(draw_(st.sampled_from(chains))),
        lambda _: _open(draw_, log, chains),
    ]
    if acts:
        steps += [
            lambda chain: chain.remove(draw_(_devices)),
            lambda chain: _remove_by_root(draw_, chain),
            lambda chain: chain.add(draw_(_devices)),
            lambda chain: _any_act(draw_, log, chain),
        ]
    if forks:
        steps.append(lambda chain: chains.append(chain.fork()))
    for _ in range(draw_(st.integers(1, longest))):
        draw_(st.sampled_from(steps))(draw_(st.sampled_from(chains)))
    return log


_devices = st.deferred(lambda: st.sampled_from([*cast_of().values()]))


def _open(draw_: DrawFn, log: Log, chains: list[Chain]) -> None:
    chains.append(log.open(draw_(_devices), draw_(st.sampled_from(chains))))


def _remove_by_root(draw_: DrawFn, chain: Chain) -> None:
    person = draw_(st.sampled_from(["Ada", "Max"]))
    chain.remove_by_root(draw_(_devices), root_of(person))


def _any_act(draw_: DrawFn, log: Log, chain: Chain) -> None:
    secret = draw(f"epoch {len(log.events)}")
    match draw_(st.sampled_from(["leave", "rotate", "erase", "kem", "close", "unknown"])):
        case "leave":
            chain.write(Kind.MEMBER, RemovePerson(chain.person))
        case "rotate":
            chain.rotate(secret)
        case "erase":
            target = draw_(st.sampled_from([*log.events]))
            chain.write(Kind.ERASE, Erase((target,)))
        case "kem":
            chain.write(Kind.MEMBER, RefreshKem(draw(f"kem {len(log.events)}", 1216)))
        case "close":
            chain.write(Kind.MEMBER, Close())
        case _:
            chain.write(Kind.MEMBER, (99, "from a newer version"))
