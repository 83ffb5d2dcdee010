"""What every training shares: the loop, checkpoints, averaging, devices, interruption."""
