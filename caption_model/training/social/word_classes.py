"""Classes of words that stand between the same neighbours, found in captions.

Positive pointwise mutual information with the neighbours, cut to its strongest dimensions, is what a word is like
(Levy & Goldberg 2014); k-means makes classes of it.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from caption_model.text.lexicon import Lexicon, plain_form
from caption_model.text.word_ngrams import EDGE, clauses

CLASSES = 300
LEAST = 3  # uses of a word
NEIGHBOURS = 600  # most frequent words that tell what a word is like; all others count as one
DIMENSIONS = 60


def fit_classes(captions: Sequence[str], lexicon: Lexicon, seed: int = 7) -> dict[str, int]:
    """Class of each word of a lexicon, in plain form, that is used often enough; each its own where there are few."""
    from scipy.sparse import coo_matrix
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD

    said = [clause for caption in captions for clause in clauses(caption)]
    known = {plain_form(word) for word in lexicon.known}
    counts = Counter(word for clause in said for word in clause[1:-1] if word in known)
    # The most frequent first: they are the first centres, so that "the" and "is" get classes of their own.
    frequent = [word for word, count in sorted(counts.items(), key=lambda use: (-use[1], use[0])) if count >= LEAST]
    if len(frequent) <= CLASSES:
        return {word: number for number, word in enumerate(frequent)}
    row = {word: number for number, word in enumerate(frequent)}
    column = {word: number + 2 for number, word in enumerate(frequent[:NEIGHBOURS])} | {EDGE: 0}  # 1: any other
    width = NEIGHBOURS + 2
    met = [
        (row[word], side * width + column.get(clause[place + 2 * side - 1], 1))
        for clause in said
        for place, word in enumerate(clause)
        if word in row
        for side in (0, 1)
    ]
    rows, columns = np.array(met).T
    together = coo_matrix((np.ones(len(met)), (rows, columns)), (len(frequent), 2 * width)).tocsr().tocoo()
    uses, neighbours = together.sum(axis=1).A1, together.sum(axis=0).A1
    expected = uses[together.row] * neighbours[together.col] / together.sum()
    # What was seen once or twice says less: a word is not like another by one chance neighbour.
    shrunk = together.data / (together.data + 1)
    together.data = np.maximum(0, np.log(together.data / expected)) * shrunk
    svd = TruncatedSVD(DIMENSIONS, random_state=seed)
    vectors = svd.fit_transform(together.tocsr()) / np.sqrt(svd.singular_values_)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    means = KMeans(CLASSES, init=vectors[:CLASSES], n_init=1, random_state=seed)
    found = means.fit_predict(vectors, sample_weight=np.sqrt(uses))
    return dict(zip(frequent, found.tolist(), strict=True))
