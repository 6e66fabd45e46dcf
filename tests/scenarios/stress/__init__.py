"""What runs in the page under load and faults. tests/stress starts it, and says how much of it.

Not scenarios of the matrix: these take options and report figures. Some run on the fake network, too.
"""
