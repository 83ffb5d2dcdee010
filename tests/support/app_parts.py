"""What tests of the pages share: a stand-in for the models, and one for what only a browser can run."""

import hashlib
from types import SimpleNamespace

import streamlit as st

from tests.support.paths import PHOTOS


class StandIn:
    """A ``SharedCaptioner`` whose captions tell photo, seed and number; remembers what it was asked."""

    def __init__(self):
        self.asked: list[tuple] = []
        self.most = 5
        self.confidence, self.saw = 0.9, (("pier", 0.25), ("lake_side", 0.125))
        self.voice = ""

    def with_voice(self, voice):
        other = StandIn()
        other.voice = f"{voice.name}: "
        return other

    def caption(self, pixels, n, seed, wishes):
        self.asked.append(("caption", n, seed, wishes))
        photo = hashlib.sha256(pixels.tobytes()).hexdigest()[:6]
        social = tuple(f"{self.voice}{photo}, seed {seed}, number {i} ✨" for i in range(min(n, self.most)))
        return SimpleNamespace(social=social, descriptive=f"A photo {photo}.", confidence=self.confidence, saw=self.saw)

    def more_like(self, pixels, liked, n, wishes, shown):
        self.asked.append(("more_like", liked, n, wishes, frozenset(shown)))
        return [f"like {liked}, number {i}" for i in range(n)]

    def attention(self, pixels, sentence, picture):
        return [(word, picture) for word in sentence.strip(".").split()]


def jpeg(name: str) -> tuple[str, bytes, str]:
    """A sample photo as ``file_uploader`` takes it in a test."""
    return name, (PHOTOS / name).read_bytes(), "image/jpeg"


def native_captions(key, rows, limit, about, on_edit, on_more):
    """``components.captions`` made of Streamlit's own widgets, which a test can press."""

    def edited(id_):
        text, heart = st.session_state[f"text-{id_}"], st.session_state[f"heart-{id_}"]
        on_edit([{"id": id_, "text": text, "favourite": heart}])

    for row in rows:
        id_ = row["id"]
        st.text_area("Caption", row["text"], key=f"text-{id_}", on_change=edited, args=[id_])
        st.checkbox("Favourite", row["favourite"], key=f"heart-{id_}", on_change=edited, args=[id_])
        st.button("More like this", key=f"more-{id_}", on_click=on_more, args=[id_])
