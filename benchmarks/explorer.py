"""The page to look around in, of many documents: its size, and how fast a browser shows and searches it.

Documents and their texts are drawn. Chromium, which must be installed, opens a copy of the page to which a
script was added that reads the browser's own clock: from the start of loading until all is built that is
shown, and the time of a search, the median and the slowest of some words; requests are what the page loaded
besides itself.

    OMP_NUM_THREADS=1 python benchmarks/explorer.py [--documents 100000] [--topics 100] [--json FILE]
"""

import argparse
import html
import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _cells import write_json

from skxtm import Corpus, CrossLingualTopicModel
from skxtm.datasets import make_multilingual_corpus
from skxtm.explore import explore

LANGUAGES = ("en", "zh", "ja")
MEASURE = """<script>
const built = performance.now(), times = [];
for (const word of %s) {
  const started = performance.now();
  document.getElementById("search").value = word;
  search();
  times.push(performance.now() - started);
}
times.sort((a, b) => a - b);
const measured = {built_ms: built, search_ms: times[times.length >> 1], slowest_search_ms: times.at(-1),
  requests: performance.getEntriesByType("resource").length};
const written = Object.assign(document.createElement("pre"), {id: "measured"});
written.textContent = JSON.stringify(measured);
document.body.append(written);
</script></body>"""


def main() -> None:
    options = parse_options()
    corpus, model = drawn(options.documents, options.topics)
    with tempfile.TemporaryDirectory() as name:
        page = Path(name, "topics.html")
        started = time.perf_counter()
        explore(model, corpus, page, dates=np.arange(len(corpus)) % 10 + 2015)
        row: dict[str, Any] = {"documents": len(corpus), "seconds": round(time.perf_counter() - started, 1)}
        row["megabytes"] = round(page.stat().st_size / 1e6, 2)
        row |= browsed(page, [topic[code][0] for topic in model.get_topics(1) for code in LANGUAGES][:60])
    print("| " + " | ".join(row) + " |\n|" + "---|" * len(row))
    print("| " + " | ".join(str(value) for value in row.values()) + " |")
    if options.json:
        write_json(options.json, row)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=100_000, help="of all languages together")
    parser.add_argument("--topics", type=int, default=100)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def drawn(n_documents: int, n_topics: int) -> tuple[Corpus, CrossLingualTopicModel]:
    """Draw documents with texts, and fit a model without training."""
    data = make_multilingual_corpus(
        n_documents=n_documents // len(LANGUAGES), n_components=n_topics, languages=LANGUAGES, random_state=0
    )
    corpus = data.corpus
    text = np.empty(len(corpus), dtype=object)
    for code in corpus.languages:
        counts, words = corpus.counts_of(code), corpus.vocabularies[code]
        text[corpus.rows_of(code)] = [
            " ".join(words[counts.indices[start:end]])
            for start, end in zip(counts.indptr[:-1], counts.indptr[1:], strict=True)
        ]
    corpus = Corpus(corpus.language, text=text, counts=corpus.counts, vocabularies=corpus.vocabularies)
    model = CrossLingualTopicModel(n_topics, lexicon=list(data.lexicons), random_state=0)
    return corpus, model.fit(corpus)


def browsed(page: Path, words: list[str]) -> dict[str, Any]:
    """Open a copy of the page that measures itself."""
    program = shutil.which("chromium")
    if program is None:
        return {}
    copy = page.with_name("measured.html")
    copy.write_text(
        page.read_text(encoding="utf-8").replace("</body>", MEASURE % json.dumps(words)), encoding="utf-8"
    )
    quiet = "--headless --no-sandbox --disable-gpu --no-first-run --enable-logging=stderr --dump-dom"
    command = [program, *quiet.split(), f"--user-data-dir={page.parent / 'profile'}", copy.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    measured = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout, re.DOTALL)
    found = json.loads(html.unescape(measured.group(1))) if measured else {}
    rounded = {name: round(value, 1) if isinstance(value, float) else value for name, value in found.items()}
    return rounded | {"console_errors": sum("CONSOLE" in line for line in done.stderr.splitlines())}


if __name__ == "__main__":
    main()
