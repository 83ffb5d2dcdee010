"""What is at work in the background, the same for every visitor."""

import streamlit as st

from caption_model.services.job_manager import JobManager

GLANCE = 1.0  # seconds between two looks at it


@st.cache_resource(show_spinner=False)
def job_manager() -> JobManager:
    """The one job manager of the app."""
    return JobManager()


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 50:
        return f"{max(1, round(seconds / 10)) * 10} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
