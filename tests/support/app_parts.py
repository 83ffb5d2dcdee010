"""What tests of the pages share: a stand-in for the models, and one for what only a browser can run."""

import hashlib

import streamlit as st

from caption_model.generation.caption_book import BookCaption
from caption_model.generation.options import GenerationOptions
from tests.support.paths import PHOTOS
from tests.support.seeing import captions, seen


class StandIn:
    """A ``SharedCaptioner`` whose captions tell photo, seed and number; remembers what it was asked."""

    def __init__(self):
        self.asked: list[GenerationOptions] = []
        self.looked = 0
        self.most = 5
        self.confidence, self.classes = 0.9, (("pier", 0.25), ("lake_side", 0.125))
        self.voice = ""

    def with_voice(self, voice):
        other = StandIn()
        other.voice = f"{voice.name}: "
        return other

    def look(self, pixels):
        self.looked += 1
        photo = hashlib.sha256(pixels.tobytes()).hexdigest()[:6]
        return seen(f"A photo {photo}.", self.confidence, self.classes, salt=photo.encode())

    def write(self, seen, options):
        self.asked.append(options)
        photo, wanted = seen.salt.decode(), min(options.n, self.most)
        if options.like is not None:
            return captions(*(f"like {options.like}, number {i}" for i in range(wanted)))
        texts = (f"{self.voice}{photo}, seed {options.seed}, number {i} ✨" for i in range(wanted))
        return captions(*(text for text in texts if text not in options.avoid))

    def from_book(self, seen, n, options):
        return [BookCaption(f"ready {options.seed} {i}", frozenset(), "gram") for i in range(n)]

    def attention(self, seen, picture):
        return [(word, picture) for word in seen.description.strip(".").split()]


def jpeg(name: str) -> tuple[str, bytes, str]:
    """A sample photo as ``file_uploader`` takes it in a test."""
    return name, (PHOTOS / name).read_bytes(), "image/jpeg"


def native_captions(key, rows, limit, about, tab, rewrites, on_edit, on_rewrite):
    """``components.captions`` made of Streamlit's own widgets, which a test can press."""

    def edited(id_):
        text, heart = st.session_state[f"text-{id_}"], st.session_state[f"heart-{id_}"]
        on_edit([{"id": id_, "text": text, "favourite": heart}])

    for row in rows:
        id_ = row["id"]
        if row["source"] != tab:  # as the browser takes over what it did not write
            st.session_state[f"text-{id_}"] = row["text"]
        st.session_state[f"heart-{id_}"] = row["favourite"]
        st.text_area("Caption", key=f"text-{id_}", on_change=edited, args=[id_])
        st.checkbox("Favourite", key=f"heart-{id_}", on_change=edited, args=[id_])
        for how, label in rewrites.items():
            st.button(label, key=f"{how}-{id_}", on_click=on_rewrite, args=[id_, how])
