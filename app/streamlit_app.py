"""The app's server: Streamlit, with a door before it.

Run it with ``python -m caption_model app`` or ``python -m streamlit run app/streamlit_app.py``.
"""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit import net_util

ROOT = Path(__file__).resolve().parent.parent
# `streamlit run` puts only this folder on the path. Installed, the app lies inside the package and needs nothing.
if (ROOT / "caption_model").is_dir() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app import door  # noqa: E402

# Streamlit asks a public service for this machine's own address, at its start and for requests from elsewhere.
net_util.get_external_ip = lambda: None

app = st.App(
    Path(__file__).with_name("main.py"),
    routes=[Route(door.RUN, door.run)],
    middleware=[Middleware(door.Door, settings=door.settings())],
)
