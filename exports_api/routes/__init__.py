"""The HTTP routes: parse, call a use case, shape the answer."""
