"""Cleaning of pandas tables, for notebooks and analyses. Nothing else of the cleaning needs pandas."""

import pandas as pd

from caption_model.errors import CaptionError
from datasets.cleaning.config import CleaningConfig
from datasets.cleaning.report import CleaningReport
from datasets.cleaning.stream import CaptionStream

CAPTION = "caption"


def clean(
    frame: pd.DataFrame, config: CleaningConfig | None = None, caption: str = CAPTION
) -> tuple[pd.DataFrame, CleaningReport]:
    """Clean a column of captions: the rows that are kept, and the account of the cleaning.

    Args:
        frame: a row a post. Column ``caption``: the raw caption, str; a missing value (None, NaN, NA) counts as an
            empty caption, anything else is taken as ``str()`` writes it. All other columns, whatever they are, are
            carried along as they stand.
        config: which language, length and rules; the defaults without.
        caption: name of the column that holds the captions.

    Returns:
        A new frame with the columns and dtypes of ``frame`` (the captions' own is ``str``), the rows that are kept in
        their order under their own index, and the report, as ``clean_posts`` gives it. ``frame`` is left as it is.

    Raises:
        CaptionError: there is no such column, or more than one of the name, or the configuration cannot be used.
    """
    if list(frame.columns).count(caption) != 1:
        known = ", ".join(map(str, frame.columns)) or "none"
        raise CaptionError(f"The table needs one column '{caption}' that holds the captions; its columns are {known}.")
    stream = CaptionStream(config)
    raw = frame[caption]
    texts = [stream.clean("" if missing else str(value)) for value, missing in zip(raw, raw.isna(), strict=True)]
    kept = pd.Series([text is not None for text in texts], index=frame.index, dtype=bool).to_numpy()
    clean_texts = pd.Series([text for text in texts if text is not None], index=frame.index[kept], dtype="str")
    return frame.loc[kept].assign(**{caption: clean_texts.to_numpy()}).astype({caption: "str"}), stream.report
