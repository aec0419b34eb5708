"""The operator's dials; every one has a default that a school can live with."""

from __future__ import annotations

from dataclasses import dataclass, field

from inglenook_server.core.rules import Rules


@dataclass(frozen=True, slots=True)
class Config:
    """How a relay is run."""

    rules: Rules = field(default_factory=Rules)
    max_live: int = 10_000
    """Live connections at once."""
    max_followed: int = 1_024
    """Mailboxes that one live connection may subscribe to."""
    read_timeout_s: float = 30.0
    """How long the body of one request may take to arrive."""
    send_timeout_s: float = 20.0
    """How long a reader may leave an answer or a hint lying before it is dropped."""
    heartbeat_s: float = 50.0
    """Silence after which a live connection is asked whether it is still there."""
    drain_s: float = 0.0
    """How long a relay that was told to stop says so to a balancer, and goes on, before it does."""
    stop_timeout_s: float = 2.0
    """How long open connections are waited for when the relay stops."""
