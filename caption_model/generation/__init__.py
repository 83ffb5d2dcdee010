"""Writing captions and descriptions: sampling, beam search, constraints, grounding, reranking."""
