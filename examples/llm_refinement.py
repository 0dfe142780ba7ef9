r"""Topics of the bundled sample, cleaned by a language model, or offline by word vectors and lexicons.

    python examples/llm_refinement.py

needs no model, no key and no download: `OfflineProposer` takes the language model's place. The extras are zh,
text and frame. With a server, for which llm is needed too,

    python examples/llm_refinement.py --base-url http://localhost:11434/v1 --model qwen3:8b
    python examples/llm_refinement.py --base-url https://api.openai.com/v1 --model gpt-5-mini \
        --api-key-env OPENAI_API_KEY --prices 0.25 2.00 --dry-run

any that speaks OpenAI's protocol is asked. --dry-run prints what it would be asked, and asks nothing. Answers
are kept, so that a second run asks nothing twice. Printed are the topics before and after, what became of the
words, uniqueness and coherence, and what it cost.
"""

import argparse
from itertools import combinations

import numpy as np
import stopwordsiso

from skxtm import CrossLingualTopicModel, CrossLingualVectorizer, LLMRefiner
from skxtm.datasets import load_sample, load_sample_lexicon, load_sample_reference
from skxtm.llm import OpenAIChat
from skxtm.metrics import AlignedReference, cnpmi_score, topic_uniqueness
from skxtm.refinement import OfflineProposer

LANGUAGES = ("en", "zh")
N_WORDS = 10


def main():
    arguments = parse_arguments()
    train = load_sample("train", languages=LANGUAGES)
    model = train_model(train.corpus)
    refiner = LLMRefiner(
        model,
        llm=make_llm(arguments),
        n_rounds=arguments.rounds,
        refine_every=5,
        max_epochs=10,
        n_top_words=N_WORDS,
        n_words=N_WORDS,
        domain="short news and everyday texts",
        prices=arguments.prices,
        max_requests=arguments.max_requests,
        random_state=0,
        verbose=1,
    )
    if arguments.base_url:
        print(refiner.dry_run())
    if arguments.dry_run:
        return
    refiner.fit(train.corpus)

    print_topics(model.get_topics(N_WORDS), refiner)
    actions = refiner.refinement_report_.groupby(["epoch", "action"]).size().unstack(fill_value=0)
    print(f"\nWords by refinement\n{actions}\n")
    aligned = load_sample_reference()
    aligned = aligned[np.isin(aligned.language, LANGUAGES)]
    reference = AlignedReference.from_corpus(model.vectorizer_.transform(aligned))
    print_figures("before", model.get_topics(N_WORDS), reference)
    print_figures("after", refiner.get_topics(N_WORDS), reference)
    print_figures("words kept", refiner.refined_words_, reference)
    print(f"\n{refiner.usage_ or 'No language model was asked: OfflineProposer works by word vectors.'}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base-url", help="server that speaks OpenAI's protocol; default: none, offline")
    parser.add_argument("--model", default="gpt-5-mini", help="name of the model on the server")
    parser.add_argument("--api-key-env", help="environment variable that holds the key; default: no key")
    parser.add_argument("--temperature", type=float, help="published: 0.7; default: the server's")
    parser.add_argument("--max-output-tokens", type=int, help="default: the server's limit")
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds to wait for an answer")
    parser.add_argument("--rounds", type=int, default=5, help="times that every topic is shown")
    parser.add_argument("--prices", type=float, nargs=2, help="dollars per million input and output tokens")
    parser.add_argument("--max-requests", type=int, default=100)
    parser.add_argument("--dry-run", action="store_true", help="only print what would be asked")
    arguments = parser.parse_args()
    if arguments.dry_run and not arguments.base_url:
        parser.error("--dry-run needs --base-url: offline nothing is asked")
    return arguments


def make_llm(arguments):
    if not arguments.base_url:
        return OfflineProposer()
    return OpenAIChat(
        arguments.model,
        base_url=arguments.base_url,
        api_key_env=arguments.api_key_env,
        temperature=arguments.temperature,
        max_output_tokens=arguments.max_output_tokens,
        timeout=arguments.timeout,
    )


def train_model(corpus):
    """Find eight topics."""
    stop_words = {code: stopwordsiso.stopwords(code) for code in LANGUAGES}
    model = CrossLingualTopicModel(
        8,
        lexicon=[load_sample_lexicon(*pair) for pair in combinations(LANGUAGES, 2)],
        vectorizer=CrossLingualVectorizer(stop_words=stop_words, languages=LANGUAGES),
        random_state=0,
    )
    return model.fit(corpus)


def print_topics(before, refiner):
    after, themes = refiner.get_topics(N_WORDS), refiner.themes_
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        print(f"\ntopic {number}  {themes[number]}  confidence {refiner.confidence_[number]:.2f}")
        for code in LANGUAGES:
            gone = " ".join(f"-{word}" for word in old[code] if word not in new[code])
            come = " ".join(f"+{word}" for word in new[code] if word not in old[code])
            print(f"  {code}: {' '.join(new[code])}   {gone} {come}".rstrip())


def print_figures(name, topics, reference):
    """Print uniqueness and coherence of as many words as every topic has."""
    n_words = min(len(words) for topic in topics for words in topic.values())
    tu, cnpmi = topic_uniqueness(topics, n_words=n_words), cnpmi_score(topics, reference, n_words=n_words)
    print(f"{name:12} TU {tu:.3f}  CNPMI {cnpmi:.3f}  ({n_words} words)")


if __name__ == "__main__":
    main()
