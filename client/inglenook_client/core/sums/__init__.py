"""Answering and asking surveys, decided without a socket or a file (protocol 11).

answering    what leaves a device: halves of answers, tokens, withdrawals; what came back
ledger       what answers cost a person, over a year
asking       a coordinator's survey from a text file, and its keys
collecting   the sums, opened and published
"""
