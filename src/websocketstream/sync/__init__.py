"""A client with the API of :mod:`websockets.sync`, in the browser."""
