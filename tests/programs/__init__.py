"""Programs that know nothing of this package, for tests that run them with and without it."""
