"""What only the night has the room for: OpenDP is 265 MB, and ``make night`` installs it."""

from harness.statistics import NIGHT

collect_ignore = [] if NIGHT else ["test_opendp.py"]
