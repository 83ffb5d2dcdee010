"""Distilling the image encoder from stronger networks. Needs PyTorch."""
