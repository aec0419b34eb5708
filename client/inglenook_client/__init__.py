"""One person's side: the journal, its stores and what people see."""
