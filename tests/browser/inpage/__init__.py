"""Python that runs inside the page: it runs one scenario at a time and checks what is left of it.

Imported by nothing on the host. Only `entry` and `watch` touch JavaScript.
"""
