"""Pages for people: the same use cases as the routes, drawn on the server."""
