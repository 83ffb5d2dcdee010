"""History: what was suggested before, kept on this computer."""

import streamlit as st


def page() -> None:
    """Draw the page."""
    st.title("History")
