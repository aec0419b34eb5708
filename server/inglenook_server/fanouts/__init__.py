"""How a hint gets from the one who put to those who are subscribed."""
