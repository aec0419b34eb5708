"""Steps of test_ring.py, run inside a D-Bus session; prints one JSON object."""

import base64
import json
import sys
from contextlib import closing
from pathlib import Path

import keyring
import secretstorage

from inglenook_client.keys import folder, ring, unlocking
from inglenook_schema.errors import InglenookError


def nobody() -> str:
    raise AssertionError("a key in the keyring needs no passphrase")


def put(home: Path, text: str) -> None:
    name = f"journal-{folder.read(home).id.hex()}"
    assert keyring.get_password("inglenook", name) is not None
    keyring.set_password("inglenook", name, text)


def names() -> list[str]:
    with closing(secretstorage.dbus_init()) as bus:
        items = secretstorage.get_default_collection(bus).get_all_items()
        return [item.get_label() for item in items]


def step(name: str, home: Path) -> object:
    match name.partition("-")[0]:
        case "create":
            home = home.with_name(home.name + name.removeprefix("create"))
            return unlocking.create(home, unlocking.KEYRING).hex()
        case "unlock":
            return unlocking.unlock(home, ask=nobody).hex()
        case "alter":
            return put(home, base64.b64encode(bytes(32)).decode())
        case "garble":
            return put(home, "half a ke")
        case "delete":
            return ring.delete(folder.read(home).id)
        case "names":
            return names()
    raise AssertionError(name)


def told(name: str, home: Path) -> object:
    try:
        return step(name, home)
    except InglenookError as error:
        return f"{type(error).__name__} {error.exit_code}"


json.dump({name: told(name, Path(sys.argv[1])) for name in sys.argv[2:]}, sys.stdout)
