"""Fitting the weights of reranking to captions that people rated."""
