"""The verbs of the product, one per file; ports in, nouns out."""
