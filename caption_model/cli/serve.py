"""``serve``: captions over HTTP."""

from pathlib import Path
from typing import Annotated

import typer


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8502,
    address: Annotated[
        str, typer.Option(help="Address to listen to; anything but localhost needs CAPTIONS_TOKEN in the environment.")
    ] = "localhost",
    host_name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Another name that requests may use; may be repeated.")
    ] = None,
    models: Annotated[Path | None, typer.Option(help="Folder with the bundles; default: the bundled ones.")] = None,
    voice: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="A voice that requests may name; may be repeated.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes, each with its own copy of the models.")] = 1,
    data: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for jobs; default: in your data folder.")
    ] = None,
    redis: Annotated[
        str, typer.Option(metavar="URL", envvar="CAPTIONS_REDIS", help="Queue jobs there, not in a file of --data.")
    ] = "",
    request_mb: Annotated[float, typer.Option(min=0.001, help="Megabytes of a request for captions.")] = 64,
    request_photos: Annotated[int, typer.Option(min=1, help="Photos of a request for captions.")] = 16,
    megapixels: Annotated[float, typer.Option(min=0.001, help="Millions of pixels of a photo.")] = 64,
    waiting: Annotated[int, typer.Option(min=1, help="Requests for captions in hand at once, of a worker.")] = 64,
    job_mb: Annotated[float, typer.Option(min=0.001, help="Megabytes of a job.")] = 1000,
    job_photos: Annotated[int, typer.Option(min=1, help="Photos of a job.")] = 1000,
    jobs: Annotated[int, typer.Option(min=1, help="Jobs that may be unfinished at once.")] = 20,
    keep_days: Annotated[float, typer.Option(min=0, help="Days that a finished job's captions are kept.")] = 7,
) -> None:
    """Caption photos over HTTP: requests, and sets of photos as jobs. Ctrl-C ends it and loses nothing."""
    from caption_model.serve.run import serve as run
    from caption_model.serve.settings import MB, Settings

    settings = Settings(
        address=address,
        port=port,
        hosts=tuple(name.lower() for name in host_name or ()),
        models=models,
        voices=tuple(voice or ()),
        workers=workers,
        data=data,
        request_bytes=int(request_mb * MB),
        request_photos=request_photos,
        megapixels=megapixels,
        waiting=waiting,
        job_bytes=int(job_mb * MB),
        job_photos=job_photos,
        jobs=jobs,
        keep_days=keep_days,
        redis=redis,
    )
    run(settings)
