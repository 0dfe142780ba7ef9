"""CPU seconds of a fit of CoreCTM on EC News, word vectors learnt from the documents and a dictionary.

Each fit is made by a process of its own, after all that it imports. With another checkout of this project,
such as the code of before, in turn with that.

    OMP_NUM_THREADS=1 python benchmarks/corectm_fit.py --data-home FOLDER [--beside CHECKOUT] [--times 3]
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ONE_FIT = """
import sys, time
import torch, sklearn.cluster, skxtm.backbones.corectm
from skxtm import CrossLingualTopicModel, Lexicon
from skxtm.datasets import load_ec_news
from skxtm.embeddings import AlignedWordEncoder

corpus = load_ec_news("train", data_home=sys.argv[1]).corpus
lexicon = Lexicon.read(sys.argv[1] + "/lexicons/zh-en.tsv", ("zh", "en"), match="literal")
encoder = AlignedWordEncoder(random_state=0)
model = CrossLingualTopicModel(50, lexicon=lexicon, word_embeddings=encoder, random_state=0)
started = time.process_time()
model.fit(corpus)
print(time.process_time() - started)
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", required=True)
    parser.add_argument("--beside", help="another checkout of this project")
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    checkouts = [str(Path(__file__).parents[1]), *([options.beside] if options.beside else [])]
    seconds: dict[str, list[float]] = {checkout: [] for checkout in checkouts}
    for _ in range(options.times):
        for checkout in checkouts:
            seconds[checkout].append(one_fit(checkout, options.data_home))
    print("| checkout | CPU seconds, lowest | median |\n|---|---|---|")
    for name, times in zip(("this one", "the other"), seconds.values(), strict=False):
        print(f"| {name} | {min(times):.2f} | {median(times):.2f} |")


def one_fit(checkout: str, data_home: str) -> float:
    environment = os.environ | {"PYTHONPATH": checkout}
    command = [sys.executable, "-P", "-W", "ignore", "-c", ONE_FIT, data_home]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    main()
