"""The page's Python: each client's own way to receive and send, and the samples taken with it.

Runs in Pyodide only.
"""
