"""All benchmarks of batches, in one run on one machine, as one Markdown table.

    python -m tests.benchmarks

``--photos 16 --growth 20,40`` makes a rehearsal of it. Each part runs in a process of its own, one after another;
ratios compare parts of the same run. The photos lie in ``--folder`` and are made at the first run.

A run is kept as JSON with machine and date (``--json``); ``--against RUN.json`` sets an earlier one beside it. It takes
less than ``--minutes``: folders that would not be done by then are left out, and the table says so. Ten thousand photos
are measured with ``--parts growth --growth 10000 --minutes 60``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.folders import make_folder
from tests.benchmarks.machine import machine

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("ours", "cold", "stages", "blip", "vit-gpt2", "growth")
START_S = 10.0  # that a part takes to load, at most


def part(name: str, *arguments: object) -> dict[str, Any]:
    """Run one part in its own process; its last line is its result."""
    command = [sys.executable, "-m", f"tests.benchmarks.{name}", *map(str, arguments)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "TRANSFORMERS_VERBOSITY": "error"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(name, *arguments[:1], json.dumps(result), file=sys.stderr, flush=True)
    return result


def rows(results: dict[str, Any]) -> list[tuple[str, str]]:
    """What was measured and its value, for each part that ran."""
    table = []
    if ours := results.get("ours"):
        table.append(("`batch`, photos/s, 5 captions and a description each", f"{ours['photos_per_second']:.2f}"))
        table.append(("the same, time of all cores a photo", f"{ours['cpu_ms_a_photo']:.0f} ms"))
    if cold := results.get("cold"):
        value = f"{cold['seconds']:.2f} s, {cold['cpu_seconds']:.2f} s of all cores"
        table.append(("`suggest` one photo, with nothing loaded", value))
    for name, title in (("blip", "BLIP-base"), ("vit-gpt2", "ViT-GPT2")):
        if other := results.get(name):
            way = f"{other['dtype']}, batch {other['batch']}"
            ratio = f", ours × {ours['photos_per_second'] / other['photos_per_second']:.1f}" if ours else ""
            table.append((f"{title}, one caption each, photos/s ({way})", f"{other['photos_per_second']:.2f}{ratio}"))
    if stages := results.get("stages"):
        spent = stages["stages_ms"]
        whole = sum(spent.values())
        shares = ", ".join(f"{stage} {100 * spent[stage] / whole:.0f} %" for stage in spent)
        table.append((f"a photo, nothing overlapping: {whole:.0f} ms", shares))
        encoder = stages["encoder"]
        speed = f"{encoder['encoder']:.0f} of {encoder['peak']:.0f} GFLOP/s, {100 * encoder['share']:.0f} %"
        table.append(("encoder against the fastest matrix product in floats", speed))
        speed = f"{encoder['encoder']:.0f} of {encoder['int8_peak']:.0f} GOP/s, {100 * encoder['int8_share']:.0f} %"
        table.append(("encoder against the fastest matrix product in eight bits", speed))
        one = stages["one_photo_s"]
        ratio = one["tutorial"] / one["ours"]
        table.append(
            (
                "one photo: one caption by `predict` a symbol / ours",
                f"{one['tutorial']:.2f} / {one['ours']:.2f} s, × {ratio:.0f}",
            )
        )
    table += [
        (f"{run['photos']:,} photos: photos/s, peak memory", f"{run['photos_per_second']:.2f}, {run['peak_mb']:.0f} MB")
        for run in results.get("growth", [])
    ]
    table += [(f"{size:,} photos", "left out: no time") for size in results.get("left_out", [])]
    return table


def show(table: list[tuple[str, str]], earlier: dict[str, Any] | None) -> None:
    """Print the table, with an earlier run's values beside."""
    former = {} if earlier is None else dict(rows(earlier))
    titles = ["what", "value"] if earlier is None else ["what", "value", f"on {earlier['machine']['date'][:10]}"]
    print("| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|")
    for what, value in table:
        print("| " + " | ".join([what, value, former.get(what, "")][: len(titles)]) + " |")


def growth(folder: Path, sizes: list[int], ends: float, rate: float | None, results: dict[str, Any]) -> None:
    """Measure folders of growing size, as far as the time goes (``ends`` on the clock of ``time.monotonic``)."""
    results["growth"], results["left_out"] = [], []
    for size in sorted(sizes):
        if rate and time.monotonic() + START_S + size / rate > ends:
            results["left_out"].append(size)
            continue
        run = part("ours", make_folder(folder, size))
        results["growth"].append(run)
        rate = run["photos_per_second"]


def main() -> None:
    """Run the parts asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100, help="for the comparisons")
    parser.add_argument("--growth", default="100,1000,10000", help="sizes of folders, commas between them")
    parser.add_argument("--parts", default=",".join(PARTS), help="which, commas between them")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "caption-benchmark-photos")
    parser.add_argument("--json", type=Path, help="where to keep the results; by default in the folder, by their date")
    parser.add_argument("--against", type=Path, help="the kept results of an earlier run")
    parser.add_argument("--minutes", type=float, default=10.0, help="that all of it may take")
    options = parser.parse_args()
    ends = time.monotonic() + 60 * options.minutes
    earlier = json.loads(options.against.read_text(encoding="utf-8")) if options.against else None
    chosen = options.parts.split(",")
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no part {min(unknown)!r}; choose from {', '.join(PARTS)}")
    folder = make_folder(options.folder, options.photos)
    results: dict[str, Any] = {"machine": machine()}
    if "ours" in chosen:
        results["ours"] = part("ours", folder)
    if "cold" in chosen:
        results["cold"] = part("cold", folder)
    if "stages" in chosen:
        results["stages"] = part("stages", folder, "--photos", min(options.photos, 64))
    for name in ("blip", "vit-gpt2"):
        if name in chosen:
            results[name] = part("others", name, folder, "--photos", options.photos)
    if "growth" in chosen:
        rate = results["ours"]["photos_per_second"] if "ours" in results else None
        growth(options.folder, [int(size) for size in options.growth.split(",")], ends, rate, results)
    kept = options.json or options.folder / f"run {results['machine']['date'].replace(':', '')}.json"
    kept.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"Kept in {kept}.", file=sys.stderr)
    about = results["machine"]
    print(f"{about['date']}, {about['cores']} cores of {about['processor']} ({', '.join(about['can'])})\n")
    show(rows(results), earlier)


if __name__ == "__main__":
    main()
