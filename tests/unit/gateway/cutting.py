"""Cutting bytes into pieces, as writes and networks do."""

from collections.abc import Iterable, Iterator

from hypothesis import strategies as st


def pieces_of(data: bytes, cuts: Iterable[int]) -> Iterator[bytes]:
    """Cut ``data`` where ``cuts`` say, as far as they are within it."""
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    for start, end in zip([0, *places], [*places, len(data)], strict=True):
        yield data[start:end]


cut_places = st.lists(st.integers(0, 1 << 16), max_size=8)
