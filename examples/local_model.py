"""Topics of the bundled sample, named and refined by a language model in this process: no server, no key.

    pip install transformers '.[zh,text]'
    python examples/local_model.py --model Qwen/Qwen3-4B-Instruct-2507

Any chat model that transformers loads will do, by name or as a folder. --refine lets it refine the topics
too, which takes an answer for each topic and round.
"""

import argparse
from functools import lru_cache

import torch
from sklearn.base import BaseEstimator

from skxtm import CrossLingualTopicModel, LLMRefiner
from skxtm.datasets import load_sample, load_sample_lexicon
from skxtm.llm import ChatAnswer, ChatSession
from skxtm.refinement import name_topics

LANGUAGES = ("en", "zh")


@lru_cache(maxsize=1)
def loaded(name):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoTokenizer.from_pretrained(name), AutoModelForCausalLM.from_pretrained(name)


class TransformersChat(BaseEstimator):
    """A chat model in this process."""

    def __init__(self, model, *, max_output_tokens=1000, temperature=0.7, seed=0):
        self.model, self.max_output_tokens = model, max_output_tokens
        self.temperature, self.seed = temperature, seed

    @property
    def identity(self):
        """All that changes answers, so that they are cached."""
        return {"endpoint": "transformers", **self.get_params()}

    def complete(self, request):
        """Answer one request; every round draws from a seed of its own."""
        tokenizer, network = loaded(self.model)
        spoken = [
            {"role": role, "content": said} for role, said in request.plain_messages or request.messages
        ]
        shown = tokenizer.apply_chat_template(
            spoken, add_generation_prompt=True, return_dict=True, return_tensors="pt"
        )
        known = shown["input_ids"]
        with torch.random.fork_rng():
            torch.manual_seed(self.seed + request.round)
            how = {"temperature": self.temperature, "max_new_tokens": self.max_output_tokens}
            mask = shown["attention_mask"]
            answered = network.generate(known, attention_mask=mask, do_sample=True, **how)
        tokens = answered[0, known.shape[1] :]
        reason = "length" if len(tokens) >= self.max_output_tokens else "stop"
        text = tokenizer.decode(tokens, skip_special_tokens=True)
        return ChatAnswer(text, known.shape[1], len(tokens), self.model, reason)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, help="name or folder of a chat model")
    parser.add_argument("--max-output-tokens", type=int, default=1000)
    parser.add_argument("--components", type=int, default=8)
    parser.add_argument("--refine", action="store_true", help="also refine the topics")
    arguments = parser.parse_args()
    corpus = load_sample("train", languages=LANGUAGES).corpus
    lexicon = load_sample_lexicon("zh", "en")
    model = CrossLingualTopicModel(
        arguments.components, backbone="nmtm", lexicon=lexicon, max_epochs=20, random_state=0
    )
    model.fit(corpus)
    chat = TransformersChat(arguments.model, max_output_tokens=arguments.max_output_tokens)
    if arguments.refine:
        refiner = LLMRefiner(model, llm=chat, prompt="single", n_rounds=3, max_epochs=10, random_state=0)
        model = refiner.fit(corpus).model_
    named = name_topics(model.get_topics(10), ChatSession(chat, cache="default"), n_per_request=4)
    model.set_topic_names(named)
    for number, (topic, words) in enumerate(zip(named, model.get_topics(5), strict=True)):
        print(f"{number}. {topic.name}: {', '.join(words['en'])} | {', '.join(words['zh'])}")
        if topic.description:
            print(f"   {topic.description}")


if __name__ == "__main__":
    main()
