"""What a person does, over the log: the one place where the rules of the journal live."""

from inglenook_client.journal.home import DATABASE, Journal, accept_device

__all__ = ("DATABASE", "Journal", "accept_device")
