"""The device's one encrypted database: SQLCipher through aiosqlite."""
