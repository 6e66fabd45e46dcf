"""Programs for libraries, which know nothing of this package, and one for this package itself.

Tests run each of them on CPython and in a page, and compare what they print.
"""
