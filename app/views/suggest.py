"""Suggest: drop photos in, get captions to choose from and edit, beside a plain description."""

import streamlit as st

from app import loading


def page() -> None:
    """Draw the page."""
    st.title("What could this photo say?")
    loading.captioner(loading.chosen_voice())
