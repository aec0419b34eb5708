"""``inglenook-witness``: the other half of each answer, far from the relay.

keys     what it is: a name, keys, and the token keys of the surveys to come
errands  one visit to the relay: ask, do, bring back
cli      init, run, status
"""
