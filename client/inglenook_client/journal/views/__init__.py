"""What people look at: plain view-models, read from the projections, the same for every shell.

Rule 1: a view changes nothing; who calls it caught the projections up before.
Rule 2: it reads a page, never everything, unless it is asked for everything.
Rule 3: it holds values and names, and no sentence.
"""
