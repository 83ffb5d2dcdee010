"""What is around every page; ``streamlit_app.py`` serves it."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent.parent
# `streamlit run` puts only this folder on the path. Installed, the app lies inside the package and needs nothing.
if (ROOT / "caption_model").is_dir() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app import loading, style, visit  # noqa: E402
from app.views import folder, history, retrain, suggest  # noqa: E402

PAGES = [
    st.Page(suggest.page, title="Suggest", icon=":material/auto_awesome:", url_path="suggest", default=True),
    st.Page(folder.page, title="Folder", icon=":material/folder_open:", url_path="folder"),
    st.Page(retrain.page, title="Retrain", icon=":material/record_voice_over:", url_path="retrain"),
    st.Page(history.page, title="History", icon=":material/history:", url_path="history"),
]
PRIVACY = "Everything runs on this computer. Photos and captions are sent nowhere."


def main() -> None:
    """Draw the frame and the page that was asked for."""
    st.set_page_config("Caption suggester", page_icon=str(Path(__file__).with_name("icon.png")), layout="wide")
    style.apply()
    chosen = st.navigation(PAGES)
    visit.begin(chosen.title)
    with st.sidebar:
        loading.pick_voice()
        st.caption(f":material/lock: {PRIVACY}")
    chosen.run()
    visit.save()
    loading.stay()


main()
