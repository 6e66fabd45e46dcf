"""The tests: unit, scenarios, browsers, and the server that they share."""
