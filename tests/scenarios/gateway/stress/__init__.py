"""What runs in the page under load and faults, with the libraries. tests/stress says how much of it."""
