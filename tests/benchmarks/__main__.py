"""All benchmarks of batches, in one run on one machine, as one Markdown table.

    python -m tests.benchmarks

``--photos 16 --growth 20,40`` makes a rehearsal of it. Each part runs in a process of its own, one after another;
ratios compare parts of the same run. The photos lie in ``--folder`` and are made at the first run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.folders import make_folder

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("ours", "stages", "blip", "vit-gpt2", "growth")


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
        table.append(("encoder against the largest matrix product", speed))
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
    return table


def main() -> None:
    """Run the parts asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=200, help="for the comparisons")
    parser.add_argument("--growth", default="100,1000,10000", help="sizes of folders, commas between them")
    parser.add_argument("--parts", default=",".join(PARTS), help="which, commas between them")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "caption-benchmark-photos")
    parser.add_argument("--json", type=Path, help="also save the results there")
    options = parser.parse_args()
    chosen = options.parts.split(",")
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no part {min(unknown)!r}; choose from {', '.join(PARTS)}")
    folder = make_folder(options.folder, options.photos)
    results: dict[str, Any] = {}
    if "ours" in chosen:
        results["ours"] = part("ours", folder)
    if "stages" in chosen:
        results["stages"] = part("stages", folder, "--photos", min(options.photos, 64))
    for name in ("blip", "vit-gpt2"):
        if name in chosen:
            results[name] = part("others", name, folder, "--photos", options.photos)
    if "growth" in chosen:
        sizes = [int(size) for size in options.growth.split(",")]
        results["growth"] = [part("ours", make_folder(options.folder, size)) for size in sizes]
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print("| what | value |\n|---|---|")
    for what, value in rows(results):
        print(f"| {what} | {value} |")


if __name__ == "__main__":
    main()
