"""The command line: what it takes, refuses and prints."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from harness.postgres import PostgresServer
from harness.relay_boxes import HeldBox
from harness.relay_process import PROGRAM, RelayProcess, relay_process
from inglenook_schema.wire import Status, ToRelay
from inglenook_server.shells.cli import main

A, B = HeldBox("a"), HeldBox("b")


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run what must end with 1; gives what it said."""
    try:
        code: object = main(words)
    except SystemExit as ended:
        code = ended.code
    assert code == 1
    out, err = capsys.readouterr()
    assert out == ""
    return err


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([], id="nothing"),
        pytest.param(["--db", "x"], id="no address"),
        pytest.param(["--listen", "127.0.0.1:0"], id="no database"),
        pytest.param(["--db", "x", "--listen", "127.0.0.1"], id="no port"),
        pytest.param(["--db", "x", "--listen", ":80"], id="no host"),
        pytest.param(["--db", "x", "--listen", "127.0.0.1:65536"], id="no such port"),
        pytest.param(["--db", "x", "--listen", "127.0.0.1:http"], id="a word for a port"),
        pytest.param(["--db", "x", "--listen", "127.0.0.1:0", "--create", "pow"], id="mode"),
        pytest.param(["--db", "x", "--listen", "127.0.0.1:0", "--quota-puts", "0"], id="quota"),
        pytest.param(["--db", "x", "--listen", "127.0.0.1:0", "--quota-bytes", "-5"], id="minus"),
        pytest.param(["--db", "x", "--listen", "127.0.0.1:0", "--hurry"], id="unknown option"),
        pytest.param(["--store", "mysql://x", "--listen", "127.0.0.1:0"], id="no such engine"),
        pytest.param(["--store", "sqlite:", "--listen", "127.0.0.1:0"], id="no file"),
        pytest.param(
            ["--store", "sqlite:x", "--db", "x", "--listen", "127.0.0.1:0"], id="two databases"
        ),
        pytest.param(
            ["--db", "x", "--listen", "127.0.0.1:0", "--fanout", "redis://h"], id="no such carrier"
        ),
        pytest.param(
            ["--db", "x", "--listen", "127.0.0.1:0", "--fanout", "nats://"], id="carrier's host"
        ),
        pytest.param(
            ["--db", "x", "--listen", "127.0.0.1:0", "--fanout", "nats://h:x"], id="carrier's port"
        ),
        pytest.param(["--db", "x", "--listen", "127.0.0.1:0", "--drain", "long"], id="draining"),
        pytest.param(["voucher"], id="voucher without database"),
        pytest.param(["voucher", "--db", "x", "--uses", "many"], id="uses"),
        pytest.param(["rnu", "--db", "x", "--listen", "127.0.0.1:0"], id="unknown word"),
    ],
)
def test_a_mistake_in_the_command_exits_with_1_and_usage(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    said = refused(capsys, *words)

    assert said.startswith("usage: inglenook-relay")


@pytest.mark.parametrize("word", ["--help", "run --help", "voucher --help"])
def test_help_exits_with_0(capsys: pytest.CaptureFixture[str], word: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(word.split())

    assert ended.value.code == 0
    assert "--store STORE" in capsys.readouterr().out


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "relay.example:80"])
@pytest.mark.parametrize("mode", [[], ["--create", "open"]])
def test_beyond_loopback_it_refuses_to_be_open(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, listen: str, mode: list[str]
) -> None:
    db = tmp_path / "relay.db"

    said = refused(capsys, "--db", str(db), "--listen", listen, *mode)

    assert "--create token" in said
    assert said.count("\n") == 1
    assert not db.exists()


def test_a_database_that_cannot_be_opened_is_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    diary = tmp_path / "diary.txt"
    diary.write_text("Dear diary, " * 1_000)

    said = refused(capsys, "--db", str(diary), "--listen", "127.0.0.1:0")

    assert said == "inglenook-relay: That database cannot be opened (SQLITE_NOTADB).\n"
    assert diary.read_text().startswith("Dear diary")


def test_a_file_and_its_long_form_are_one_database(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    db = tmp_path / "relay.db"

    codes = [
        main(["voucher", *where]) for where in (["--db", str(db)], ["--store", f"sqlite:{db}"])
    ]

    assert codes == [0, 0]
    assert len(set(capsys.readouterr().out.splitlines())) == 2
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("SELECT count(*) FROM voucher").fetchone() == (2,)


def test_a_voucher_is_made_in_postgresql(
    capsys: pytest.CaptureFixture[str], postgres_server: PostgresServer, postgres_url: str
) -> None:
    code = main(["voucher", "--store", postgres_url, "--uses", "7"])

    schema = postgres_url.rpartition("=")[2]
    assert code == 0
    assert len(capsys.readouterr().out) == 30
    assert postgres_server.sql(f"SELECT uses FROM {schema}.voucher") == "7"


def test_without_the_driver_postgresql_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if ".stores.postgres" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    said = refused(capsys, "--store", "postgresql://x/y", "--listen", "127.0.0.1:0")

    assert said == (
        "inglenook-relay: A relay on PostgreSQL needs asyncpg: install inglenook[cluster].\n"
    )


def test_a_relay_on_a_file_needs_no_driver_of_postgresql(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['asyncpg'] = None\n"
        "from inglenook_server.shells.cli import main\n"
        f"sys.exit(main(['voucher', '--db', {str(tmp_path / 'relay.db')!r}]))"
    )

    ran = subprocess.run([sys.executable, "-c", program], check=False)

    assert ran.returncode == 0


def test_an_address_in_use_is_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with relay_process(tmp_path / "first.db") as first:
        listen = f"127.0.0.1:{first.port}"

        said = refused(capsys, "--db", str(tmp_path / "second.db"), "--listen", listen)

    assert said == "inglenook-relay: Cannot listen there (Address already in use).\n"


def test_a_host_that_does_not_exist_is_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["--db", str(tmp_path / "relay.db"), "--create", "token"]

    said = refused(capsys, *words, "--listen", "no-such-host.invalid:0")

    assert said == "inglenook-relay: Cannot listen there (no such host).\n"


@pytest.mark.timeout(60)
def test_it_says_one_line_when_it_is_ready_and_nothing_more(tmp_path: Path) -> None:
    with relay_process(tmp_path / "relay.db") as relay:
        relay.ask(ToRelay(make=(A.make(),), want=(A.want(),)))
        code, out, err = relay.end()

    assert relay.line == f"inglenook-relay listening on http://127.0.0.1:{relay.port}\n"
    assert (code, out, err) == (0, "", "")


@pytest.mark.timeout(60)
def test_the_word_run_and_another_loopback_do_the_same(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [str(PROGRAM), "run", "--db", str(tmp_path / "relay.db"), "--listen", "[::1]:0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.terminate()
    process.communicate(timeout=10)

    assert line.startswith("inglenook-relay listening on http://[::1]:")
    assert process.returncode == 0


@pytest.mark.timeout(60)
def test_nobody_else_on_the_machine_can_read_the_database(tmp_path: Path) -> None:
    with relay_process(tmp_path / "relay.db") as relay:
        relay.ask(ToRelay(make=(A.make(),)))

        modes = {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()}

    assert modes == {0}


@pytest.mark.timeout(60)
def test_the_dials_are_obeyed(tmp_path: Path) -> None:
    with relay_process(tmp_path / "relay.db", "--quota-records", "1", "--max-live", "7") as relay:
        puts = (A.put(b"\x01".ljust(600)), A.put(b"\x01".ljust(601)))

        answer = relay.ask(ToRelay(make=(A.make(),), put=puts))

    assert [ack.status for ack in answer.acks] == [Status.OK, Status.FULL]


def voucher(db: Path, *words: str) -> str:
    made = subprocess.run(
        [str(PROGRAM), "voucher", "--db", str(db), *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert made.stderr == ""
    return made.stdout.strip()


@pytest.mark.timeout(60)
def test_a_voucher_made_while_the_relay_runs_makes_as_many_mailboxes_as_it_says(
    tmp_path: Path,
) -> None:
    db = tmp_path / "relay.db"

    with relay_process(db, "--create", "token") as relay:
        without = make(relay, A, b"")
        code = voucher(db, "--uses", "2").encode()
        with_it = [make(relay, HeldBox(name), code) for name in "abc"]

    assert without is Status.REFUSED
    assert with_it == [Status.OK, Status.OK, Status.REFUSED]
    for file in tmp_path.iterdir():
        assert code not in file.read_bytes()


def make(relay: RelayProcess, box: HeldBox, code: bytes) -> Status:
    return relay.ask(ToRelay(make=(box.make(code),))).made[0].status


@pytest.mark.timeout(60)
def test_vouchers_are_short_enough_to_type_and_never_the_same(tmp_path: Path) -> None:
    codes = {voucher(tmp_path / "relay.db") for _ in range(3)}

    assert len(codes) == 3
    assert all(len(code) == 29 and code.isascii() and code.islower() for code in codes)
