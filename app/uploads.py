"""Uploads that were taken over: Streamlit would keep their bytes as long as the page is open."""

from typing import Any

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


def release(upload: Any) -> None:
    """Let go of an upload's bytes, here and on the server."""
    context = get_script_run_ctx()
    if context is not None and runtime.exists():
        manager: Any = runtime.get_instance().uploaded_file_mgr
        manager.remove_file(context.session_id, upload.file_id)
    upload.seek(0)
    upload.truncate()
