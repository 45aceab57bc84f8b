"""What the pages answer, one subject per file."""
