import time

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone

from skxtm import CrossLingualTopicModel, CrossLingualVectorizer
from skxtm.datasets import load_sample, load_sample_lexicon, load_sample_reference
from skxtm.embeddings import AlignedWordEncoder
from skxtm.exceptions import InputError
from skxtm.metrics import AlignedReference, cnpmi_score
from skxtm.refinement import OfflineProposer, vote

N_THEMES, N_PER_THEME = 4, 12
EVERY_ROUND_ALIKE = {"subset_share": 1.0}


def themes(seed=0, noise=0.3):
    """Vectors of two languages, word i of theme i // 12, and a lexicon of equal numbers."""
    random = np.random.default_rng(seed)
    centres = np.repeat(np.eye(N_THEMES, 8), N_PER_THEME, axis=0)
    vectors = {
        code: centres + noise * random.normal(size=centres.shape) / np.sqrt(8) for code in ("en", "zh")
    }
    lexicon = csr_array(np.eye(len(centres)))
    return vectors, {("en", "zh"): lexicon}


def words_of(theme, n_words=6):
    return list(range(theme * N_PER_THEME, theme * N_PER_THEME + n_words))


def mixed_topics():
    """Topics of six words of a theme and two of the next one."""
    return [
        {code: words_of(theme) + words_of((theme + 1) % N_THEMES, 12)[10:] for code in ("en", "zh")}
        for theme in range(N_THEMES)
    ]


def themes_of(numbers):
    return {number // N_PER_THEME for number in numbers}


def test_far_words_are_dropped_and_near_ones_added():
    vectors, lexicons = themes()
    proposals = OfflineProposer().propose(mixed_topics(), word_vectors=vectors, lexicons=lexicons, n_words=9)
    for theme, proposal in enumerate(proposals):
        for numbers in proposal.values():
            assert numbers[:6] == words_of(theme)
            assert len(set(numbers)) == 9
            assert themes_of(numbers) == {theme}


def test_words_of_other_topics_are_added_only_if_allowed():
    vectors, _ = themes()
    added = {}
    for exclusive in (True, False):
        proposer = OfflineProposer(exclusive=exclusive, **EVERY_ROUND_ALIKE)
        proposals = proposer.propose(mixed_topics(), word_vectors=vectors, n_words=12)
        added[exclusive] = set(proposals[1]["en"][6:])
    # topic 0 holds words 22 and 23 of theme 1
    assert added == {True: set(range(18, 22)), False: set(range(18, 24))}


def test_a_topic_without_strangers_keeps_all_its_words_in_their_order():
    vectors, lexicons = themes()
    topic = {"en": words_of(0)[::-1], "zh": words_of(0)}
    (proposal,) = OfflineProposer().propose([topic], word_vectors=vectors, lexicons=lexicons, n_words=6)
    assert proposal == topic


def test_of_too_many_words_the_nearest_stay():
    vectors = {"en": np.array([[1, 0], [1, 0.3], [1, 0.1], [1, -0.1], [1, -0.05]])}
    (proposal,) = OfflineProposer(**EVERY_ROUND_ALIKE).propose(
        [{"en": [1, 4, 2, 3, 0]}], word_vectors=vectors, n_words=4
    )
    assert proposal == {"en": [4, 2, 3, 0]}


def test_rounds_differ_but_depend_on_seed_and_round_only():
    vectors, lexicons = themes(noise=1.2)

    def propose(round, seed):
        return OfflineProposer().propose(
            mixed_topics(), word_vectors=vectors, lexicons=lexicons, n_words=9, round=round, seed=seed
        )

    assert propose(0, 0) == propose(0, 0)
    assert propose(0, 0) != propose(1, 0)
    assert propose(0, 0) != propose(0, 1)


def test_rounds_are_alike_if_the_centre_is_made_of_all_words():
    vectors, _ = themes(noise=1.2)
    proposer = OfflineProposer(**EVERY_ROUND_ALIKE)
    first, second = (
        proposer.propose(mixed_topics(), word_vectors=vectors, n_words=9, round=round) for round in (0, 1)
    )
    assert first == second


def test_a_proposal_for_a_topic_does_not_depend_on_how_words_are_scaled():
    vectors, lexicons = themes()
    scaled = {
        code: of_language * np.linspace(1, 9, len(of_language))[:, None]
        for code, of_language in vectors.items()
    }
    arguments = {"lexicons": lexicons, "n_words": 9}
    proposer = OfflineProposer()
    assert proposer.propose(mixed_topics(), word_vectors=scaled, **arguments) == proposer.propose(
        mixed_topics(), word_vectors=vectors, **arguments
    )


def test_words_without_a_vector_are_never_added():
    vectors, _ = themes()
    vectors["en"][6:9] = 0
    lexicons = {("zh", "en"): csr_array(np.ones((48, 48)))}
    topics = [{"en": words_of(0), "zh": words_of(0)}]
    for drop_below in (0, 0.5):
        proposer = OfflineProposer(drop_below=drop_below, lexicon_weight=5)
        (proposal,) = proposer.propose(topics, word_vectors=vectors, lexicons=lexicons, n_words=48)
        assert set(proposal["en"]) >= {9, 10, 11}
        assert not set(proposal["en"]) & {6, 7, 8}


def test_a_topic_without_any_vector_stays_as_it_is():
    topics = [{"en": [0, 1], "zh": []}]
    vectors = {"en": np.zeros((4, 3)), "zh": np.zeros((2, 3))}
    assert OfflineProposer().propose(topics, word_vectors=vectors, n_words=3) == topics


def test_rare_words_are_never_added():
    vectors, _ = themes()
    frequencies = {code: np.where(np.arange(48) % 2, 1, 100) for code in vectors}
    topics = [{code: words_of(0, 5) for code in vectors}]
    arguments = {"word_vectors": vectors, "frequencies": frequencies, "n_words": 12}
    (proposal,) = OfflineProposer(rare_share=0.6).propose(topics, **arguments)
    assert sorted(proposal["en"]) == [0, 1, 2, 3, 4, 6, 8, 10]
    (proposal,) = OfflineProposer(rare_share=0).propose(topics, **arguments)
    assert sorted(proposal["en"]) == list(range(12))


@pytest.mark.parametrize("pair", [("en", "zh"), ("zh", "en")])
def test_translations_of_kept_words_come_first_in_either_direction_of_the_lexicon(pair):
    vectors, _ = themes()
    entries = np.zeros((48, 48))
    entries[0, 9] = entries[1, 30] = 1  # word 0 translates to a near word, word 1 to a far one
    lexicons = {pair: csr_array(entries if pair == ("en", "zh") else entries.T)}
    topics = [{"en": words_of(0), "zh": words_of(0)}]
    proposer = OfflineProposer(lexicon_weight=2, **EVERY_ROUND_ALIKE)
    (proposal,) = proposer.propose(topics, word_vectors=vectors, lexicons=lexicons, n_words=7)
    assert proposal["zh"] == [*words_of(0), 9]


def test_a_word_with_many_translations_supports_each_the_less():
    vectors = {"en": np.array([[1.0, 0], [1, 0]]), "zh": np.array([[1, 0], [1, 0.2], [1, 0.2], [1, 0.3]])}
    lexicons = {("en", "zh"): csr_array([[0, 1, 1, 0], [0, 0, 0, 1]])}
    proposer = OfflineProposer(lexicon_weight=1, **EVERY_ROUND_ALIKE)
    topics = [{"en": [0, 1], "zh": [0]}]
    (proposal,) = proposer.propose(topics, word_vectors=vectors, lexicons=lexicons, n_words=4)
    assert proposal["zh"] == [0, 3, 1, 2]


def test_languages_weigh_the_same_in_the_centre_whatever_their_numbers_of_words():
    vectors = {"en": np.tile([1.0, 0, 0], (9, 1)), "zh": np.array([[0, 1.0, 0], [1, 1, 0], [1, 0.2, 0]])}
    proposer = OfflineProposer(**EVERY_ROUND_ALIKE)
    (proposal,) = proposer.propose([{"en": list(range(9)), "zh": [0]}], word_vectors=vectors, n_words=2)
    assert proposal["zh"] == [0, 1]


@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        ("subset_share", 1.5, "a number between 0 and 1"),
        ("drop_below", -0.1, "a number between 0 and 1"),
        ("lexicon_weight", -1, "a number of at least 0"),
        ("rare_share", "all", "a number between 0 and 1"),
    ],
)
def test_a_parameter_out_of_range_is_named(parameter, value, expected):
    vectors, _ = themes()
    with pytest.raises(InputError) as caught:
        clone(OfflineProposer(**{parameter: value})).propose(mixed_topics(), word_vectors=vectors)
    assert str(caught.value) == (
        f"The {parameter!r} parameter of OfflineProposer must be {expected}. Got {value!r} instead."
    )


def test_fifty_topics_of_large_vocabularies_take_well_under_a_second():
    random = np.random.default_rng(0)
    vectors = {code: random.normal(size=(5000, 200)).astype(np.float32) for code in ("en", "zh")}
    lexicons = {
        ("en", "zh"): csr_array(
            (np.ones(20_000), random.integers(5000, size=(2, 20_000))), shape=(5000, 5000)
        )
    }
    topics = [{code: random.choice(5000, 15, replace=False).tolist() for code in vectors} for _ in range(50)]
    timings = []
    for round in range(3):
        start = time.process_time()
        OfflineProposer().propose(topics, word_vectors=vectors, lexicons=lexicons, n_words=15, round=round)
        timings.append(time.process_time() - start)
    assert min(timings) < 1


@pytest.fixture(scope="module")
def sample_model():
    """A short fit of NMTM on the bundled sample, with steps large enough for its few documents."""
    corpus = CrossLingualVectorizer().fit_transform(load_sample(languages=["en", "zh"]).corpus)
    lexicon = load_sample_lexicon("zh", "en")
    model = CrossLingualTopicModel(
        8, lexicon=lexicon, max_epochs=20, batch_size=24, learning_rate=0.01, random_state=0
    ).fit(corpus)
    return corpus, lexicon, model, AlignedWordEncoder(random_state=0).fit(corpus, lexicons=lexicon)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::skxtm.exceptions.AbsentWordsWarning")
def test_on_the_sample_most_random_words_are_dropped_and_coherence_rises(sample_model):
    corpus, lexicon, model, encoder = sample_model
    vocabularies = corpus.vocabularies
    top = {code: np.argsort(-model.topic_word_[code], axis=1, kind="stable")[:, :15] for code in vocabularies}
    random = np.random.default_rng(0)
    good = [{code: top[code][k, :10].tolist() for code in top} for k in range(8)]
    strange = [
        {
            code: random.choice(np.setdiff1d(np.arange(len(words)), top[code][k]), 5, replace=False).tolist()
            for code, words in vocabularies.items()
        }
        for k in range(8)
    ]
    mixed = [{code: good[k][code] + strange[k][code] for code in top} for k in range(8)]
    rounds = [
        OfflineProposer().propose(
            mixed,
            word_vectors=encoder.word_vectors_,
            lexicons={
                ("zh", "en"): lexicon.matrix(vocabularies["zh"], vocabularies["en"], source="zh", target="en")
            },
            frequencies={code: np.asarray(corpus.counts_of(code).sum(axis=0)) for code in top},
            n_words=15,
            round=round,
        )
        for round in range(5)
    ]
    voted = [vote([proposals[k] for proposals in rounds], original=mixed[k]).words for k in range(8)]

    def share_kept(words):
        return np.mean(
            [
                len({*words[k][code]} & {*voted[k][code]}) / len(words[k][code])
                for k in range(8)
                for code in top
            ]
        )

    def coherence(topics):
        reference = load_sample_reference()
        texts = CrossLingualVectorizer().fit_transform(reference[np.isin(reference.language, list(top))])
        words = [{code: vocabularies[code][topic[code]].tolist() for code in top} for topic in topics]
        n_words = min(len(of_language) for topic in words for of_language in topic.values())
        return cnpmi_score(words, AlignedReference.from_corpus(texts), n_words=n_words)

    assert 1 - share_kept(strange) > 0.5
    assert share_kept(good) > 0.75
    assert coherence(voted) > coherence(mixed) + 0.01
