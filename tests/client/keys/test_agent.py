"""The agent as a real process."""

import base64
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.require import require
from inglenook_client.keys import agent, rendezvous
from inglenook_client.keys.errors import AgentError, UnlockTimeError

# Without a pattern: bytes in order lie in the tables of any interpreter.
KEY = hashlib.sha256(b"a key").digest()
OTHER_KEY = hashlib.sha256(b"another key").digest()


def the_socket(home: Path) -> Path:
    (path,) = [path for path in rendezvous.sockets(home) if path.exists()]
    return path


def pid_behind(path: Path) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        pid, _, _ = struct.unpack("3i", connection.getsockopt(1, socket.SO_PEERCRED, 12))
    return int(pid)


def has_ended(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Path]:
    """A second data folder."""
    folder = tmp_path / "other"
    folder.mkdir()
    yield folder
    agent.stop(folder)


def test_an_agent_gives_the_key_it_holds(home: Path, other: Path) -> None:
    assert agent.fetch(home) is None

    agent.start(home, KEY, 60)
    agent.start(other, OTHER_KEY, 60)

    assert [agent.fetch(home), agent.fetch(home), agent.fetch(other)] == [KEY, KEY, OTHER_KEY]


def test_an_agent_ends_when_its_time_is_up(home: Path) -> None:
    agent.start(home, KEY, 2)
    pid, path = pid_behind(the_socket(home)), the_socket(home)

    assert agent.fetch(home) == KEY
    assert within(5, lambda: has_ended(pid))
    assert agent.fetch(home) is None
    assert not path.exists()


def test_locking_ends_the_agent_at_once(home: Path, other: Path) -> None:
    agent.start(home, KEY, 60)
    agent.start(other, OTHER_KEY, 60)
    pid, path = pid_behind(the_socket(home)), the_socket(home)

    assert agent.stop(home)

    assert agent.fetch(home) is None
    assert not path.exists()
    assert within(5, lambda: has_ended(pid))
    assert agent.fetch(other) == OTHER_KEY
    assert not agent.stop(home)


def test_unlocking_again_replaces_the_time_and_the_key(home: Path) -> None:
    agent.start(home, KEY, 60)
    pid = pid_behind(the_socket(home))

    agent.start(home, OTHER_KEY, 2)

    assert pid_behind(the_socket(home)) == pid
    assert agent.fetch(home) == OTHER_KEY
    assert within(5, lambda: has_ended(pid))


def test_unlocking_again_can_also_give_more_time(home: Path) -> None:
    agent.start(home, KEY, 1)

    agent.start(home, KEY, 60)

    time.sleep(1.2)
    assert agent.fetch(home) == KEY


def test_an_agent_ends_when_its_data_folder_is_gone(home: Path) -> None:
    agent.start(home, KEY, 60)
    pid = pid_behind(the_socket(home))

    shutil.rmtree(home)

    assert agent.fetch(home) is None
    assert within(5, lambda: has_ended(pid))


def test_an_agent_ends_when_its_socket_was_removed(home: Path) -> None:
    agent.start(home, KEY, 60)
    pid = pid_behind(the_socket(home))

    the_socket(home).unlink()

    assert agent.fetch(home) is None
    assert within(5, lambda: has_ended(pid))


def test_a_killed_agent_leaves_a_socket_that_counts_for_nothing(home: Path) -> None:
    agent.start(home, KEY, 60)
    pid, path = pid_behind(the_socket(home)), the_socket(home)

    os.kill(pid, signal.SIGKILL)
    assert within(5, lambda: has_ended(pid))

    assert agent.fetch(home) is None
    assert not path.exists()
    agent.start(home, KEY, 60)
    assert agent.fetch(home) == KEY


def test_a_stale_socket_is_no_hindrance_to_a_new_agent(home: Path) -> None:
    path = rendezvous.make_socket_path(home)
    assert path is not None
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    agent.start(home, KEY, 60)

    assert agent.fetch(home) == KEY


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_an_agent_told_to_end_leaves_nothing_behind(home: Path, number: int) -> None:
    agent.start(home, KEY, 60)
    pid, path = pid_behind(the_socket(home)), the_socket(home)

    os.kill(pid, number)

    assert within(5, lambda: has_ended(pid))
    assert not path.exists()


def test_the_key_is_in_no_file_argument_or_environment(home: Path, runtime: Path) -> None:
    agent.start(home, KEY, 60)
    assert agent.fetch(home) == KEY

    proc = Path("/proc", str(pid_behind(the_socket(home))))
    shown = [proc / "cmdline", proc / "comm"]
    if os.geteuid() == 0:  # an agent is not dumpable, so only root can look
        shown.append(proc / "environ")
    written = [f for top in (home, runtime) for f in top.rglob("*") if f.is_file()]
    for file in (*shown, *written):
        content = file.read_bytes()
        for form in (KEY, KEY.hex().encode(), base64.b64encode(KEY), KEY[::-1]):
            assert form not in content


def test_the_key_lies_in_the_agents_memory_once(home: Path) -> None:
    require("root", os.geteuid() == 0, "only root may read an agent's memory")
    agent.start(home, OTHER_KEY, 60)
    pid = pid_behind(the_socket(home))

    agent.start(home, KEY, 60)
    replaced = memory_of(pid)
    assert agent.fetch(home) == KEY
    fetched = memory_of(pid)

    for memory in (replaced, fetched):
        assert memory.count(KEY) == 1
        assert memory.count(OTHER_KEY) == 0


def test_the_page_with_the_key_is_left_out_of_a_core(home: Path) -> None:
    require("root", os.geteuid() == 0, "only root may read how an agent's memory is set up")
    agent.start(home, KEY, 60)

    maps = Path(f"/proc/{pid_behind(the_socket(home))}/smaps").read_text()

    flags = [set(line.split()[1:]) for line in maps.splitlines() if line.startswith("VmFlags")]
    assert any({"lo", "dd"} <= of_one for of_one in flags)  # locked, and not dumped


def memory_of(pid: int) -> bytes:
    parts = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, mode, *_ = line.split()
            first, last = (int(end, 16) for end in span.split("-"))
            if mode.startswith("rw") and "[v" not in line:
                memory.seek(first)
                parts.append(memory.read(last - first))
    return b"".join(parts)


def test_an_agent_lets_its_caller_and_the_terminal_go(home: Path, tmp_path: Path) -> None:
    started_elsewhere(home, tmp_path)  # returns when nobody holds the caller's output
    pid = pid_behind(the_socket(home))

    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    parent, session, terminal = fields[1], fields[3], fields[4]
    assert parent != str(os.getpid())
    assert session not in {str(os.getsid(0)), str(pid)}
    assert terminal == "0"


def test_an_agent_holds_no_folder_or_file_of_its_caller(home: Path, tmp_path: Path) -> None:
    require("root", os.geteuid() == 0, "only root can see an agent's folder and files")
    with (tmp_path / "open").open("w") as kept:
        started_elsewhere(home, tmp_path, kept.fileno())
    proc = Path("/proc", str(pid_behind(the_socket(home))))

    assert (proc / "cwd").readlink() == Path("/")
    for descriptor in (proc / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it was closed since it was listed
            opened = str(descriptor.readlink())
            assert opened == "/dev/null" or opened.startswith("socket:")


def started_elsewhere(home: Path, folder: Path, *handed_on: int) -> None:
    code = (
        "import os, sys; from pathlib import Path; from inglenook_client.keys import agent\n"
        "[os.set_inheritable(int(n), True) for n in sys.argv[2:]]\n"
        "agent.start(Path(sys.argv[1]), bytes(32), 60)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(home), *map(str, handed_on)],
        cwd=folder,
        capture_output=True,
        pass_fds=handed_on,
        check=True,
        timeout=20,
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def test_an_agent_writes_no_core_and_keeps_its_page_out_of_swap(home: Path) -> None:
    agent.start(home, KEY, 60)
    proc = Path("/proc", str(pid_behind(the_socket(home))))

    limits = (proc / "limits").read_text()
    status = (proc / "status").read_text()

    (core,) = [line for line in limits.splitlines() if line.startswith("Max core")]
    (locked,) = [line for line in status.splitlines() if line.startswith("VmLck")]
    assert core.split()[4:6] == ["0", "0"]
    assert int(locked.split()[1]) >= 4
    # Not dumpable: the kernel gives root what stands in /proc, whoever runs the agent.
    assert (proc / "environ").stat().st_uid == 0


def test_an_agent_cannot_be_read_by_other_programs_of_its_user() -> None:
    code = (
        "import ctypes; from inglenook_client.keys import holder\n"
        "holder._harden(); print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert done.stdout == b"0\n"


def test_the_socket_is_for_this_user_only(home: Path) -> None:
    agent.start(home, KEY, 60)
    path = the_socket(home)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_another_user_who_reaches_the_socket_gets_nothing(home: Path, runtime: Path) -> None:
    require("root", os.geteuid() == 0, "only root can act as another user")
    agent.start(home, KEY, 60)
    path = the_socket(home)
    request = rendezvous.ASK.pack(rendezvous.GIVE, 0)
    for opened in (runtime, path.parent, path):
        opened.chmod(0o777)

    as_nobody = exchange_as(65534, path, request)
    as_nobody_locking = exchange_as(65534, path, rendezvous.ASK.pack(rendezvous.LOCK, 0))

    assert (as_nobody, as_nobody_locking) == (b"", b"")
    assert exchange_as(0, path, request) == b"k" + KEY


def exchange_as(uid: int, path: Path, request: bytes) -> bytes:
    code = (
        "import os, socket, sys; uid, path = int(sys.argv[1]), sys.argv[2]\n"
        "os.setgroups([]); os.setgid(uid); os.setuid(uid)\n"
        "asking = socket.socket(socket.AF_UNIX); asking.connect(path)\n"
        "try: asking.sendall(sys.stdin.buffer.read()); answer = asking.recv(99)\n"
        "except (BrokenPipeError, ConnectionResetError): answer = b''\n"
        "sys.stdout.buffer.write(answer)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(uid), str(path)],
        input=request,
        capture_output=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"g", id="half a request"),
        pytest.param(rendezvous.ASK.pack(b"x", 1) + KEY, id="an unknown one"),
        pytest.param(rendezvous.ASK.pack(b"h", 0) + bytes(32), id="no time"),
        pytest.param(rendezvous.ASK.pack(b"h", 2**64 - 1) + bytes(32), id="time without end"),
    ],
)
def test_what_is_no_request_gets_no_answer_and_changes_nothing(
    home: Path, request_bytes: bytes
) -> None:
    agent.start(home, KEY, 60)

    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(the_socket(home)))
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):  # it left some of it unread
            assert connection.recv(99) == b""

    assert agent.fetch(home) == KEY


@pytest.mark.parametrize("hang", [False, True], ids=["breaks off", "hangs"])
def test_half_a_new_key_is_the_agents_end(home: Path, hang: bool) -> None:
    agent.start(home, KEY, 60)
    pid, path = pid_behind(the_socket(home)), the_socket(home)

    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(rendezvous.ASK.pack(rendezvous.HOLD, 60) + bytes(9))
        if not hang:
            connection.close()
        assert within(5, lambda: has_ended(pid))

    assert not path.exists()


def test_a_caller_that_hangs_holds_up_nobody_for_long(home: Path) -> None:
    agent.start(home, KEY, 60)

    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.connect(str(the_socket(home)))
        assert agent.fetch(home) == KEY


def test_something_that_listens_and_never_answers_is_no_agent(home: Path) -> None:
    path = rendezvous.make_socket_path(home)
    assert path is not None
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen()
        begun = time.monotonic()

        assert agent.fetch(home) is None

    assert time.monotonic() - begun < 2.5


@pytest.mark.parametrize("seconds", [-1, 0, 86_401, 2**70])
def test_a_time_that_no_agent_keeps_is_refused(home: Path, seconds: int) -> None:
    with pytest.raises(UnlockTimeError):
        agent.start(home, KEY, seconds)

    assert agent.fetch(home) is None


def test_a_data_folder_is_one_however_its_path_is_written(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.start(home, KEY, 60)
    (tmp_path / "link").symlink_to(home)
    monkeypatch.chdir(tmp_path)

    for written in (tmp_path / "link", Path("data"), tmp_path / "x" / ".." / "data"):
        assert agent.fetch(written) == KEY


def test_a_path_longer_than_a_sockets_name_works(tmp_path: Path) -> None:
    home = tmp_path.joinpath(*["a long name of a folder"] * 20)
    home.mkdir(parents=True)

    agent.start(home, KEY, 60)

    assert agent.fetch(home) == KEY
    assert agent.stop(home)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda folder: folder.chmod(0o755), id="open to others"),
        pytest.param(
            lambda folder: (folder.rename(f"{folder}-"), folder.symlink_to(f"{folder}-")),
            id="a link",
        ),
        pytest.param(lambda folder: (folder.rmdir(), folder.touch()), id="a file"),
    ],
)
def test_a_folder_that_is_not_ours_alone_is_not_trusted(
    runtime: Path, home: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], object]
) -> None:
    only = runtime / "inglenook"
    monkeypatch.setattr(rendezvous, "folders", lambda: iter([only]))
    only.mkdir(mode=0o700)
    spoil(only)

    assert agent.fetch(home) is None
    with pytest.raises(AgentError):
        agent.start(home, KEY, 60)


def test_somebody_elses_folder_is_not_trusted(runtime: Path) -> None:
    require("root", os.geteuid() == 0, "only root can give a folder to somebody else")
    os.chown(runtime, 12345, 0)

    assert runtime / "inglenook" not in rendezvous.folders()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("relative", id="relative"),
        pytest.param("/nowhere", id="not there"),
        pytest.param("/tmp", id="everybody's"),
        pytest.param("{runtime}/" + "x" * 60, id="too long"),
    ],
)
def test_without_a_runtime_folder_the_place_is_under_tmp(
    value: str, monkeypatch: pytest.MonkeyPatch, runtime: Path
) -> None:
    monkeypatch.chdir(runtime)
    for private in ("relative", "x" * 60):
        Path(private).mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", value.format(runtime=runtime))

    assert list(rendezvous.folders()) == [Path(f"/tmp/inglenook-{os.geteuid()}")]


def test_an_agent_under_tmp_is_found_where_there_is_a_runtime_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch, runtime: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    agent.start(home, KEY, 60)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))

    assert agent.fetch(home) == KEY
    assert agent.stop(home)


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
def test_an_agent_that_does_not_come_up_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)

    with pytest.raises(AgentError) as refusal:
        agent.start(home, KEY, 60)

    assert refusal.value.exit_code == 1
    assert agent.fetch(home) is None


def test_no_agent_is_started_for_a_data_folder_that_is_not_there(home: Path) -> None:
    with pytest.raises(AgentError):
        agent.start(home / "nowhere", KEY, 60)

    assert agent.fetch(home / "nowhere") is None


def test_asking_an_agent_takes_no_time_worth_naming(home: Path) -> None:
    agent.start(home, KEY, 60)

    def once() -> float:
        begun = time.perf_counter()
        assert agent.fetch(home) == KEY
        return time.perf_counter() - begun

    assert within(5, lambda: once() < 0.002)  # more than once on a busy machine


def test_what_the_agent_imports_is_of_the_standard_library() -> None:
    code = (
        "import sys; sys.path.append(sys.argv[1]); before = set(sys.modules)\n"
        "import inglenook_client.keys.holder\n"
        "ours = {m for m in sys.modules if m.startswith('inglenook')}\n"
        "tops = {m.partition('.')[0] for m in set(sys.modules) - before - ours}\n"
        "print(sorted(tops - sys.stdlib_module_names), sorted(ours))"
    )
    root = Path(agent.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, root], capture_output=True, check=True
    )

    assert done.stdout.decode().startswith("[] ")
    assert b"inglenook_schema" not in done.stdout
