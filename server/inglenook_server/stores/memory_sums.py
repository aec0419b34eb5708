"""Rows of surveys in memory, for tests and simulations; nothing is kept."""

from __future__ import annotations

from inglenook_server.core.sums.store import SELF, Change, Key, Rows, Survey, Wanted


class MemorySums:
    """The port over dictionaries; never suspends."""

    def __init__(self) -> None:
        self.rows: dict[bytes, dict[Key, bytes]] = {}
        self._versions: dict[bytes, int] = {}
        self._due: dict[bytes, bool] = {}

    async def load(self, survey: bytes, wanted: tuple[Wanted, ...]) -> Rows:
        """Copies of the rows that are wanted."""
        rows = self.rows.get(survey, {})
        found = dict[Key, bytes]()
        for each in wanted:
            if each.id is not None:
                ids = [each.id] if (each.kind, each.id) in rows else []
            else:
                ids = sorted(id_ for kind, id_ in rows if kind is each.kind)[: each.most]
            found |= {(each.kind, id_): rows[each.kind, id_] for id_ in ids}
        return Rows(self._versions.get(survey, 0), found)

    async def save(self, survey: bytes, change: Change) -> bool:
        """Apply all of it, or nothing."""
        if self._versions.get(survey, 0) != change.version:
            return False
        rows = self.rows.setdefault(survey, {})
        for key in [key for key in rows if key[0] in change.clear or key in change.drop]:
            del rows[key]
        rows |= change.put
        self._versions[survey] = change.version + 1
        if change.due is not None or survey not in self._due:
            self._due[survey] = bool(change.due)
        return True

    async def surveys(self) -> list[Survey]:
        """By id."""
        return [Survey(each, self._due[each]) for each in sorted(self.rows) if each != SELF]
