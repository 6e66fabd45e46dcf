"""Code that runs in the page besides the examples, where the libraries are installed."""
