"""Where users run the package: each environment as its users start it, in every engine."""
