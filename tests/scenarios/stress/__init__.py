"""Stress tests that run in the page. tests/stress starts them, and says how much of each.

Not scenarios of the matrix: these take options and report figures. Some run on the fake network, too.
"""
