"""The checks of `exports doctor`: what is wrong with a deployment, in words, and what to do."""
