"""A pretrained language model, fine-tuned on captions, that writes captions to learn from."""
