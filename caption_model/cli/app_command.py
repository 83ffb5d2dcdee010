"""``app``: the app in the browser, on this computer unless another address is named."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

import caption_model

HERE = Path(caption_model.__file__).parent
SCRIPTS = (HERE / "_app" / "streamlit_app.py", HERE.parent / "app" / "streamlit_app.py")  # installed, in a checkout


def app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this computer that the app listens on.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen to; anything but localhost asks visitors for a token.")
    ] = "localhost",
    folder: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="On a network: the only folder that typed paths may lead to."),
    ] = None,
) -> None:
    """Open the app: drop photos in, get captions. Ctrl-C ends it."""
    if find_spec("streamlit") is None:
        raise ModuleNotFoundError("No module named 'streamlit'", name="streamlit")
    script = next(path for path in SCRIPTS if path.exists())
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.address", address]
    environment = {**os.environ, **({"CAPTIONS_FOLDER": str(folder.resolve())} if folder else {})}
    try:
        code = subprocess.call(command, env=environment)  # noqa: S603 - our own script
    except KeyboardInterrupt:
        code = 0
    raise typer.Exit(code)
