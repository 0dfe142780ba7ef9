"""Words of texts, counted: by spelling first, then over the spellings of a word."""
