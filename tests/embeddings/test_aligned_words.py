import pickle

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import ortho_group
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skxtm.corpus import Corpus
from skxtm.datasets import load_rakuten_amazon, make_multilingual_corpus
from skxtm.embeddings import AlignedWordEncoder, AlignmentQuality
from skxtm.embeddings._pairing import lexicon_list
from skxtm.exceptions import InputError, InputTypeError, MissingResourceError
from skxtm.lexicon import Lexicon
from skxtm.lexicons import SourcedLexicon
from skxtm.metrics import transfer_accuracy

N_WORDS = 120


@pytest.fixture(scope="module")
def made():
    return make_multilingual_corpus(
        300, languages=("en", "zh", "ja"), vocabulary_sizes=N_WORDS, lexicon_coverage=0.5, random_state=0
    )


@pytest.fixture(scope="module")
def fitted(made):
    return AlignedWordEncoder(n_dimensions=20, random_state=0).fit(made.corpus, lexicons=made.lexicons)


@pytest.fixture(scope="module")
def turned():
    """Monolingual vectors of three languages: one space, each time turned and a little displaced."""
    random = np.random.default_rng(3)
    shared = unit(random.normal(size=(N_WORDS, 10)))
    return {
        code: unit(
            (shared + 0.02 * random.normal(size=shared.shape)) @ ortho_group.rvs(10, random_state=seed)
        )
        for seed, code in enumerate(["en", "zh", "ja"])
    }


def unit(vectors):
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def two_languages(made):
    return made.corpus[np.isin(made.corpus.language, ["en", "zh"])]


def test_spaces_that_are_turned_copies_come_to_lie_on_each_other(made, turned):
    encoder = AlignedWordEncoder(word_vectors=turned, random_state=0).fit(made.corpus, lexicons=made.lexicons)
    for code in ("zh", "ja"):
        cosines = np.sum(encoder.word_vectors_["en"] * encoder.word_vectors_[code], axis=1)
        assert cosines.min() > 0.95
    assert encoder.precision(1) == {("zh", "en"): 1.0, ("ja", "en"): 1.0}
    assert encoder.quality_["zh", "en"] == AlignmentQuality(1.0, 1.0, 12)


def test_a_classifier_learnt_in_one_language_serves_the_others(made, fitted):
    vectors = fitted.transform(made.corpus)
    english, others = made.corpus.language == "en", made.corpus.language != "en"
    classifier = LogisticRegression().fit(vectors[english], made.labels[english])
    assert classifier.score(vectors[others], made.labels[others]) > 0.9


def test_word_vectors_are_unit_rows_of_one_width(fitted):
    assert fitted.languages_ == ("en", "zh", "ja")
    for vectors in fitted.word_vectors_.values():
        assert vectors.shape == (N_WORDS, 20)
        assert vectors.dtype == np.float32
        lengths = np.linalg.norm(vectors, axis=1)
        np.testing.assert_allclose(lengths[lengths > 0], 1, rtol=1e-5)


def test_aligning_turns_the_vectors_of_a_language_and_no_more(made, fitted):
    alone = AlignedWordEncoder(n_dimensions=20, random_state=0, n_refinements=0).fit(
        made.corpus, lexicons=made.lexicons
    )
    for code, vectors in fitted.word_vectors_.items():
        other = alone.word_vectors_[code]
        np.testing.assert_allclose(vectors @ vectors.T, other @ other.T, atol=1e-5)
    np.testing.assert_array_equal(fitted.word_vectors_["en"], alone.word_vectors_["en"])
    assert not np.allclose(fitted.word_vectors_["zh"], alone.word_vectors_["zh"], atol=1e-3)


def test_the_anchor_is_the_language_with_most_translations(made):
    english, japanese = made.lexicons
    few = Lexicon(list(english)[:30], english.languages, match="literal")
    through_japanese = Lexicon.compose(english.inverse(), japanese)
    encoder = AlignedWordEncoder(n_dimensions=5).fit(made.corpus, lexicons=[few, japanese, through_japanese])
    assert encoder.anchor_language_ == "ja"
    assert encoder.mapped_onto_ == {"en": "ja", "zh": "ja"}


def test_a_language_without_a_lexicon_to_the_anchor_goes_through_another(made, turned):
    encoder = AlignedWordEncoder(word_vectors=turned, anchor_language="zh").fit(
        made.corpus, lexicons=made.lexicons
    )
    assert encoder.anchor_language_ == "zh"
    assert encoder.mapped_onto_ == {"en": "zh", "ja": "en"}
    np.testing.assert_allclose(
        np.sum(encoder.word_vectors_["zh"] * encoder.word_vectors_["ja"], axis=1), 1, atol=0.06
    )


@pytest.mark.parametrize("anchor", ["en", "zh"])
def test_a_lexicon_serves_in_either_direction(made, turned, anchor):
    moved = np.roll(np.arange(N_WORDS), -1)  # English word i translates Chinese word i + 1
    pairs = [(f"en{row}", f"zh{moved[row]}") for row in range(N_WORDS // 2)]
    vectors = {"en": turned["en"], "zh": turned["zh"][np.argsort(moved)]}
    encoder = AlignedWordEncoder(word_vectors=vectors, anchor_language=anchor, n_refinements=0)
    encoder.fit(two_languages(made), lexicons=Lexicon(pairs, ("en", "zh"), match="literal"))
    cosines = np.sum(encoder.word_vectors_["en"] * encoder.word_vectors_["zh"][moved], axis=1)
    assert cosines.min() > 0.95


def test_lexicons_of_the_same_languages_are_united(made, turned):
    english = made.lexicons[0]
    halves = [
        Lexicon(list(english)[:30], ("en", "zh"), match="literal"),
        Lexicon(list(english)[30:], ("en", "zh"), match="literal").inverse(),
    ]
    corpus = two_languages(made)
    parts, whole = (
        AlignedWordEncoder(word_vectors=turned).fit(corpus, lexicons=lexicons)
        for lexicons in (halves, english)
    )
    np.testing.assert_array_equal(parts.word_vectors_["zh"], whole.word_vectors_["zh"])


def test_a_single_language_needs_no_lexicon(made):
    corpus = made.corpus[made.corpus.language == "zh"]
    encoder = AlignedWordEncoder(n_dimensions=20, random_state=0).fit(corpus)
    assert encoder.word_vectors_["zh"].shape == (N_WORDS, 20)
    assert encoder.transform(corpus).shape == (300, 20)
    assert encoder.quality_ == {}


def test_no_more_dimensions_are_made_than_there_are_words(made):
    encoder = AlignedWordEncoder(n_dimensions=500).fit(made.corpus, lexicons=made.lexicons)
    assert encoder.word_vectors_["en"].shape == (N_WORDS, N_WORDS)


def test_documents_are_centred_averages_weighted_by_inverse_frequency(made, turned):
    corpus = made.corpus
    encoder = AlignedWordEncoder(word_vectors=turned, sif=0.02).fit(corpus, lexicons=made.lexicons)
    counts, vectors = corpus.counts_of("ja").toarray(), encoder.word_vectors_["ja"].astype(float)
    frequency = counts.sum(axis=0) / counts.sum()
    weights = [0.02 / (0.02 + share) for share in frequency]
    np.testing.assert_allclose(encoder.word_weights_["ja"], weights, rtol=1e-5)
    averages = [
        sum(row[word] * weights[word] * vectors[word] for word in range(N_WORDS)) / row.sum()
        for row in counts
    ]
    directions = unit(np.array(averages))
    expected = unit(directions - directions.mean(axis=0))
    np.testing.assert_allclose(encoder.transform(corpus)[corpus.rows_of("ja")], expected, atol=1e-5)


def test_training_documents_of_each_language_have_their_centre_in_the_origin(made, fitted):
    for code in fitted.languages_:
        averages = made.corpus.counts_of(code) @ (
            fitted.word_weights_[code][:, np.newaxis] * fitted.word_vectors_[code]
        )
        np.testing.assert_allclose(fitted.document_means_[code], unit(averages).mean(axis=0), atol=1e-5)


def test_removed_components_are_the_leading_ones_and_gone(made):
    encoder = AlignedWordEncoder(n_dimensions=20, remove_common=2, random_state=0)
    encoder.fit(made.corpus, lexicons=made.lexicons)
    plain = clone(encoder).set_params(remove_common=0).fit(made.corpus, lexicons=made.lexicons)
    vectors, before = encoder.transform(made.corpus), plain.transform(made.corpus)
    for code in encoder.languages_:
        axes, rows = encoder.common_components_[code], made.corpus.rows_of(code)
        _, _, expected = np.linalg.svd(before[rows], full_matrices=False)
        np.testing.assert_allclose(np.abs(np.sum(axes * expected[:2], axis=1)), 1, atol=1e-3)
        np.testing.assert_allclose(vectors[rows] @ axes.T, 0, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_a_document_without_words_is_the_zero_vector(made, fitted):
    counts = csr_array(([3], ([1], [7])), shape=(2, N_WORDS))
    vectors = fitted.transform(Corpus.from_counts({"zh": counts}, {"zh": made.corpus.vocabularies["zh"]}))
    assert vectors[0].tolist() == [0] * 20
    np.testing.assert_allclose(np.linalg.norm(vectors[1]), 1, rtol=1e-5)


def test_a_word_that_occurs_with_no_other_is_the_zero_vector(made):
    counts = made.corpus.counts_of("en").tolil()
    counts[:, 5] = 0
    corpus = Corpus.from_counts({"en": counts.tocsr()}, {"en": made.corpus.vocabularies["en"]})
    vectors = AlignedWordEncoder(n_dimensions=20).fit(corpus).word_vectors_["en"]
    assert not vectors[5].any()


def test_rows_do_not_depend_on_the_other_rows_in_the_call(made, fitted):
    rows = np.random.default_rng(0).permutation(len(made.corpus))[:50]
    np.testing.assert_allclose(
        fitted.transform(made.corpus[rows]), fitted.transform(made.corpus)[rows], atol=1e-6
    )


def test_texts_are_encoded_as_their_counts_are(made, fitted):
    words = made.corpus.vocabularies
    texts = [
        " ".join(np.repeat(words[code], made.corpus.counts_of(code)[[4]].toarray().ravel()))
        for code in ("zh", "en")
    ]
    expected = fitted.transform(made.corpus)[[made.corpus.rows_of(code)[4] for code in ("zh", "en")]]
    found = fitted.encode([texts[0] + " neverseen", texts[1], ""], ["zh", "en", "en"])
    np.testing.assert_allclose(found[:2], expected, atol=1e-6)
    assert not found[2].any()
    np.testing.assert_array_equal(fitted.encode(texts[:1], "zh"), found[:1])
    assert fitted.encode([], "en").shape == (0, 20)


def test_words_are_looked_up_in_their_language(fitted):
    np.testing.assert_array_equal(
        fitted.encode_words(["zh3", "zh0"], "zh"), fitted.word_vectors_["zh"][[3, 0]]
    )


def test_encode_corpus_is_transform(made, fitted):
    np.testing.assert_array_equal(fitted.encode_corpus(made.corpus), fitted.transform(made.corpus))


def test_one_seed_gives_one_result_and_leaves_the_global_generator_alone(made):
    np.random.seed(7)  # noqa: NPY002 - it is the legacy generator that must stay untouched
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    first, second = (
        AlignedWordEncoder(n_dimensions=20, random_state=1).fit(made.corpus, lexicons=made.lexicons)
        for _ in range(2)
    )
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    for code in first.languages_:
        np.testing.assert_array_equal(first.word_vectors_[code], second.word_vectors_[code])
    assert first.precision(3) == second.precision(3) == first.precision(3)


def test_precision_grows_with_k(fitted):
    at = [fitted.precision(k)["ja", "en"] for k in (1, 5, N_WORDS)]
    assert 0 < at[0] < at[1] < at[2] == 1


def test_fitting_changes_no_parameter_and_the_result_can_be_pickled(made, turned):
    encoder = AlignedWordEncoder(word_vectors=turned, random_state=0)
    before = {name: id(value) for name, value in encoder.get_params().items()}
    encoder.fit(made.corpus, lexicons=made.lexicons)
    assert {name: id(value) for name, value in encoder.get_params().items()} == before
    copy = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(copy.transform(made.corpus), encoder.transform(made.corpus))
    assert copy.quality_ == encoder.quality_


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"n_dimensions": 0},
            "The 'n_dimensions' parameter of AlignedWordEncoder must be an integer in [1, inf)",
        ),
        (
            {"n_refinements": 1.5},
            "The 'n_refinements' parameter of AlignedWordEncoder must be an integer in [0, inf)",
        ),
        (
            {"remove_common": True},
            "The 'remove_common' parameter of AlignedWordEncoder must be an integer in [0, inf)",
        ),
        (
            {"smoothing": 1.5},
            "The 'smoothing' parameter of AlignedWordEncoder must be a number in [0, 1]",
        ),
        ({"sif": 0}, "The 'sif' parameter of AlignedWordEncoder must be a number in [1e-09, inf)"),
    ],
)
def test_a_parameter_out_of_range_is_named(made, parameters, message):
    with pytest.raises(InputError) as error:
        AlignedWordEncoder(**parameters).fit(made.corpus, lexicons=made.lexicons)
    assert str(error.value) == f"{message}. Got {next(iter(parameters.values()))!r} instead."


def test_an_anchor_that_is_not_there_is_named(made):
    with pytest.raises(InputError) as error:
        AlignedWordEncoder(anchor_language="fr").fit(made.corpus, lexicons=made.lexicons)
    assert str(error.value) == (
        "The 'anchor_language' parameter of AlignedWordEncoder must be one of ['en', 'zh', 'ja'], the "
        "languages of X. Got 'fr' instead."
    )


def test_a_language_that_no_lexicon_connects_is_named(made):
    with pytest.raises(MissingResourceError) as error:
        AlignedWordEncoder(n_dimensions=5).fit(made.corpus, lexicons=made.lexicons[0])
    assert str(error.value) == (
        "AlignedWordEncoder cannot bring ['ja'] into the space of ['en', 'zh']: no lexicon that was given "
        "holds a translation between their vocabularies. Pass lexicons= a Lexicon of such a pair "
        "(match='normal' finds most), or join two with Lexicon.compose."
    )


@pytest.mark.parametrize("wrapped", [lambda lexicon: lexicon, lambda lexicon: [lexicon]])
def test_lexicons_in_the_place_of_labels_are_refused(made, wrapped):
    with pytest.raises(InputTypeError) as error:
        AlignedWordEncoder(n_dimensions=5).fit(made.corpus, wrapped(made.lexicons[0]))
    assert str(error.value) == "y holds lexicons, which are given by name: fit(X, lexicons=...)."


def test_it_stands_in_a_pipeline_before_a_classifier(made):
    corpus = made.corpus[np.flatnonzero(made.corpus.language == "en")]
    labels = made.labels[made.corpus.language == "en"]
    pipeline = make_pipeline(AlignedWordEncoder(n_dimensions=5, random_state=0), LogisticRegression())
    assert pipeline.fit(corpus, labels).predict(corpus).shape == labels.shape


def test_what_functions_of_lexicons_return_is_a_lexicon(made):
    sourced = [SourcedLexicon(lexicon, (), n_entries=1) for lexicon in made.lexicons]
    assert lexicon_list(sourced[0]) == [made.lexicons[0]]
    assert lexicon_list([sourced[0], *made.lexicons[1:]]) == list(made.lexicons)


def test_a_number_is_no_lexicon():
    with pytest.raises(
        InputTypeError, match=r"^lexicons must be a Lexicon or a list of them\. Got 'int'; read"
    ):
        lexicon_list(5)


def test_a_path_is_no_lexicon(made):
    with pytest.raises(InputTypeError) as error:
        AlignedWordEncoder(n_dimensions=5).fit(made.corpus, lexicons=["zh-en.tsv"])
    assert str(error.value) == (
        "lexicons must be a Lexicon or a list of them. Got 'str'; read a file by Lexicon.read(path)."
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda vectors: {"en": vectors["en"]},
            "word_vectors has no vectors for ['zh', 'ja']; it has some for ['en'].",
        ),
        (
            lambda vectors: vectors | {"zh": vectors["zh"][:7]},
            "word_vectors['zh'] has shape (7, 10), but the vocabulary of 'zh' has 120 words; one row per "
            "word is needed.",
        ),
        (
            lambda vectors: vectors | {"ja": vectors["ja"][:, :4]},
            "word_vectors has different numbers of dimensions: {'en': 10, 'zh': 10, 'ja': 4}. One space "
            "is needed.",
        ),
        (
            lambda vectors: vectors | {"en": vectors["en"] * np.nan},
            "word_vectors['en'] contains NaN or infinity.",
        ),
    ],
)
def test_word_vectors_that_do_not_fit_are_named(made, turned, change, message):
    with pytest.raises(InputError) as error:
        AlignedWordEncoder(word_vectors=change(turned)).fit(made.corpus, lexicons=made.lexicons)
    assert str(error.value) == message


def test_a_corpus_without_counts_is_refused():
    with pytest.raises(
        InputError, match=r"^This Corpus has no counts\. Make them with CrossLingualVectorizer\.$"
    ):
        AlignedWordEncoder().fit(Corpus(["en"], text=["rain"]))


def test_a_language_that_was_not_seen_is_named(fitted):
    with pytest.raises(InputError) as error:
        fitted.encode_words(["Regen"], "de")
    assert str(error.value) == (
        "languages contains ['de'], which were not seen during fit. AlignedWordEncoder was fitted on "
        "['en', 'zh', 'ja']."
    )


def test_words_that_were_not_seen_are_named(fitted):
    with pytest.raises(InputError) as error:
        fitted.encode_words(["en1", *(f"new{number}" for number in range(7))], "en")
    assert str(error.value) == (
        "words contains ['new0', 'new1', 'new2', 'new3', 'new4'] and 2 more, not in the vocabulary of "
        "'en'. Leave them out: only words seen during fit have a vector."
    )


def test_another_vocabulary_is_refused(fitted):
    with pytest.raises(InputError) as error:
        fitted.transform(Corpus.from_counts({"en": [[1]]}, {"en": ["rain"]}))
    assert str(error.value) == (
        "X has another vocabulary in 'en' than AlignedWordEncoder was fitted on, or none. Count its words "
        "with the same fitted CrossLingualVectorizer."
    )


def test_a_linear_svm_on_rakuten_amazon_reaches_what_the_recipe_reached(data_home):
    train, test = (load_rakuten_amazon(subset, data_home=data_home) for subset in ("train", "test"))
    lexicon = Lexicon.read(data_home / "lexicons" / "ja-en.txt")
    encoder = AlignedWordEncoder(random_state=0).fit(train.corpus, lexicons=lexicon)
    accuracy = transfer_accuracy(
        encoder.transform(train.corpus),
        train.labels,
        train.corpus.language,
        encoder.transform(test.corpus),
        test.labels,
        test.corpus.language,
        classifier=LinearSVC(random_state=0),
    )
    figures = accuracy.figures("en", "ja")
    least = {"EN-I": 0.802, "EN-C": 0.688, "JA-I": 0.829, "JA-C": 0.770}
    assert all(figures[name] >= least[name] for name in least), figures
