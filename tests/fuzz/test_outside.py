"""Bytes from outside: garbage gets an error of ours or a value, and takes little memory."""

import importlib
import inspect
import pkgutil
import re
import tracemalloc
from contextlib import suppress
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import inglenook_client
import inglenook_schema
import inglenook_server
from harness.fuzz_targets import Target, targets
from harness.mutations import CLAIMS, nearly
from inglenook_schema.errors import InglenookError

TARGETS = targets()
SUMS = [name for name, target in TARGETS.items() if name.startswith(("DAP", "Prio3"))]
OURS = [name for name in TARGETS if name not in SUMS]
NOT_FROM_OUTSIDE = {
    "cli.index.load": "a command's module, by a name of ours",
    "core.clocks.unpack": "from the encrypted store",
    "guides.reading.read": "files of the package",
    "transports.folder_files.read": "moves bytes and looks at none",
    "journal.read_inglenook.read": "a program of its own; test_exporting alters what it reads",
    "stores.opening.open_store": "opens what the operator's command line named",
    "fanouts.opening.open_fanout": "opens what the operator's command line named",
    "stores.postgres_pool.open_pool": "opens connections to the operator's own database",
    "journal.attaching.read": "reads a file of the person's own; clean pictures are a target",
    "core.sums.closing.read_errors": "from the Relay's own store",
    "core.sums.rows.read": "from an operator's own store",
    "transports.folder_files.open_inside": "opens a file of a name that was checked",
}
"""Functions that are called like readers of bytes, and are none."""
READER = re.compile(r"(decode|parse|read|open|unpack|load)(_|$)")
MEMORY = 80 * 2**20
"""Bytes. A pack's part may inflate to 8 MiB, and a suite's cost is at most 64 MiB."""


def read(target: Target, data: bytes) -> None:
    with suppress(InglenookError):
        target.read(data)


@pytest.mark.parametrize("name", OURS)
@settings(max_examples=40)
@given(st.data())
def test_garbage_gets_our_error_or_a_value(name: str, data: st.DataObject) -> None:
    read(TARGETS[name], data.draw(nearly(TARGETS[name].seeds)))


@settings(max_examples=150)
@given(st.data())
def test_so_it_does_in_the_messages_and_shares_of_sums(data: st.DataObject) -> None:
    target = TARGETS[data.draw(st.sampled_from(SUMS))]

    read(target, data.draw(nearly(target.seeds)))


@pytest.mark.parametrize("name", OURS)
def test_the_seeds_are_read_to_their_end(name: str) -> None:
    """Else mutations would start at what is refused at the first byte."""
    taken = 0
    for seed in TARGETS[name].seeds:
        try:
            TARGETS[name].read(seed)
        except InglenookError:
            continue
        taken += 1
    assert taken


def test_no_claim_of_a_size_takes_memory() -> None:
    for name, target in TARGETS.items():
        tracemalloc.start()
        for claim in CLAIMS:
            read(target, claim)
            read(target, target.seeds[0][:2] + claim)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MEMORY, name


def test_every_reader_of_bytes_is_a_target() -> None:
    covered = {name for target in TARGETS.values() for name in target.covers}

    sides = (inglenook_schema, inglenook_client, inglenook_server)
    found = {name for side in sides for name in readers(side)}

    # what stands deeper than one name is given with the names that tell it apart
    assert {f for f in found if not _named(f, covered | set(NOT_FROM_OUTSIDE))} == set()
    assert {c for c in covered if not any(_is(f, c) for f in found)} <= CHECKERS


_RAW = (bytes, str, "bytes", "str", "bytes | None")
CHECKERS = {
    *("invite.check_offer", "invite.check_knock", "suite.check_sign_public"),
    *("transports.address.check_relay", "canonical.decode", "closing.replay"),
    *("sums.terms.open_cosigned", "programme.check_enrolment"),
    *("letter.check", "letter.unseal", "letter.body_of"),
}
"""Covered though their names are not those of readers."""


def readers(package: ModuleType) -> list[str]:
    """Public functions that take bytes or text and are named as what reads them."""
    found = []
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        here = importlib.import_module(module.name)
        for name, function in vars(here).items():
            if not inspect.isfunction(function) or function.__module__ != module.name:
                continue
            taken = [*inspect.signature(function).parameters.values()][:2]
            if READER.match(name) and any(p.annotation in _RAW for p in taken):
                found.append(f"{module.name}.{name}")
    return found


def _is(function: str, name: str) -> bool:
    return function.endswith(f".{name}")


def _named(function: str, names: set[str]) -> bool:
    return any(_is(function, name) for name in names)
