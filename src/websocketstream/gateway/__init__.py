"""The gateway between Python WebSocket libraries and the browser."""
