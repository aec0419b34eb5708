"""The relay: rules, stores and shells; it never reads a journal."""
