"""One's own spaces and devices: how a person's other devices learn of every log.

What a newer device joins must reach an older one: ``type`` and ``role`` are therefore open
words, and not closed lists that would make the whole event unknown to it.
"""

from inglenook_schema.events.content import Content
from inglenook_schema.events.values import Label, Relays
from inglenook_schema.ids import DeviceId, Hash, LogId, Name, Secret, Signature


class SpaceJoined(Content, frozen=True, kw_only=True, tag="space.joined"):
    """A device of this person entered a log, or another fact about it changed.

    Merge: by log, each field of the causally later wins, save that a later one without a
    secret does not take a known secret away: it is written so that the earlier event can be
    erased, once every own device has the secret. Epochs after this one come by rotate.

    Attributes:
        log: The log, 32 bytes.
        type: What sort of log it is: a `SpaceType`, or a word that is newer than we are.
        role: What this person is there: a `Role`, or a newer word.
        relays: Where its records lie, at most 8: origins as entered, never folders.
        label: What this person calls the space.
        secret: The secret of the epoch that was entered, 32 bytes.
        epoch: That epoch's commitment, 32 bytes; absent for a log's first epoch.
        forwarded: Whether the invite came through somebody else: nothing is shared until
            both confirmed the safety words.
    """

    log: LogId
    type: Label
    role: Label | None = None
    relays: Relays = ()
    label: Label
    secret: Secret | None = None
    epoch: Hash | None = None
    forwarded: bool = False


class SpaceLeft(Content, frozen=True, kw_only=True, tag="space.left"):
    """This person left a log; own devices stop syncing it and keep what they have.

    Merge: of joined and left the causally later wins.

    Attributes:
        log: The log, 32 bytes.
    """

    log: LogId


class RecoveryPrepared(Content, frozen=True, kw_only=True, tag="recovery.prepared"):
    """Where this person's recovery box is, for every device that joins later.

    Merge: none. All that the root signed say the same; one that it did not sign is passed over.

    Attributes:
        secret: Of the recovery box, 32 bytes: reads and writes it, and closes nothing.
        owner_hash: Hash of its owner token, which comes from the recovery key alone.
        proof: The root's signature over this journal's id and both of them, 64 bytes.
    """

    secret: Secret
    owner_hash: Hash
    proof: Signature


class WordsConfirmed(Content, frozen=True, kw_only=True, tag="words.confirmed"):
    """The safety words of somebody were compared, and were the same on both screens.

    Merge: a set that grows. It is about that person's root, so whoever comes back under
    another one is asked for again.

    Attributes:
        person: Whose words, 32 bytes.
    """

    person: Hash


class DeviceRenamed(Content, frozen=True, kw_only=True, tag="device.renamed"):
    """A device of the writer's person is called something else from now on.

    It stands in the journal and in every space, so that a partner sees the name too. It
    counts only where the device is one of the author's own person.

    Merge: by device, the causally later wins.

    Attributes:
        device: The device, 16 bytes.
        label: Its new name, at most 64 characters.
    """

    device: DeviceId
    label: Name
