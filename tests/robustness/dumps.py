"""Mutants of tables, workbooks, JSON exports, downloads and zips, for the readers of dumps: none may fail.

    python -m tests.robustness.dumps --count 5000

Each mutant is made from a seed alone, so that one that fails can be made again. Prints a line of counts a kind.
"""

import argparse
import gzip
import io
import json
import lzma
import random
import resource
import shutil
import sys
import tempfile
import time
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from caption_model.errors import CaptionError
from datasets.reading import read_posts
from datasets.zipped_photos import extract_photos

CAPTIONS = (
    *(
        "Coffee first ☕️",
        "It’s Friday",
        "Café vibes – love it",
        "one, two; three",
        'She said "hi", twice',
        "",
        "NA",
        "null",
    ),
    *(
        "two\nlines",
        "two\r\nlines",
        "🐶" * 50,
        "#love " * 300,
        "=1+1",
        "\x1b[2Jx",
        "\ufeff",
        "a\0b",
        "日本語",
        "👩‍👩‍👧‍👦",
        '"',
        '""',
    ),
)
NAMES = ("1.jpg", "café.jpg", "img/insta7", "Zoë.PNG", "../x.jpg", "/etc/passwd", "C:\\x.jpg", "", "x" * 300, "a.mp4")
ODD = (None, True, -1, 0, 1e300, 10**30, [], {}, "", "x", [[]], {"uri": 3}, [None], "2024-13-45", "\ud83d", "\0")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac_roman", "cp850")
LABELS = (("Caption", "Draft", "Published"), ("Bildunterschrift", "Entwurf", "Veröffentlicht"), ("Aaa", "Bbb", "Ccc"))
STAMP = "2024-03-05_07-08-09_UTC"


@dataclass(slots=True)
class Tally:
    """What came of the mutants of one kind."""

    tried: int = 0
    read: int = 0
    refused: int = 0
    posts: int = 0
    slowest: float = 0.0
    failed: list[str] = field(default_factory=list)


def table(dice: random.Random) -> tuple[str, bytes]:
    """A CSV with one thing or several amiss."""
    mark = dice.choice(",,,;\t|")
    header = [dice.choice(("image", "image_name", "Image File", "path", "foo")), "caption", *["id"] * dice.randrange(2)]
    dice.shuffle(header)
    lines = [f"sep={mark}"] * (dice.random() < 0.1) + [mark.join(header)]
    for number in range(dice.randrange(30)):
        cells = [dice.choice(CAPTIONS) if name == "caption" else dice.choice(NAMES) for name in header]
        style = dice.random()
        if style < 0.6:
            cells = [
                f'"{cell.replace(chr(34), chr(34) * 2)}"' if mark in cell or "\n" in cell else cell for cell in cells
            ]
        elif style < 0.8:
            cells = [dice.choice(("", '"', " ")) + cell + dice.choice(("", '"')) for cell in cells]
        lines.append(mark.join(cells + [str(number)] * (dice.random() < 0.05)))
    text = dice.choice(("\n", "\r\n", "\r")).join(lines)
    data = text.encode(dice.choice(ENCODINGS), errors="replace")
    data = b"\xef\xbb\xbf" * dice.choice((0, 0, 0, 1, 2)) + data
    packed = dice.choice(("", "", "", ".gz", ".xz"))
    pack: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}
    return f"posts{dice.choice(('.csv', '.csv', '.CSV', '.tsv'))}{packed}", damaged(dice, pack[packed](data))


def workbook(dice: random.Random) -> tuple[str, bytes]:
    """An Excel workbook, its parts or its bytes changed."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(dice.choice((["image", "caption"], ["Titel"], ["caption"], [])))
    for _ in range(dice.randrange(12)):
        values = [dice.choice(NAMES), dice.choice((*CAPTIONS, 5, 2.5, True, None, "=A1"))]
        sheet.append([unprintable(value) for value in values])
    buffer = io.BytesIO()
    book.save(buffer)
    if dice.random() < 0.7:
        return "posts.xlsx", damaged(dice, buffer.getvalue())
    changed = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if dice.random() < 0.1:
                continue
            part = old.read(name)
            new.writestr(name, damaged(dice, part) if dice.random() < 0.3 else part)
    return "posts.xlsx", changed.getvalue()


def unprintable(value: object) -> object:
    """The value without what a workbook cannot hold."""
    return "".join(c for c in value if c.isprintable() or c == "\n") if isinstance(value, str) else value


def classic(dice: random.Random) -> object:
    """A post of Instagram's export in its older form."""
    media = [{"uri": dice.choice(NAMES), "creation_timestamp": dice.randrange(10), "title": dice.choice(CAPTIONS)}]
    return {
        "media": media * dice.randrange(4),
        "title": dice.choice(CAPTIONS),
        "creation_timestamp": dice.randrange(10),
    }


def labelled(dice: random.Random, names: tuple[str, str, str]) -> object:
    """A post of Instagram's export in its newest form."""
    caption = dice.choice(CAPTIONS)
    medium = {"uri": dice.choice(NAMES), "title": dice.choice((caption, ""))}
    values = [
        {"label": "Media", "media": [medium]},
        {"dict": [{"dict": [{"label": "Media", "media": [medium]}], "title": "Media"}], "title": "Attachments"},
        {"label": names[0], "value": caption},
        {"label": "URL", "value": "https://example.org/p/x/", "href": "https://example.org/p/x/"},
        {"label": names[1], "value": dice.choice(("False", "False", "True"))},
        {"label": names[2], "value": "True"},
    ]
    return {"timestamp": dice.randrange(10), "media": [], "label_values": dice.sample(values, dice.randrange(7))}


def tool(dice: random.Random) -> object:
    """A post as one of the tools writes it."""
    caption = dice.choice(CAPTIONS)
    forms: list[object] = [
        {"category": "instagram", "description": caption, "username": "jo", "post_shortcode": "C", "num": 1},
        {"pk": 1, "caption_text": caption, "user": {"username": "jo"}, "taken_at": "2024-01-01T10:00:00Z"},
        {"data": [{"id": "1", "caption": caption, "media_type": "IMAGE", "media_url": "https://x.org/1.jpg?x=1"}]},
        {
            "node": {"edge_media_to_caption": {"edges": [{"node": {"text": caption}}]}},
            "instaloader": {"node_type": "Post"},
        },
        {"image": dice.choice(NAMES), "caption": caption},
    ]
    return dice.choice(forms)


def twisted(dice: random.Random, value: object) -> object:
    """JSON of which a value or two are something else."""
    if dice.random() < 0.03:
        return dice.choice(ODD)
    if isinstance(value, dict):
        return {key: twisted(dice, inner) for key, inner in value.items() if dice.random() > 0.02}
    return [twisted(dice, inner) for inner in value] if isinstance(value, list) else value


def damaged(dice: random.Random, data: bytes) -> bytes:
    """The bytes as they are, or with some changed, cut off or put in."""
    changed = bytearray(data)
    if dice.random() < 0.6 or not changed:
        return data
    for _ in range(dice.choice((1, 1, 3, 20))):
        at = dice.randrange(len(changed))
        action = dice.randrange(4)
        if action == 0:
            changed[at] = dice.randrange(256)
        elif action == 1:
            changed[at:at] = bytes(dice.choices(b'"\n\r,\\\0\xff\xe9{}[]', k=dice.randrange(1, 5)))
        elif action == 2 and len(changed) > 1:
            del changed[at : at + dice.randrange(1, 20)]
        else:
            changed[at:at] = changed[at : at + 50]
        if not changed:
            break
    return bytes(changed)


def in_json(dice: random.Random, content: object) -> bytes:
    """JSON as bytes, perhaps damaged, perhaps nested to great depth."""
    if dice.random() < 0.02:
        depth = dice.choice((50, 900, 100_000))
        return b"[" * depth + json.dumps(content).encode() + b"]" * depth
    return damaged(dice, json.dumps(content, ensure_ascii=dice.random() < 0.5).encode(errors="surrogatepass"))


def export(dice: random.Random) -> dict[str, bytes]:
    """The files of an export of Instagram."""
    names = dice.choice(LABELS)
    place = dice.choice(("content", "your_instagram_activity/content", "your_instagram_activity/media"))
    files = {}
    for name in dice.sample(
        ("posts.json", "posts_1.json", "posts_2.json", "archived_posts.json"), dice.randrange(1, 4)
    ):
        entries = [labelled(dice, names) if dice.random() < 0.6 else classic(dice) for _ in range(dice.randrange(8))]
        files[f"{place}/{name}"] = in_json(dice, twisted(dice, entries))
    form = dice.choice(("NFC", "NFD"))
    return files | {unicodedata.normalize(form, name): b"photo" for name in ("1.jpg", "café.jpg", "img/insta7.jpg")}


def download(dice: random.Random) -> dict[str, bytes]:
    """The files of a download by Instaloader, gallery-dl or another."""
    files: dict[str, bytes] = {}
    for number in range(dice.randrange(1, 5)):
        stem = dice.choice((f"{number}", f"{STAMP}_{number}", STAMP, f"2024/{number}"))
        content = in_json(dice, twisted(dice, tool(dice)))
        files[f"{stem}.jpg"] = b"photo"
        ending = dice.choice((".json", ".jpg.json", ".json.xz"))
        files[stem + ending] = damaged(dice, lzma.compress(content)) if ending.endswith("xz") else content
        if dice.random() < 0.4:
            files[f"{stem}.txt"] = damaged(dice, dice.choice(CAPTIONS).encode(dice.choice(ENCODINGS), errors="replace"))
    return files


def packed(dice: random.Random) -> bytes:
    """An export in a zip, its bytes changed at times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in export(dice).items():
            archive.writestr(name, content)
    return damaged(dice, buffer.getvalue())


def mutant(kind: str, dice: random.Random, folder: Path) -> Path:
    """Write a mutant of a kind into an empty folder; gives the path to read."""
    if kind in ("table", "workbook"):
        name, data = (table if kind == "table" else workbook)(dice)
        files = {name: data}
        place = name if dice.random() < 0.7 else ""
    elif kind == "json":
        many = twisted(dice, [tool(dice) for _ in range(dice.randrange(6))])
        lines = b"\n".join(in_json(dice, tool(dice)) for _ in range(5))
        place = dice.choice(("posts.json", "posts.jsonl"))
        files = {place: in_json(dice, many) if place == "posts.json" else lines}
    elif kind == "zip":
        place, files = "export.zip", {"export.zip": packed(dice)}
    else:
        place, files = "", export(dice) if kind == "export" else download(dice)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / place


KINDS = ("table", "workbook", "json", "export", "download", "zip")


def try_one(kind: str, seed: int, folder: Path, tally: Tally) -> None:
    """Read one mutant, and copy its photos out if it is a zip."""
    tally.tried += 1
    path = mutant(kind, random.Random(f"{kind} {seed}"), folder)
    started = time.process_time()
    try:
        posts, report = read_posts(path)
        if kind == "zip":
            extract_photos(posts, folder / "cache")
        for post in posts:
            post.caption.encode()  # what is read can be written
        if report.posts != len(posts) or not posts or not all(post.caption.strip() for post in posts):
            tally.failed.append(f"{kind} {seed}: {report.posts} posts reported, {len(posts)} read")
        tally.read += 1
        tally.posts += len(posts)
    except CaptionError as error:
        tally.refused += 1
        if "\n" in str(error):
            tally.failed.append(f"{kind} {seed}: an error of several lines")
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        tally.failed.append(f"{kind} {seed}: {type(error).__name__}: {error}")
    tally.slowest = max(tally.slowest, time.process_time() - started)


def run(count: int, first: int = 0) -> dict[str, Tally]:
    """Try mutants of all kinds in turn, ``count`` in all."""
    tallies = {kind: Tally() for kind in KINDS}
    for number, kind in zip(range(first, first + count), turns(), strict=False):
        folder = Path(tempfile.mkdtemp(prefix="dump-"))
        try:
            try_one(kind, number, folder, tallies[kind])
        finally:
            shutil.rmtree(folder)
    return tallies


def turns() -> Iterator[str]:
    """The kinds over and over."""
    while True:
        yield from KINDS


def main() -> int:
    """Try as many as told and print what came of them; 1 when any failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="mutants in all")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    arguments = parser.parse_args()
    tallies = run(arguments.count, arguments.first)
    print(f"{'kind':10} {'tried':>6} {'read':>6} {'posts':>6} {'refused':>7} {'failed':>6} {'slowest':>8}")
    for kind, tally in tallies.items():
        numbers = f"{tally.tried:6} {tally.read:6} {tally.posts:6} {tally.refused:7} {len(tally.failed):6}"
        print(f"{kind:10} {numbers} {tally.slowest:7.2f}s")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    failed = [line for tally in tallies.values() for line in tally.failed]
    print(f"{most} MB at most; {Counter(line.split(':')[1] for line in failed) or 'none failed'}")
    print("\n".join(failed[:20]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
