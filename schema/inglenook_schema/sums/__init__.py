"""Consented sums: what operators, coordinator and members say to each other (protocol 11).

terms      what is asked, by whom, how noisy, until when; signed by three
tasks      each question as one task of DAP
tokens     one answer a person, and nobody knows whose
answers    reports under a token; changing and withdrawing them
tree       the frozen list of answers, and the proof that one is in it
closing    sums, the published transcript, and how anybody checks it
frames     how all of that travels
"""
