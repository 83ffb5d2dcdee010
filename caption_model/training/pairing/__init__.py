"""Pairing captions that have no photo with photos that fit them."""
