"""The connection, its buffers and the standard's rules: pure Python, without JavaScript or a browser."""
