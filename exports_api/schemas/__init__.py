"""The shapes of bodies, in and out."""
