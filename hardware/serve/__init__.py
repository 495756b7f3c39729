"""The twin as a server, for clients that know nothing of it."""
