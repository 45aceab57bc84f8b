"""The built-in templates, one a file."""
