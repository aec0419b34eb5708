"""What a relay decides, without I/O: rules, quotas, answers, subscriptions."""
