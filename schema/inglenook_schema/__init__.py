"""Decisions both sides share: events, records, keys and frames, with no I/O and no clock."""
