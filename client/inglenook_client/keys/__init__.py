"""How the key of one journal's database is kept and unlocked (architecture 2).

    unlocking   create and unlock a journal: the order in which the ways are tried
    keyfile     the file that holds the key, wrapped by a passphrase
    passphrase  from a file or a terminal
    ring        the operating system's keyring
    agent       ask, start and stop the process that holds the key for a while
    holder      that process
    rendezvous  where the two meet, and the bytes between them
    errors      what can go wrong, with exit codes

Nothing is imported here: the agent process loads ``holder`` and ``rendezvous`` only.
"""
