"""The two who hold a half of each answer, deciding without a socket or a file (protocol 11).

store        rows of a survey, changed all at once or not at all
checking     what both do with a share: open, check, add up, make noise
leader       the Relay's half; keeps answers, and asks the Witness for what it needs
closing      the Relay's half at the end
helper       the Witness's half, one errand at a time
"""
