"""Text as the models see it: graphemes, vocabularies, lexicon, n-grams, topics and control symbols."""
