"""The generator against the distribution that it claims to draw from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError


def frequencies_and_expectation(made, code):
    rows = made.corpus.rows_of(code)
    counts = made.corpus.counts_of(code).toarray()
    return counts, made.theta[rows] @ made.topic_word[code]


@given(
    n_languages=st.integers(1, 3),
    sizes=st.lists(st.integers(1, 12), min_size=3, max_size=3),
    n_documents=st.integers(1, 6),
    n_components=st.integers(1, 4),
    concentration=st.sampled_from([1e-4, 0.05, 1.0, 100.0]),
)
@settings(max_examples=40, deadline=None)
def test_shapes_fit_and_every_row_is_a_distribution(
    n_languages, sizes, n_documents, n_components, concentration
):
    languages = ("en", "zh", "ja")[:n_languages]
    sizes = sizes[:n_languages]
    made = make_multilingual_corpus(
        n_documents,
        n_components=n_components,
        vocabulary_sizes=sizes,
        languages=languages,
        document_length=7,
        topic_concentration=concentration,
        word_concentration=concentration,
        random_state=0,
    )
    assert made.theta.shape == (n_languages * n_documents, n_components)
    np.testing.assert_allclose(made.theta.sum(axis=1), 1)
    assert made.theta.min() >= 0
    np.testing.assert_array_equal(made.labels, made.theta.argmax(axis=1))
    assert made.corpus.language.tolist() == [code for code in languages for _ in range(n_documents)]
    for code, size in zip(languages, sizes, strict=True):
        assert made.topic_word[code].shape == (n_components, size)
        np.testing.assert_allclose(made.topic_word[code].sum(axis=1), 1)
        counts = made.corpus.counts_of(code)
        assert counts.shape == (n_documents, size)
        assert counts.has_canonical_format
        assert counts.sum(axis=1).tolist() == [7] * n_documents
    assert len(made.lexicons) == n_languages - 1


@pytest.mark.parametrize("code", ["en", "zh"])
def test_word_frequencies_come_close_to_theta_times_topic_word(code):
    # Pearson's statistic over all documents has mean V - 1 at most and standard deviation about sqrt(2 V)
    n_words = 60
    made = make_multilingual_corpus(
        400, vocabulary_sizes=n_words, document_length=500, word_concentration=0.5, random_state=3
    )
    counts, probabilities = frequencies_and_expectation(made, code)
    observed, expected = counts.sum(axis=0), 500 * probabilities.sum(axis=0)
    assert ((observed - expected) ** 2 / expected).sum() < n_words + 4 * np.sqrt(2 * n_words)


@pytest.mark.parametrize("code", ["en", "zh"])
def test_every_single_document_follows_its_own_theta(code):
    made = make_multilingual_corpus(
        200, n_components=3, vocabulary_sizes=20, document_length=1000, word_concentration=5, random_state=1
    )
    counts, probabilities = frequencies_and_expectation(made, code)
    statistics = ((counts - 1000 * probabilities) ** 2 / (1000 * probabilities)).sum(axis=1)
    # chi-square with 19 degrees of freedom: mean 19, standard deviation sqrt(38)
    assert abs(statistics.mean() - 19) < 4 * np.sqrt(38 / 200)
    shuffled = probabilities[np.random.default_rng(0).permutation(200)]
    assert ((counts - 1000 * shuffled) ** 2 / (1000 * shuffled)).sum(axis=1).mean() > 60


def test_the_priors_have_the_concentrations_asked_for():
    made = make_multilingual_corpus(
        3000, n_components=4, vocabulary_sizes=50, topic_concentration=0.5, random_state=0, document_length=1
    )
    # variance of a symmetric Dirichlet's entry: (1/K)(1 - 1/K) / (K a + 1)
    assert made.theta.var() == pytest.approx((1 / 4) * (3 / 4) / (4 * 0.5 + 1), rel=0.05)
    made = make_multilingual_corpus(
        1, n_components=2000, vocabulary_sizes=50, word_concentration=0.2, random_state=0
    )
    expected = (1 / 50) * (49 / 50) / (50 * 0.2 + 1)
    assert made.topic_word["zh"].var() == pytest.approx(expected, rel=0.05)


def test_words_that_translate_each_other_are_equally_likely_in_every_topic():
    made = make_multilingual_corpus(
        5, vocabulary_sizes=(30, 30, 30), languages=("en", "zh", "ja"), random_state=0
    )
    np.testing.assert_array_equal(made.topic_word["en"], made.topic_word["zh"])
    np.testing.assert_array_equal(made.topic_word["en"], made.topic_word["ja"])


def test_with_different_vocabularies_they_are_proportional_within_each_topic():
    made = make_multilingual_corpus(5, vocabulary_sizes=(30, 50), word_concentration=1, random_state=0)
    shared = made.topic_word["zh"][:, :30]
    np.testing.assert_allclose(made.topic_word["en"], shared / shared.sum(axis=1, keepdims=True))


def test_a_tiny_concentration_gives_finite_topics_in_the_smaller_vocabulary_too():
    made = make_multilingual_corpus(5, vocabulary_sizes=(3, 300), word_concentration=1e-6, random_state=0)
    assert np.isfinite(made.topic_word["en"]).all()
    np.testing.assert_allclose(made.topic_word["en"].sum(axis=1), 1)


def test_the_lexicon_links_equal_word_numbers_of_the_first_language_and_each_other():
    made = make_multilingual_corpus(
        5, vocabulary_sizes=(4, 3, 6), languages=("en", "zh", "ja"), document_length=1, random_state=0
    )
    assert [lexicon.languages for lexicon in made.lexicons] == [("en", "zh"), ("en", "ja")]
    assert list(made.lexicons[0]) == [("en0", "zh0"), ("en1", "zh1"), ("en2", "zh2")]
    assert made.lexicon is made.lexicons[0]
    words = made.corpus.vocabularies
    matrix = made.lexicons[1].matrix(words["en"], words["ja"], "en", "ja").toarray()
    np.testing.assert_array_equal(matrix, np.eye(4, 6))


@pytest.mark.parametrize(("coverage", "n_pairs"), [(1.0, 40), (0.5, 20), (0.01, 1)])
def test_the_lexicon_holds_the_share_of_words_asked_for(coverage, n_pairs):
    lexicon = make_multilingual_corpus(
        2, vocabulary_sizes=40, lexicon_coverage=coverage, random_state=0
    ).lexicon
    assert len(lexicon) == n_pairs
    assert all(first[2:] == second[2:] for first, second in lexicon)


def test_one_language_has_no_lexicon():
    assert make_multilingual_corpus(3, languages=["en"], random_state=0).lexicon is None


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_seed_gives_the_same_bits(seed):
    first, second = (make_multilingual_corpus(20, lexicon_coverage=0.5, random_state=seed) for _ in range(2))
    assert first.theta.tobytes() == second.theta.tobytes()
    for code in ("en", "zh"):
        assert first.topic_word[code].tobytes() == second.topic_word[code].tobytes()
        assert (first.corpus.counts_of(code) != second.corpus.counts_of(code)).nnz == 0
    assert first.lexicon == second.lexicon


def test_different_seeds_differ_and_the_global_state_is_not_touched():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    seeds = [0, 1, None, np.random.default_rng(5)]
    draws = [make_multilingual_corpus(2, random_state=seed).theta.tobytes() for seed in seeds]
    assert len(set(draws)) == 4
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_documents": 0}, "n_documents must be an integer of at least 1. Got 0."),
        ({"n_components": 1.5}, "n_components must be an integer of at least 1. Got 1.5."),
        ({"document_length": True}, "document_length must be an integer of at least 1. Got True."),
        ({"vocabulary_sizes": (200, 0)}, "vocabulary_sizes must be an integer of at least 1. Got 0."),
        (
            {"languages": ("en", "zh", "ja"), "vocabulary_sizes": (9, 9)},
            "vocabulary_sizes has 2 entries, but languages has 3. Give one number for each language, or one "
            "for all.",
        ),
        ({"languages": "en"}, "languages must be a sequence of distinct language codes. Got 'en'."),
        (
            {"languages": ("en", "en")},
            "languages must be a sequence of distinct language codes. Got ('en', 'en').",
        ),
        ({"lexicon_coverage": 0}, "lexicon_coverage must be a number in (0, 1]. Got 0."),
        ({"lexicon_coverage": 1.1}, "lexicon_coverage must be a number in (0, 1]. Got 1.1."),
        ({"word_concentration": -1}, "word_concentration must be a positive finite number. Got -1."),
        ({"topic_concentration": np.nan}, "topic_concentration must be a positive finite number. Got nan."),
    ],
)
def test_a_parameter_out_of_range_is_named_with_its_value(options, message):
    with pytest.raises(InputError) as caught:
        make_multilingual_corpus(**options)
    assert str(caught.value) == message


def test_everything_is_under_the_codes_of_the_corpus():
    made = make_multilingual_corpus(4, vocabulary_sizes=5, languages=("EN", "deu"), random_state=0)
    assert (*made.topic_word,) == made.lexicon.languages == ("en", "de")
    assert set(made.corpus.languages) == {"de", "en"}
    assert made.corpus.vocabularies["de"][0] == "de0"
