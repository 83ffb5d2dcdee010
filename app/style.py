"""What the theme has no setting for, and text that must be drawn as it is."""

import re
from pathlib import Path

import streamlit as st

MARKDOWN = re.compile(r"[\\`*_\[\]<>$~]|:(?=\w)")
CSS = """
[class*="st-key-photo-"] img {max-height: 36rem; object-fit: contain; border-radius: 0.5rem}
.st-key-drop [data-testid="stFileChip"]:not(:has([data-testid="stFileChipIconError"])) {display: none}
.st-key-drop:has([data-testid="stFileChip"])::after {content: "Add more with +, or drop them here."; font-size: .875rem}
[class*="st-key-"][class*="wishes"] > div {flex: 1 1 7.5rem; min-width: 7.5rem}
.stMainBlockContainer {max-width: 68rem; padding-top: 3.5rem; padding-bottom: 4rem}
@media (max-width: 640px) {.stMainBlockContainer {padding-left: 1rem; padding-right: 1rem}}
"""


def apply() -> None:
    """Put the style sheet on the page."""
    st.html(f"<style>{CSS}</style>")


def plain(text: str) -> str:
    """Text as it is: file names may hold what Streamlit would draw as a link, a formula or a picture."""
    return MARKDOWN.sub(r"\\\g<0>", text)


def place(path: Path) -> str:
    """A path as people write it: from the home folder on, where it is in there."""
    return f"~/{path.relative_to(Path.home()).as_posix()}" if path.is_relative_to(Path.home()) else str(path)
