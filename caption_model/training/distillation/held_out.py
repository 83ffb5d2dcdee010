"""Which photos are held out: decided by their names alone, so that every run on every machine holds out the same.

Flickr8k's dev photos judge. Of the photos for which a description was written, ten in a hundred are kept for the last
test and five judge on the way; both are learnt from in no way, not even as unlabelled photos.
"""

import hashlib
from collections.abc import Collection

FLICKR8K, POSTS, UNLABELLED = "flickr8k", "posts", "unlabelled"  # sets of photos
TRAIN, DEV, TEST = "train", "dev", "test"  # roles
TEST_BELOW, DEV_BELOW = 10, 15  # of a hundred


def hundredth(group: str, file: str) -> int:
    """A number from 0 to 99 that a photo's set and file name decide."""
    return int.from_bytes(hashlib.sha256(f"{group}/{file}".encode()).digest()[:4], "big") % 100


def role_of(group: str, file: str, *, written: bool, judges: Collection[str]) -> str:
    """The role of a photo.

    Args:
        group: set of the photo.
        file: its name in the set.
        written: whether a description or a caption was written for it.
        judges: Flickr8k's dev photos.
    """
    if group == FLICKR8K:
        return DEV if file in judges else TRAIN
    number = hundredth(group, file)
    if written and number < DEV_BELOW:
        return TEST if number < TEST_BELOW else DEV
    return TRAIN
