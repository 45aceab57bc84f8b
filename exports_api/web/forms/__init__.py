"""What the fields of pages say, read into the requests of the use cases, and back."""
