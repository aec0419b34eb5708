"""A relay and a Witness as processes: begun, killed, started again, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.relay_process import relay_process
from harness.sums_line import ask_over_http
from harness.survey import Dice, tick
from inglenook_client.core.sums import answering, collecting
from inglenook_client.core.sums.collecting import CollectorKeys
from inglenook_schema import suite
from inglenook_schema.sums import frames
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.frames import Phase, Refused, Seen, Taken, TokenSaid
from inglenook_schema.sums.tokens import Wallet
from inglenook_server import ambient
from inglenook_server.shells.cards import read_card

pytestmark = pytest.mark.timeout(180)
WITNESS = Path(sys.executable).with_name("inglenook-witness")
RELAY = Path(sys.executable).with_name("inglenook-relay")


def run(program: Path, *words: str, stdin: str = "") -> str:
    done = subprocess.run(
        [str(program), *words],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def visit(witness: Path) -> str:
    return run(WITNESS, "run", "--db", str(witness), "--once")


def survey_terms(
    relay: str, witness: str, claims: tuple[bytes, ...], keys: CollectorKeys
) -> terms_.Terms:
    relay_card, witness_card = read_card(relay), read_card(witness)
    now = ambient.unix_s()
    day = 86_400
    return terms_.Terms(
        *(1, bytes(32), bytes(16), (("en", "This month"),), (tick(),)),
        *(relay_card.operator, witness_card.operator, keys.public("Coordinator")),
        *(witness_card.token_keys[0], now - 1, now + day, now + day, now + 9 * day),
        *(len(claims), terms_.roster_hash(claims), True),
    )


def test_a_survey_outlives_the_death_of_both_processes(  # noqa: PLR0915 - one story
    tmp_path: Path,
) -> None:
    relay_db, witness_db = tmp_path / "relay.db", tmp_path / "witness.db"
    dice = Dice("members of a process")
    members = sorted(
        ((suite.SigningKey(dice(32)), dice(32)) for _ in range(12)), key=lambda m: m[0].public
    )
    claims = tuple(claim.public for claim, _ in members)
    keys = CollectorKeys.derive(dice(32), bytes(16))

    with relay_process(relay_db) as relay:
        unnamed = ask_over_http(relay.port, frames.WhoAreYou())
        origin = ["--name", "Relay House", "--origin", relay.url]
        card = run(RELAY, "operator", "--db", str(relay_db), *origin)
        begun = ["--db", str(witness_db), "--name", "Witness Trust", "--relay", "-"]
        witness_card = run(WITNESS, "init", *begun, stdin=card)
        operator = ["operator", "--db", str(relay_db), *origin, "--witness", "-"]
        run(RELAY, *operator, stdin=witness_card)
        terms = survey_terms(card, witness_card, claims, keys)
        propose = collecting.propose(terms, keys, claims)
        survey = terms_.survey_id(propose.terms)
        proposed = ask_over_http(relay.port, propose)
        relay.end(kill=True)
    assert unnamed == Refused("noSums")
    assert isinstance(proposed, Seen)
    assert proposed.phase is Phase.PROPOSED

    # Its card says where it listens, so it is started there again.
    with relay_process(relay_db, port=relay.port) as relay:
        assert visit(witness_db) == "1 done"
        opened = ask_over_http(relay.port, frames.Look(survey))
        assert opened.phase is Phase.OPEN
        assert terms_.open_cosigned(opened.cosigned)[1] == terms
        wallets = [Wallet(claim, secret, survey, terms) for claim, secret in members[:2]]
        asked = [ask_over_http(relay.port, frames.AskToken(each.request())) for each in wallets]
        assert asked == [TokenSaid(b"")] * 2
        assert visit(witness_db) == "2 done"
        relay.end(kill=True)

    with relay_process(relay_db, port=relay.port) as relay:
        said = ask_over_http(relay.port, frames.AskToken(wallets[0].request()))
        token = wallets[0].finish(said.blind_signature)
        kept = answering.seal(
            survey, terms, [True], wallets[0], ambient.unix_s(), ambient.random_bytes
        )
        answer = frames.Upload(answering.attach(kept, token))
        assert ask_over_http(relay.port, answer) == Taken()
        twice = answering.seal(
            survey, terms, [True], wallets[0], ambient.unix_s(), ambient.random_bytes
        )
        again = ask_over_http(relay.port, frames.Upload(answering.attach(twice, token)))
        early = ask_over_http(relay.port, collecting.collect(survey, keys))
        relay.end(kill=True)
    assert again.reports == ((0, 2),)
    assert early == Refused("batchInvalid")

    with relay_process(relay_db, port=relay.port) as relay:
        followed = ask_over_http(relay.port, frames.Follow(survey, kept.name))
        letter = answering.letter(kept, terms)
        assert ask_over_http(relay.port, frames.Post(letter, kept.name)) == Taken()
        assert visit(witness_db) == "1 done"
        after = ask_over_http(relay.port, frames.Follow(survey, kept.name))
    assert followed.stored
    assert answering.standing(kept, terms, after).withdrawn is answering.Confirmed.ONE
    status = run(WITNESS, "status", "--db", str(witness_db))
    assert "open       This month" in status
    assert "Token keys for surveys to come: 12" in status


def test_a_witness_says_what_is_wrong(tmp_path: Path) -> None:
    def fail(*words: str) -> str:
        done = subprocess.run([str(WITNESS), *words], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        return done.stderr

    missing = fail("run", "--db", str(tmp_path / "none.db"), "--once")
    no_card = fail("init", "--db", str(tmp_path / "w.db"), "--name", "W", "--relay", "nonsense")

    assert "holds no Witness yet" in missing
    assert "not an operator's card" in no_card
