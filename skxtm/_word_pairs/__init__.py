"""Pairs of words as files bring them: reading, checking and joining them."""
