"""Where a relay keeps its mailboxes: one module an engine."""
