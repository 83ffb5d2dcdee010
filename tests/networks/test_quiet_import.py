"""Native chatter at the first import is dropped; errors and later words are not."""

import subprocess
import sys

from tests.support.paths import ROOT

LOUD = """
import os, sys
os.write(2, b"native greeting\\n")
print("python greeting", file=sys.stderr)
value = 7
"""


def run(tmp_path, code: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "loud.py").write_text(LOUD, encoding="utf-8")
    (tmp_path / "broken.py").write_text(LOUD + "raise ImportError('no such library')\n", encoding="utf-8")
    path = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(tmp_path)!r}]\n"
    return subprocess.run([sys.executable, "-c", path + code], capture_output=True, text=True, check=False)


def test_a_loud_module_is_loaded_silently_and_whole(tmp_path):
    done = run(
        tmp_path,
        "from caption_model.networks.quiet_import import load_quietly\n"
        "load_quietly('loud')\nimport loud\nprint(loud.value, loud.__file__)\n"
        "import os\nos.write(2, b'afterwards')",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["7", str(tmp_path / "loud.py")]
    assert done.stderr == "afterwards"


def test_an_import_that_fails_still_says_why(tmp_path):
    done = run(
        tmp_path, "from caption_model.networks.quiet_import import load_quietly\nload_quietly('broken')\nimport broken"
    )
    assert done.returncode == 1
    assert "no such library" in done.stderr
    assert "greeting" not in done.stderr


def test_nothing_heavy_is_loaded_for_it_and_tensorflow_starts_silently(tmp_path):
    light = run(tmp_path, "import caption_model, sys\nprint('tensorflow' in sys.modules)")
    assert light.stdout.split() == ["False"]
    heavy = run(tmp_path, "import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'\nimport caption_model, tensorflow")
    assert heavy.returncode == 0
    assert heavy.stderr == ""
