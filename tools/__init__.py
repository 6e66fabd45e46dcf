"""The work behind the verbs of build.sh, one module each. Not part of the package."""
