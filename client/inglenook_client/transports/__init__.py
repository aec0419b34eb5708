"""How frames reach a relay."""
