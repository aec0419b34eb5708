"""What a person does, over the log: the one place where the rules of the journal live."""
