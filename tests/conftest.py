"""What all tests share: property profiles, a watch for blocking calls, one reminder."""

import inspect
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, settings

from harness import nats_server, postgres
from harness.require import require

TESTS = Path(__file__).parent

# What a row of the table of attacks asserts is told as a test's own assertions are.
pytest.register_assert_rewrite("hostile")

# A slow machine is no bug: time limits are pytest's business, not each example's.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("dev", PATIENT, max_examples=50)
settings.register_profile("gate", PATIENT, max_examples=200, derandomize=True)
settings.register_profile("night", PATIENT, max_examples=5000)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("gate" if os.environ.get("CI") else "dev")
)


@pytest.fixture(scope="session", autouse=True)
def state_folder() -> Iterator[Path]:
    """What journals leave outside their folders goes to a place that is thrown away."""
    before, folder = os.environ.get("XDG_STATE_HOME"), Path(tempfile.mkdtemp(prefix="ink-"))
    os.environ["XDG_STATE_HOME"] = str(folder)
    yield folder
    os.environ.pop("XDG_STATE_HOME")
    if before is not None:
        os.environ["XDG_STATE_HOME"] = before
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """A PostgreSQL server that nobody else uses; on a machine without one, a loud skip."""
    programs, user = postgres.binaries(), postgres.user()
    reason = (
        "no PostgreSQL server (apt-get install postgresql), or no user other than root to run it"
        " who can write to /dev/null"
    )
    require("postgres", programs is not None and user is not None, reason)
    assert programs is not None
    assert user is not None
    server = postgres.PostgresServer(programs, user)
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(postgres_server: postgres.PostgresServer) -> str:
    """Where an empty database is."""
    return postgres_server.new_database()


@pytest.fixture
def nats_program() -> nats_server.NatsServer:
    """A NATS server that is not started yet; on a machine without one, a loud skip."""
    program = nats_server.binary()
    require("nats", program is not None, "no NATS server (apt-get install nats-server)")
    assert program is not None
    return nats_server.NatsServer(program)


@pytest.fixture(scope="module")
def nats_url() -> Iterator[str]:
    """Where a NATS server runs that is not stopped."""
    program = nats_server.binary()
    require("nats", program is not None, "no NATS server (apt-get install nats-server)")
    assert program is not None
    server = nats_server.NatsServer(program)
    server.start()
    yield server.url
    server.kill()


@pytest.fixture(autouse=True)
def no_blocking_calls(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a coroutine test of either side when our code holds up the event loop.

    Only calls made from our two packages count; the test's own files and processes may
    block. ``@pytest.mark.may_block`` opts a test out.
    """
    watched = (
        inspect.iscoroutinefunction(request.function)
        and any(request.path.is_relative_to(TESTS / side) for side in ("client", "server"))
        and request.node.get_closest_marker("may_block") is None
    )
    if not watched:
        yield
        return
    with blockbuster_ctx(["inglenook_client", "inglenook_server"]) as watch:
        # asyncpg looks for ~/.pgpass whenever it connects.
        watch.functions["os.stat"].can_block_in("asyncpg/connect_utils.py", "_read_password_file")
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not os.environ.get("INGLENOOK_VECTORS"):
        terminalreporter.write_line(
            "NOT LOOKED FOR: the standards' published vectors (INGLENOOK_VECTORS is unset)",
            yellow=True,
            bold=True,
        )
