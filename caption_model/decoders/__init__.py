"""The two decoders: graphemes for social captions, words for descriptions."""
