"""What a device decides, without I/O: logs, members, sync, projections."""
