"""Stress tests that run in the page with the libraries. tests/stress says how much of each."""
