import os
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone

import skxtm.embeddings.sentence_transformer as module
from skxtm.embeddings import SentenceTransformerEncoder
from skxtm.embeddings._cache import EmbeddingCache
from skxtm.exceptions import InputError, InputTypeError, MissingDependencyError

pytestmark = pytest.mark.slow

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "rain", "sun", "wind", "cloud", "storm", "and"]


@pytest.fixture(scope="module", autouse=True)
def offline():
    """Forbid any download, before the library reads the variable at its import."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HF_HUB_OFFLINE", "1")
    yield
    patch.undo()


@pytest.fixture(scope="module")
def built_model(offline, tmp_path_factory):
    """Folder of a real model of two small layers with mean pooling, made from a config."""
    library = pytest.importorskip("sentence_transformers")
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    plain, folder = tmp_path_factory.mktemp("bert"), tmp_path_factory.mktemp("model") / "tiny"
    tokenizer = Tokenizer(models.WordLevel({word: row for row, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=32, **names).save_pretrained(plain)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        BertModel(config).save_pretrained(plain)
    library.SentenceTransformer(str(plain), device="cpu").save(str(folder))
    return folder


@pytest.fixture
def model_folder(built_model, tmp_path):
    return shutil.copytree(built_model, tmp_path / "model")


@pytest.fixture
def encoder(model_folder, tmp_path):
    return SentenceTransformerEncoder(model_folder, device="cpu", cache=tmp_path / "cache")


@pytest.fixture
def batches(monkeypatch):
    """Sizes of the batches that models have been given."""
    from sentence_transformers import SentenceTransformer

    sizes: list[int] = []
    forward = SentenceTransformer.forward

    def counting(self, features, *args, **kwargs):
        sizes.append(len(features["input_ids"]))
        return forward(self, features, *args, **kwargs)

    monkeypatch.setattr(SentenceTransformer, "forward", counting)
    return sizes


def texts_of_many_lengths():
    return [" ".join(WORDS[4 + (row + step) % 6] for step in range(1 + row % 11)) for row in range(60)]


def test_vectors_are_those_of_the_library_in_the_order_of_the_texts(encoder, model_folder):
    from sentence_transformers import SentenceTransformer

    texts = ["wind", "rain and storm and sun", "sun"]
    model = SentenceTransformer(str(model_folder), device="cpu")
    expected = np.stack([model.encode(text, normalize_embeddings=True) for text in texts])
    vectors = encoder.encode(texts)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_the_batch_size_does_not_matter(model_folder):
    texts = texts_of_many_lengths()
    one, seven, all_at_once = (
        SentenceTransformerEncoder(model_folder, batch_size=size, device="cpu", cache=False).encode(texts)
        for size in (1, 7, 64)
    )
    np.testing.assert_allclose(seven, one, atol=1e-5)
    np.testing.assert_allclose(all_at_once, one, atol=1e-5)


def test_texts_of_like_length_share_a_batch(encoder, monkeypatch):
    from sentence_transformers import SentenceTransformer

    widths = []
    forward = SentenceTransformer.forward

    def measuring(self, features, *args, **kwargs):
        widths.append(features["input_ids"].shape[1])
        return forward(self, features, *args, **kwargs)

    monkeypatch.setattr(SentenceTransformer, "forward", measuring)
    # two parts of eight batches are written one after the other; as given, each has seven long texts
    long = [f"{'rain ' * 9}{WORDS[4 + row % 5]}{' and' * (row // 5)}" for row in range(14)]
    short = [f"{WORDS[4 + row // 5 % 5]}{row}" for row in range(18)]
    encoder.set_params(batch_size=2).encode(long[:7] + short[:9] + long[7:] + short[9:])
    assert sum(width > 9 for width in widths) == 7


def test_a_text_given_twice_is_encoded_once(encoder, batches):
    vectors = encoder.encode(["rain", "sun", "rain", "rain"])
    assert batches == [2]
    np.testing.assert_array_equal(vectors[[0, 0]], vectors[[2, 3]])
    assert not np.allclose(vectors[0], vectors[1])


def test_a_rerun_encodes_nothing_and_gives_the_same_bits(encoder, batches):
    first = encoder.encode(texts_of_many_lengths())
    assert sum(batches) == len(set(texts_of_many_lengths()))
    batches.clear()
    np.testing.assert_array_equal(clone(encoder).encode(texts_of_many_lengths()), first)
    assert batches == []


def test_a_rerun_does_not_even_load_the_model(encoder, monkeypatch):
    expected = encoder.encode(["rain"])
    monkeypatch.setattr(module, "_loaded_model", None)
    np.testing.assert_array_equal(encoder.encode(["rain"]), expected)


def test_only_new_texts_are_encoded(encoder, batches):
    encoder.encode(["rain", "sun"])
    encoder.encode(["sun", "wind", "rain"])
    assert batches == [2, 1]


def test_an_interrupted_run_keeps_what_it_had(encoder, batches, monkeypatch):
    texts = texts_of_many_lengths()
    put_many = EmbeddingCache.put_many

    def interrupt_the_second_write(self, *args):
        put_many(self, *args)
        raise KeyboardInterrupt

    monkeypatch.setattr(EmbeddingCache, "put_many", interrupt_the_second_write)
    with pytest.raises(KeyboardInterrupt):
        encoder.set_params(batch_size=2).encode(texts)
    monkeypatch.undo()
    kept = sum(batches)
    assert kept == 16
    assert len(EmbeddingCache(encoder.cache).get_many(encoder._space(), texts)) == kept


def test_without_a_cache_nothing_is_written(model_folder, monkeypatch, tmp_path, batches):
    monkeypatch.setenv("SKXTM_CACHE", str(tmp_path / "never"))
    encoder = SentenceTransformerEncoder(model_folder, device="cpu", cache=False)
    encoder.encode(["rain"])
    encoder.encode(["rain"])
    assert batches == [1, 1]
    assert not (tmp_path / "never").exists()


def test_the_cache_is_in_the_folder_that_the_environment_names(model_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("SKXTM_CACHE", str(tmp_path / "chosen"))
    SentenceTransformerEncoder(model_folder, device="cpu").encode(["rain"])
    assert list((tmp_path / "chosen" / "embeddings").glob("*.sqlite3"))


def test_a_model_whose_weights_have_changed_is_encoded_anew(encoder, model_folder, batches):
    from safetensors.numpy import load_file, save_file

    before = encoder.encode(["rain"])
    path = model_folder / "model.safetensors"
    weights = {
        name: array + np.arange(array.size, dtype=array.dtype).reshape(array.shape) % 7 * 0.1
        for name, array in load_file(path).items()
    }
    save_file(weights, path, metadata={"format": "pt"})
    after = encoder.encode(["rain"])
    assert batches == [1, 1]
    assert not np.allclose(before, after, atol=1e-3)


def test_a_copy_of_a_model_folder_shares_its_vectors(encoder, model_folder, tmp_path, batches):
    before = encoder.encode(["rain"])
    copy = shutil.copytree(model_folder, tmp_path / "elsewhere")
    np.testing.assert_array_equal(encoder.set_params(model=copy).encode(["rain"]), before)
    assert batches == [1]


def test_a_prompt_is_put_before_every_text_and_has_vectors_of_its_own(encoder, batches):
    plain = encoder.encode(["storm", "rain storm"])
    prompted = encoder.set_params(prompt="rain ").encode(["storm"])
    assert batches == [2, 1]
    np.testing.assert_allclose(prompted[0], plain[1], atol=1e-5)


def test_vectors_have_length_one_unless_asked_otherwise(encoder, batches):
    texts = ["rain", "sun and wind"]
    raw = encoder.set_params(normalize=False).encode(texts)
    unit = encoder.set_params(normalize=True).encode(texts)
    assert batches == [2]
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(unit, raw / np.linalg.norm(raw, axis=1, keepdims=True), rtol=1e-6)
    assert np.all(np.linalg.norm(raw, axis=1) > 1.5)


def test_words_are_texts_of_one_word_in_any_language(encoder):
    np.testing.assert_array_equal(encoder.encode_words(["rain"], "en"), encoder.encode(["rain"], "zh"))


def test_no_texts_give_no_rows_of_the_right_width(encoder):
    assert encoder.encode([]).shape == (0, 16)


def test_the_encoder_holds_its_parameters_and_nothing_else(encoder):
    encoder.encode(["rain"])
    assert vars(encoder) == encoder.get_params()
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(encoder)).encode(["rain"]), encoder.encode(["rain"])
    )


def test_making_an_encoder_loads_nothing(tmp_path):
    SentenceTransformerEncoder("no/such-model", cache=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_progress_bar_is_shown_only_if_asked_for(encoder, capsys):
    encoder.encode(["rain"])
    assert "Encoding" not in capsys.readouterr().err
    encoder.set_params(verbose=1).encode(["sun", "wind"])
    assert "Encoding: 100%" in capsys.readouterr().err


def test_vectors_that_are_not_finite_are_refused_and_not_kept(encoder, monkeypatch):
    from sentence_transformers import SentenceTransformer

    monkeypatch.setattr(
        SentenceTransformer, "encode", lambda self, texts, **_: np.full((len(texts), 2), np.nan)
    )
    with pytest.raises(InputError) as error:
        encoder.encode(["rain"])
    assert str(error.value) == f"The model {str(encoder.model)!r} gave vectors that are not finite."
    assert not encoder.cache.exists()


def test_a_model_that_cannot_be_had_is_named_with_the_remedies(tmp_path, monkeypatch):
    pytest.importorskip("sentence_transformers")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # else it tries for a minute
    encoder = SentenceTransformerEncoder("no/such-model", cache=tmp_path, device="cpu")
    with pytest.raises(
        InputError,
        match=r"^The sentence-transformers model 'no/such-model' cannot be loaded on device 'cpu' \(.+\)\. "
        r"Give the name of a model on the Hugging Face Hub or a folder with one\. Precomputed arrays and "
        r"AlignedWordEncoder need no model\.$",
    ):
        encoder.encode(["rain"])


def test_an_unknown_device_is_named(encoder):
    with pytest.raises(InputError, match=r"cannot be loaded on device 'quantum' \("):
        encoder.set_params(device="quantum").encode(["rain"])


def test_a_missing_library_is_named_with_its_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingDependencyError) as error:
        SentenceTransformerEncoder("any/model", cache=tmp_path).encode(["rain"])
    assert str(error.value) == (
        "SentenceTransformerEncoder needs the package 'sentence_transformers', which cannot be imported "
        "(import of sentence_transformers halted; None in sys.modules). "
        "Install it with: pip install 'skxtm[embed]'."
    )


@pytest.mark.parametrize("texts", ["rain", ["rain", None]])
def test_what_is_no_sequence_of_str_is_refused(texts, tmp_path):
    with pytest.raises(InputTypeError, match=r"^texts must be a sequence of str\. Got "):
        SentenceTransformerEncoder(cache=tmp_path).encode(texts)


def test_importing_the_package_imports_neither_torch_nor_the_library():
    script = (
        "import sys, skxtm.embeddings\n"
        "print(sorted({'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.stdout == "[]\n"
