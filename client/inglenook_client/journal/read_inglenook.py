"""Read and verify what `inglenook export` wrote, with Python's standard library alone.

    python3 read_inglenook.py FILE.jsonl            verify all of it, then print what was written
    python3 read_inglenook.py --quiet FILE.jsonl    verify only

It exits 0 where all verifies, and 1 where something does not; then it prints no entries. What it
prints of an entry comes from the signed body, never from the words beside it; the names of spaces
and people are what they were called on the device that wrote the file. It knows nothing of
Inglenook but `docs/export.md` and `docs/protocol.md` (sections 1 to 3), from which it is written.

What it cannot know is whose the keys are: compare the ids of people that it prints with those
that you know. Anybody can make a whole journal of somebody else's, with keys of their own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import os
import struct
import sys
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any, Iterator  # noqa: UP035 - as old a Python as may be

ZERO_SHORT = bytes(16)
UNSIGNED = {"kind", "at", "zone", "date", "lang"}


class Wrong(Exception):  # noqa: N818 - it is what the reader says
    """Something does not verify."""


def domain(name: str) -> bytes:
    """32 bytes that every hash and signature starts with (protocol 1.2)."""
    return (b"inglenook/1 " + name.encode()).ljust(32, b"\0")


# --- Ed25519 (RFC 8032, 5.1), without cofactor (protocol 1.1) ------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = Any  # (X, Y, Z, T), x = X/Z, y = Y/Z, x*y = T/Z
NEUTRAL = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    """The sum of two points; also where they are the same."""
    left, right = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = right - left, d - c, d + c, right + left
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n: int, point: Point) -> Point:
    """The multiple of a point."""
    found = NEUTRAL
    while n:
        if n & 1:
            found = add(found, point)
        point, n = add(point, point), n >> 1
    return found


def is_neutral(point: Point) -> bool:
    """Whether it is the neutral one."""
    return bool(point[0] % P == 0 and (point[1] - point[2]) % P == 0)


def point_of(data: bytes) -> Point:
    """The point that 32 bytes stand for."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise Wrong("a key is no key")
    x = P - x if (x & 1) != sign else x
    return (x, y, 1, x * y % P)


def bytes_of(point: Point) -> bytes:
    """The 32 bytes of a point."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return int(y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature is this key's over these bytes."""
    key = point_of(public)
    if is_neutral(times(8, key)) or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little")
    minus = (P - key[0], key[1], key[2], P - key[3])
    found = add(times(s, BASE), times(k % ORDER, minus))
    return s < ORDER and bytes_of(found) == signature[:32]


# --- msgpack ------------------------------------------------------------------------------


class Reader:
    """Reads msgpack; ``odd`` once there was something that JSON has no word for."""

    def __init__(self, data: bytes) -> None:
        """Start at the beginning."""
        self.data, self.at, self.odd = data, 0, False

    def take(self, size: int) -> bytes:
        """The next bytes."""
        found = self.data[self.at : self.at + size]
        if len(found) != size:
            raise Wrong("a body ends too early")
        self.at += size
        return found

    def number(self, size: int, *, signed: bool = False) -> int:
        """An integer of so many bytes."""
        return int.from_bytes(self.take(size), "big", signed=signed)

    def value(self) -> Any:
        """The next value."""
        lead = self.take(1)[0]
        if lead < 0x80 or lead >= 0xE0:
            return lead if lead < 0x80 else lead - 256
        if lead < 0xC0:
            return self.short(lead)
        if lead in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[lead]
        if 0xCC <= lead <= 0xD3:
            return self.number(1 << (lead & 3), signed=lead >= 0xD0)
        if lead in (0xCA, 0xCB):
            return self.real(4 if lead == 0xCA else 8)
        return self.long(lead)

    def short(self, lead: int) -> Any:
        """Something whose length stands in its first byte."""
        if lead < 0x90:
            return self.map(lead & 15)
        if lead < 0xA0:
            return [self.value() for _ in range(lead & 15)]
        return self.take(lead & 31).decode()

    def real(self, size: int) -> float:
        """A floating point number."""
        return float(struct.unpack(">f" if size == 4 else ">d", self.take(size))[0])

    def long(self, lead: int) -> Any:
        """Something with a length of its own."""
        if 0xC4 <= lead <= 0xC6:
            return self.take(self.number(1 << (lead - 0xC4)))
        if 0xD9 <= lead <= 0xDB:
            return self.take(self.number(1 << (lead - 0xD9))).decode()
        if lead in (0xDC, 0xDD):
            return [self.value() for _ in range(self.number(2 << (lead - 0xDC)))]
        if lead in (0xDE, 0xDF):
            return self.map(self.number(2 << (lead - 0xDE)))
        self.odd = True
        if 0xD4 <= lead <= 0xD8:
            return self.take(1 + (1 << (lead - 0xD4)))
        if 0xC7 <= lead <= 0xC9:
            return self.take(1 + self.number(1 << (lead - 0xC7)))
        raise Wrong("a body is not msgpack")

    def map(self, size: int) -> Any:
        """A map."""
        return {plain(self.value()): self.value() for _ in range(size)}


def packed(value: Any) -> bytes:
    """The one encoding of an array of numbers and bytes (protocol 1.3)."""
    if isinstance(value, bytes):
        return bytes((0xC4, len(value))) + value if len(value) < 256 else _long(value)
    if isinstance(value, int):
        sizes = [size for size in (1, 2, 4, 8) if value < 256**size]
        lead = {1: 0xCC, 2: 0xCD, 4: 0xCE, 8: 0xCF}[sizes[0]]
        return bytes((value,)) if value < 128 else bytes((lead,)) + value.to_bytes(sizes[0], "big")
    return bytes((0x90 | len(value),)) + b"".join(packed(each) for each in value)


def _long(value: bytes) -> bytes:
    return b"\xc5" + len(value).to_bytes(2, "big") + value


def plain(value: Any) -> Any:
    """A value as the file's JSON has it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def data_of(body: bytes) -> bytes:
    """What a body holds, without salt, length and padding (protocol 2.2)."""
    end = 36 + int.from_bytes(body[32:36], "big")
    if end > len(body) or any(body[end:]):
        raise Wrong("a body's padding is not as it must be")
    return body[36:end]


# --- people and events --------------------------------------------------------------------


def device_key(person: Any, certificates: Any, claimed: str | None) -> bytes:
    """The key of the device that certificates lead to (protocol 3.2)."""
    name = hashlib.sha256(domain("person") + person[0] + person[1]).digest()
    issuer, key, rank = name, person[0], 0
    for each in certificates:
        fields = each[:7]
        device = hashlib.sha256(domain("device") + each[3]).digest()[:16]
        rises = each[1] == name and each[2] == device and each[6] == issuer and each[5] > rank
        if not rises or not verify(key, each[7], domain("cert") + packed(fields)):
            raise Wrong("a device is not the person's whose it is said to be")
        issuer, key, rank = each[2], each[3], each[5]
    if not certificates or claimed not in (None, name.hex()):
        raise Wrong("a chain is another person's than is said")
    return bytes(key)


class Event:
    """One line of the file, its header and body checked against each other."""

    def __init__(self, said: Any) -> None:
        """Check what can be checked of one event alone."""
        self.said = said
        raw = b64decode(said["header"])
        self.id = hashlib.sha256(domain("event") + raw).digest()
        self.header = Reader(raw).value()
        self.body = b64decode(said["body"]) if said["body"] is not None else None
        self.seal = b64decode(said["seal"]) if said["seal"] is not None else None
        self.kind, self.prev = self.header[5], self.header[4]
        if self.id.hex() != said["event"] or self.header[3] != said["seq"]:
            raise Wrong("an event is not what it is called")
        if (self.body is None) == (said["what"] == "here"):
            raise Wrong("an event has a body that it should not have, or the other way round")
        if self.body is not None:
            commitment = hmac.new(self.body[:32], domain("payload") + self.body[32:], "sha256")
            if commitment.digest() != self.header[7]:
                raise Wrong("a body was altered")
        self.says = self._says() if self.kind == 0 and self.body is not None else None

    def _says(self) -> Any:
        """What the body says; None where nothing can be made of it, which its writer may do.

        The words beside it have to say the same.
        """
        try:
            reader = Reader(data_of(self.body or b""))
            found = plain(reader.value())
        except (Wrong, ValueError, TypeError, RecursionError):
            return None
        if reader.at != len(reader.data) or not isinstance(found, dict):
            return None
        if self.said["says"] is not None and not reader.odd and found != self.said["says"]:
            raise Wrong("the words beside a body say something else")
        return found

    def control(self) -> Any:
        """What a control event says."""
        return Reader(data_of(self.body)).value() if self.body is not None else None


class Space:
    """One space of the file."""

    def __init__(self, said: Any) -> None:
        """Empty as yet."""
        self.said = said
        self.log = bytes.fromhex(said["log"])
        self.chains: dict[str, tuple[Any, list[Event]]] = {}

    def check(self) -> None:
        """Check who signed what, chain by chain."""
        keys = dict(self._keys())
        for name, (_said, events) in self.chains.items():
            known = {self.log}
            for event in events:
                self._check_place(event, bytes.fromhex(name), known)
                known.add(event.id)
            named = {event.prev for event in events}
            for head in (event for event in events if event.id not in named):
                begun = name == ZERO_SHORT.hex() and name not in keys
                signers = list(keys.values()) if begun else [keys[name]]
                self._check_seal(head, signers)

    def _keys(self) -> Iterator[tuple[str, bytes]]:
        """The key of each chain. A journal's beginning may be kept back; see `check`."""
        for name, (said, events) in self.chains.items():
            first = events[0].control() if events else None
            if name == ZERO_SHORT.hex():
                if first is not None:
                    yield name, device_key(first[2], first[6], None)
            elif first is None or events[0].kind != 2 or events[0].id[:16].hex() != name:
                raise Wrong("a chain has no beginning")
            else:
                yield name, device_key(first[0], first[1], said["person"])

    def _check_place(self, event: Event, chain: bytes, known: set[bytes]) -> None:
        header = event.header
        if event.kind == 1:
            fits = event.id == self.log and chain == ZERO_SHORT
        elif event.kind == 2:
            fits = event.prev == self.log and header[1] == self.log[:16]
        else:
            fits = header[2] == chain and header[1] == self.log[:16] and event.prev in known
        if not fits or (event.kind in (1, 2)) != (header[3] == 0):
            raise Wrong("an event is missing, or stands in another place")

    def _check_seal(self, head: Event, signers: list[bytes]) -> None:
        message = domain("seal") + b"\x01" + self.log + head.id
        if head.seal is None or not any(verify(key, head.seal, message) for key in signers):
            raise Wrong("a signature is missing or wrong")


def read(path: str) -> list[Space]:
    """All that a file holds, verified."""
    spaces: dict[str, Space] = {}
    digest, count, ended = hashlib.sha256(), 0, False
    with open(path, "rb") as lines:  # noqa: PTH123 - as old a Python as may be
        for line in lines:
            if ended:
                raise Wrong("something stands behind the end")
            said = json.loads(line)
            ended = said["line"] == "end"
            if ended and (said["lines"], said["sha256"]) != (count, digest.hexdigest()):
                raise Wrong("the file was altered, or something of it is missing")
            digest.update(line)
            count += 1
            take(said, spaces)
    if not ended:
        raise Wrong("the end of the file is missing")
    for space in spaces.values():
        space.check()
        for _said, events in space.chains.values():
            for event in events:
                check_file(event, path)
    return list(spaces.values())


def check_file(event: Any, path: str) -> None:
    """A file that lies beside is the one that its event attached."""
    name = event.said.get("file")
    if name is None or event.says is None:
        return
    folder = os.path.splitext(path)[0] + ".files"  # noqa: PTH122
    try:
        with open(os.path.join(folder, os.path.basename(name)), "rb") as file:  # noqa: PTH118, PTH119, PTH123
            data = file.read()
    except OSError:
        raise Wrong("an attachment is missing beside the file") from None
    if hashlib.sha256(domain("file") + data).hexdigest() != event.says.get("hash"):
        raise Wrong("an attachment is not the one that was attached")


def take(said: Any, spaces: dict[str, Space]) -> None:
    """Take one line in."""
    if said["line"] == "export" and said["format"] != 1:
        raise Wrong("a newer version wrote the file: use the reader that came with it")
    if said["line"] == "space":
        spaces[said["log"]] = Space(said)
    elif said["line"] == "chain":
        spaces[said["log"]].chains[said["chain"]] = (said, [])
    elif said["line"] == "event":
        spaces[said["log"]].chains[said["chain"]][1].append(Event(said))


# --- for people ---------------------------------------------------------------------------


def show(space: Space) -> Iterator[str]:
    """What was written in a space, oldest first."""
    yield "== " + space.said["name"] + " =="
    for person, name in space.said["people"].items():
        yield "   " + name + ": person " + person
    found = [
        (at if isinstance(at, int) else 0, said["by"], event.says)
        for said, events in space.chains.values()
        for event in events
        if event.says is not None and event.said["counts"]
        for at in (event.says.get("at"),)
    ]
    for at, by, says in sorted(found, key=lambda each: each[0]):
        yield ""
        yield " ".join((str(says.get("date")), clock(at), by, str(says.get("kind"))))
        for name, value in says.items():
            if name not in UNSIGNED and value not in (None, "", []):
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                yield "    " + name + ": " + text.replace("\n", "\n        ")


def clock(at: int) -> str:
    """An instant in UTC."""
    try:
        return (datetime(1970, 1, 1) + timedelta(milliseconds=at)).strftime("%H:%MZ")  # noqa: DTZ001
    except (OverflowError, TypeError):
        return "?"


def harmless(text: str) -> str:
    """Without signs that a terminal obeys."""
    return "".join(sign if sign == "\n" or sign.isprintable() else "?" for sign in text)


def main(words: list[str]) -> int:
    """What the command line asks for."""
    files = [word for word in words if word != "--quiet"]
    if len(files) != 1:
        print(__doc__)
        return 2
    try:
        spaces = read(files[0])
    except Wrong as wrong:
        print("This does not verify: " + str(wrong) + ".", file=sys.stderr)
        return 1
    except OSError:
        print("That file cannot be read.", file=sys.stderr)
        return 1
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        print("This is no file of inglenook export, or it is damaged.", file=sys.stderr)
        return 1
    if "--quiet" not in words:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
        for space in spaces:
            print(*map(harmless, show(space)), "", sep="\n")
    events = sum(len(events) for space in spaces for _said, events in space.chains.values())
    print(str(events) + " events verified.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
