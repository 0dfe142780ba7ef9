"""A language model in this process, as the documentation shows it, with a tiny network that knows nothing."""

import importlib.util
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from sklearn.base import clone

from skxtm.exceptions import RefinementWarning
from skxtm.llm import ChatRequest, ChatSession
from skxtm.refinement import distinctive_names, name_topics

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")
pytest.importorskip("jinja2")

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "local_model.py"
TEMPLATE = (
    "{% for message in messages %}[{{ message.role }}] {{ message.content }} {% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A chat model with random weights, over single bytes."""
    path = str(tmp_path_factory.mktemp("model"))
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=260,
        special_tokens=["<end>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(["rain snow"], trainer)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>", chat_template=TEMPLATE
    )
    fast.save_pretrained(path)
    config = transformers.LlamaConfig(
        vocab_size=len(fast),
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=4096,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )
    torch.manual_seed(0)
    transformers.LlamaForCausalLM(config).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("local_model", EXAMPLE)
    module = sys.modules["local_model"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["local_model"]


def test_the_page_shows_the_class_that_the_example_runs():
    source = EXAMPLE.read_text(encoding="utf-8")
    shown = re.search(r"^@lru_cache.*?(?=^def main)", source, re.MULTILINE | re.DOTALL)[0].strip()
    page = (ROOT / "docs" / "llm_servers.md").read_text(encoding="utf-8")
    assert shown in page
    body = shown[shown.index("    def complete") :]
    assert body.count("\n") <= 20


def test_it_answers_and_counts_and_its_rounds_differ_but_not_its_reruns(example, folder):
    chat = clone(pickle.loads(pickle.dumps(example.TransformersChat(folder, max_output_tokens=12))))
    requests = [
        ChatRequest((("system", "Be brief."), ("user", "Name a colour.")), round=n) for n in (0, 1, 0)
    ]
    state = torch.get_rng_state()
    answers = [chat.complete(request) for request in requests]
    assert torch.equal(torch.get_rng_state(), state)
    assert answers[0].text == answers[2].text != answers[1].text
    assert answers[0].input_tokens == len("[system] Be brief. [user] Name a colour. [assistant]")
    assert 0 < answers[0].output_tokens <= 12
    assert answers[0].finish_reason == ("length" if answers[0].output_tokens == 12 else "stop")


def test_its_answers_are_cached(example, folder, tmp_path):
    chat = example.TransformersChat(folder, max_output_tokens=5)
    for n_cached in (0, 1):
        session = ChatSession(chat, cache=tmp_path)
        session.ask([ChatRequest((("user", "Name a colour."),))], str)
        assert session.usage.n_cached == n_cached


def test_what_it_cannot_answer_is_named_by_distinctive_words(example, folder):
    topics = [{"en": ["rain", "snow"]}, {"en": ["goal", "team"]}]
    session = ChatSession(example.TransformersChat(folder, max_output_tokens=5))
    with pytest.warns(RefinementWarning, match=r"^2 of 2 topics have no name .* Raise max_output_tokens"):
        names = name_topics(topics, session)
    assert [topic.name for topic in names] == distinctive_names(topics)


def test_the_example_runs(folder, tmp_path):
    command = [
        sys.executable,
        str(EXAMPLE),
        "--model",
        folder,
        "--max-output-tokens",
        "5",
        "--components",
        "3",
    ]
    environment = {**os.environ, "SKXTM_CACHE": str(tmp_path), "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=600
    )
    assert result.returncode == 0, result.stderr
    assert re.findall(r"^(\d)\. ", result.stdout, re.MULTILINE) == ["0", "1", "2"]
