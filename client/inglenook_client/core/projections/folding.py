"""Words as they are compared."""


def folded(words: str) -> str:
    """A tag, a strength or an area as it is compared: without its mark, its case and blanks."""
    return " ".join(words.lstrip("@#").casefold().split())
