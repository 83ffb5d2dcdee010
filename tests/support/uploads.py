"""Uploads as Streamlit hands them over."""


class Sent:
    """An upload."""

    def __init__(self, name: str, data: bytes = b"data"):
        self.name, self.data = name, data

    def getvalue(self) -> bytes:
        return self.data
