"""What became of goals, questions, feedback and check-ins: folds over events, with no I/O.

Rule 1: the result is the same for every order of the events.
Rule 2: an event acts within its own space; elsewhere it changes nothing.
Rule 3: erased and unknown events do not compete.
"""
