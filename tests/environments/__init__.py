"""Where users are besides the matrix, each environment tried once: see the tests' own words."""
