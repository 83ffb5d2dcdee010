"""Folder: to come."""

import streamlit as st


def page() -> None:
    """Draw the page."""
    st.title("Folder")
