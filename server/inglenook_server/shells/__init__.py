"""How the world reaches a relay: HTTP, WebSocket, a command line."""
