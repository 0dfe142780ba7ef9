"""The overview of the benchmarks names every script once, and no other."""

import re
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_every_script_and_configuration_is_told_of():
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    scripts = {path.name for path in BENCHMARKS.glob("*.py") if not path.name.startswith("_")}
    assert set(re.findall(r"(?<!/)\b[a-z]\w*\.py\b", text)) == scripts
    helpers = {path.stem for path in BENCHMARKS.glob("_*.py")}
    assert set(re.findall(r"`(_\w+)`", text)) == helpers
    configurations = {path.name for path in (BENCHMARKS / "configs").glob("*.toml")}
    assert set(re.findall(r"\w+\.toml", text)) == configurations
