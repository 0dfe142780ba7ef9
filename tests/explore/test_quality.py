import math
from collections import Counter
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from scipy import sparse

from skxtm import Corpus, CrossLingualTopicModel, Lexicon, LLMRefiner
from skxtm.datasets import load_sample, load_sample_lexicon, make_multilingual_corpus
from skxtm.exceptions import InputError, InputTypeError
from skxtm.explore import broken_topics, topic_quality_table
from skxtm.explore._evidence import gather_evidence
from skxtm.explore._measures import (
    mean_of_known,
    scale,
    unity_of,
)
from skxtm.explore._reading import read
from skxtm.explore.quality import ONE_THEME, judge
from skxtm.metrics import topic_uniqueness
from skxtm.report import write_report

pd = pytest.importorskip("pandas")
N_WORDS = 8


@pytest.fixture(scope="module")
def drawn():
    return make_multilingual_corpus(
        300, n_components=6, vocabulary_sizes=300, word_concentration=0.02, random_state=0
    )


@pytest.fixture(scope="module")
def model(drawn):
    return CrossLingualTopicModel(6, lexicon=drawn.lexicon, random_state=0).fit(drawn.corpus)


@pytest.fixture(scope="module")
def table(model, drawn):
    return topic_quality_table(model, drawn.corpus, n_words=N_WORDS).set_index("topic").sort_index()


@pytest.fixture(scope="module")
def evidence(model, drawn):
    """Of the topics that the documents were drawn from."""
    of_model = gather_evidence(
        model,
        read(model, drawn.corpus, "test"),
        n_words=N_WORDS,
        depth=5 * N_WORDS,
        lexicons=None,
        encoder=None,
    )
    rows = {code: drawn.corpus.rows_of(code) for code in model.languages_}
    return replace(
        of_model,
        top={code: list(np.argsort(-drawn.topic_word[code], axis=1)[:, : 5 * N_WORDS]) for code in rows},
        mass={code: drawn.theta[part].mean(axis=0) for code, part in rows.items()},
    )


def verdicts_of(evidence):
    return judge(evidence, np.arange(evidence.n_topics, 0, -1.0)).verdicts


def with_words(evidence, code, words):
    top = [words.get(k, of_topic) for k, of_topic in enumerate(evidence.top[code])]
    return replace(evidence, top={**evidence.top, code: top})


def test_topics_that_documents_were_drawn_from_are_fine(evidence):
    assert verdicts_of(evidence) == [""] * 6


def test_a_topic_whose_words_are_of_two_topics_has_two_themes(evidence):
    for code in ("en", "zh"):
        first, second = evidence.top[code][:2]
        evidence = with_words(evidence, code, {0: np.stack([first, second], axis=1).ravel()})
    kept = [0, 2, 3, 4, 5]
    evidence = replace(
        evidence,
        top={code: [words[k] for k in kept] for code, words in evidence.top.items()},
        mass={code: mass[kept] for code, mass in evidence.mass.items()},
    )
    judged = judge(evidence, np.arange(5, 0, -1.0))
    assert judged.verdicts == ["two themes", "", "", "", ""]
    assert (judged.columns["unity"] >= ONE_THEME).tolist() == [False, True, True, True, True]


def test_languages_of_topics_that_changed_places_disagree(evidence):
    first, second, third = evidence.top["zh"][:3]
    swapped = with_words(evidence, "zh", {0: second, 1: third, 2: first})
    assert verdicts_of(swapped) == ["languages disagree"] * 3 + [""] * 3


def test_words_shuffled_among_topics_are_incoherent_in_their_language(evidence):
    columns = np.array(evidence.top["zh"])
    shuffled = {k: columns[(np.arange(columns.shape[1]) + k) % 6, np.arange(columns.shape[1])] for k in (0,)}
    assert "incoherent in zh" in verdicts_of(with_words(evidence, "zh", shuffled))[0]
    assert verdicts_of(with_words(evidence, "zh", shuffled))[1:] == [""] * 5


def test_a_topic_with_over_nine_tenths_of_its_mass_in_one_language_is_marked(evidence):
    en = evidence.mass["en"]
    for share, verdict in [(0.92, "one language only"), (0.88, "")]:
        mass = {"en": en, "zh": np.where(np.arange(6) == 2, en * (1 - share) / share, en)}
        assert verdicts_of(replace(evidence, mass=mass)) == ["", "", verdict, "", "", ""]


def test_the_lighter_of_two_topics_with_the_same_words_repeats_the_other(evidence):
    for code in ("en", "zh"):
        evidence = with_words(evidence, code, {4: evidence.top[code][1]})
    assert verdicts_of(evidence) == ["", "", "", "", "repeats topic 1", ""]
    assert judge(evidence, np.arange(6.0)).verdicts[1] == "repeats topic 4"


def test_faults_are_found_where_most_topics_are_broken(evidence):
    zh = evidence.top["zh"]
    swapped = with_words(evidence, "zh", {k: zh[(k + 1) % 6] for k in range(6)})
    assert verdicts_of(swapped) == ["languages disagree"] * 6


def test_topics_without_vectors_are_judged_by_documents_and_lexicon(evidence):
    first, second = evidence.top["zh"][:2]
    bare = replace(evidence, vectors={})
    assert verdicts_of(bare) == [""] * 6
    assert verdicts_of(with_words(bare, "zh", {0: second, 1: first}))[:2] == ["languages disagree"] * 2
    assert np.isnan(judge(bare, np.ones(6)).columns["agreement_vectors"]).all()
    without = judge(replace(evidence, translations={}), np.ones(6)).columns
    assert np.isnan(without["agreement_lexicon"]).all()


def test_coherence_is_the_mean_npmi_over_documents_of_the_language(model, drawn, table):
    for code in ("en", "zh"):
        counts = drawn.corpus.counts_of(code).toarray() > 0
        column_of = {word: column for column, word in enumerate(model.vocabularies_[code])}
        for k, topic in enumerate(model.get_topics(N_WORDS)):
            values = []
            for one, other in combinations(topic[code], 2):
                first, second = counts[:, column_of[one]], counts[:, column_of[other]]
                both = (first & second).mean()
                independent = first.mean() * second.mean()
                values.append(math.log(both / independent) / -math.log(both) if both else 0.0)
            assert table[f"coherence_{code}"][k] == pytest.approx(np.mean(values))


def test_agreement_by_lexicon_is_the_share_of_words_with_a_translation_listed(model, drawn, table):
    listed, pairs = model.get_topics(5 * N_WORDS), set(drawn.lexicon)
    for k, topic in enumerate(model.get_topics(N_WORDS)):
        there = [any((word, other) in pairs for other in listed[k]["zh"]) for word in topic["en"]]
        back = [any((other, word) in pairs for other in listed[k]["en"]) for word in topic["zh"]]
        assert table["agreement_lexicon"][k] == pytest.approx((np.mean(there) + np.mean(back)) / 2)


def test_agreement_by_vectors_is_a_cosine_less_those_with_other_topics(model, drawn):
    rng = np.random.default_rng(0)
    vectors = {code: rng.normal(size=(300, 5)) for code in ("en", "zh")}
    table = topic_quality_table(model, drawn.corpus, n_words=N_WORDS, encoder=vectors)
    found = table.set_index("topic").sort_index()["agreement_vectors"]
    centroids = {}
    for code, of_language in vectors.items():
        unit = of_language / np.linalg.norm(of_language, axis=1, keepdims=True)
        centred = unit - unit.mean(axis=0)
        centred /= np.linalg.norm(centred, axis=1, keepdims=True)
        column_of = {word: column for column, word in enumerate(model.vocabularies_[code])}
        topics = model.get_topics(N_WORDS)
        sums = np.array([centred[[column_of[word] for word in topic[code]]].sum(axis=0) for topic in topics])
        centroids[code] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    for k in range(6):
        own = centroids["en"][k] @ centroids["zh"][k]
        others = [
            centroids["en"][a] @ centroids["zh"][b] for a, b in permutations(range(6), 2) if k in (a, b)
        ]
        assert found[k] == pytest.approx(own - np.mean(others), abs=1e-5)


def test_uniqueness_of_a_topic_is_its_mean_over_words_and_languages(model, drawn):
    topics = model.get_topics(40)  # of so many words some are shared
    found = topic_quality_table(model, drawn.corpus, n_words=40).set_index("topic")["uniqueness"]
    n_topics = {code: Counter(word for topic in topics for word in topic[code]) for code in ("en", "zh")}
    shares = [
        [[1 / n_topics[code][word] for word in words] for code, words in topic.items()] for topic in topics
    ]
    expected = np.mean(shares, axis=(1, 2))
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(found.sort_index(), expected)
    assert expected.mean() == pytest.approx(topic_uniqueness(topics, n_words=40))


def test_shares_count_languages_as_equally_large(model, drawn):
    en, zh = (drawn.corpus.rows_of(code) for code in ("en", "zh"))
    some = drawn.corpus[np.concatenate([en, zh[:40]])]
    table = topic_quality_table(model, some).set_index("topic").sort_index()
    theta = model.transform(some)
    means = [theta[some.rows_of(code)].mean(axis=0) for code in ("en", "zh")]
    np.testing.assert_allclose(table["share_en"], means[0] / (means[0] + means[1]), rtol=1e-5)
    np.testing.assert_allclose(table["share_en"] + table["share_zh"], 1)


def test_columns_and_order_are_as_documented(model, drawn, evidence):
    table = topic_quality_table(model, drawn.corpus)
    assert list(table.columns) == [
        *("topic", "name", "weight", "coherence_en", "coherence_zh", "agreement_lexicon"),
        *("agreement_vectors", "unity", "uniqueness", "share_en", "share_zh", "verdict"),
    ]
    is_broken = (table["verdict"] != "").tolist()
    assert is_broken == sorted(is_broken)
    for part in (table[table["verdict"] == ""], table[table["verdict"] != ""]):
        assert part["weight"].is_monotonic_decreasing
    assert broken_topics(table) == {
        topic: verdict for topic, verdict in zip(table["topic"], table["verdict"], strict=True) if verdict
    }


def test_the_table_of_the_same_model_and_documents_is_the_same_and_leaves_the_model_alone(model, drawn):
    resources = list(model.resources_)
    first, second = (topic_quality_table(model, drawn.corpus) for _ in range(2))
    assert first.equals(second)
    assert list(model.resources_) == resources


def test_a_loaded_model_learns_vectors_from_the_documents_judged(model, drawn, tmp_path):
    model.save(tmp_path / "model")
    table = topic_quality_table(CrossLingualTopicModel.load(tmp_path / "model"), drawn.corpus)
    assert table["agreement_vectors"].notna().all()


def test_documents_of_one_language_leave_the_other_without_coherence_and_shares(model, drawn):
    table = topic_quality_table(model, drawn.corpus[drawn.corpus.rows_of("en")])
    assert table[["coherence_zh", "share_zh"]].isna().all(axis=None)
    assert table["coherence_en"].notna().all()
    assert not table["verdict"].str.contains("one language only").any()


@pytest.mark.filterwarnings("ignore:.*hold no word of the vocabulary")
def test_a_topic_without_a_known_word_in_the_documents_has_no_coherence(model, drawn):
    absent = model.get_topics(N_WORDS)[0]
    counts = {}
    for code in ("en", "zh"):
        part = drawn.corpus.counts_of(code).toarray()
        part[:, np.isin(model.vocabularies_[code], absent[code])] = 0
        counts[code] = part
    table = topic_quality_table(model, Corpus.from_counts(counts, model.vocabularies_), n_words=N_WORDS)
    of_topic = table.set_index("topic").loc[0]
    assert np.isnan(of_topic["coherence_en"])
    assert np.isnan(of_topic["coherence_zh"])


def test_languages_in_which_nothing_can_be_told_are_named_in_a_warning(evidence):
    rng = np.random.default_rng(0)
    counts = {  # words keep their frequency, and no two belong together
        code: sparse.csr_array(rng.permuted(matrix.toarray(), axis=0))
        for code, matrix in evidence.counts.items()
    }
    judged = judge(replace(evidence, counts=counts, vectors={}), np.ones(6))
    assert judged.untold == ["en", "zh"]
    assert not any("incoherent" in verdict for verdict in judged.verdicts)


def test_the_warning_says_what_to_do(drawn, monkeypatch, model):
    from skxtm.explore import quality

    monkeypatch.setattr(
        quality, "judge", lambda evidence, weights: replace(judge(evidence, weights), untold=["zh"])
    )
    with pytest.warns(UserWarning, match="No topic is more coherent") as caught:
        topic_quality_table(model, drawn.corpus)
    assert str(caught[-1].message) == (
        "No topic is more coherent in ['zh'] than random words of these documents: either they are too few to "
        "tell, or all topics are incoherent there. Give more documents to tell which."
    )


def test_a_model_of_one_language_has_no_agreement():
    data = make_multilingual_corpus(150, n_components=3, languages=("en",), random_state=0)
    model = CrossLingualTopicModel(3, random_state=0).fit(data.corpus)
    table = topic_quality_table(model, data.corpus)
    assert table[["agreement_lexicon", "agreement_vectors"]].isna().all(axis=None)
    assert (table["share_en"] == 1).all()
    assert set(table["verdict"]) <= {"", "two themes", "incoherent in en"}


@pytest.mark.filterwarnings("ignore:No topic is more coherent")
@pytest.mark.parametrize("n_words", [1, 3, 1000])
def test_any_number_of_words_and_one_topic_are_tabulated(drawn, n_words):
    model = CrossLingualTopicModel(1, lexicon=drawn.lexicon, random_state=0).fit(drawn.corpus)
    table = topic_quality_table(model, drawn.corpus, n_words=n_words)
    assert table["topic"].tolist() == [0]
    assert table["uniqueness"].tolist() == [1.0]
    assert table["coherence_en"].isna().all() == (n_words == 1)


def test_lexicons_that_are_given_replace_those_of_the_model(model, drawn):
    useless = Lexicon([("en0", "zh299")], ("en", "zh"), match="literal")
    table = topic_quality_table(model, drawn.corpus, lexicons=useless)
    assert (table["agreement_lexicon"] < 0.1).all()


def test_a_refiner_is_judged_by_its_refined_topics(model, drawn):
    refiner = LLMRefiner(model, max_epochs=1, n_words=5, random_state=0).fit(drawn.corpus)
    table = topic_quality_table(refiner, drawn.corpus)
    assert sorted(table["name"]) == sorted(refiner.model_.topic_names_)


def test_what_is_no_model_and_no_number_of_words_is_refused(model, drawn):
    with pytest.raises(InputTypeError) as caught:
        topic_quality_table("model", drawn.corpus)
    assert str(caught.value) == (
        "The 'model' parameter of topic_quality_table must be a CrossLingualTopicModel or an LLMRefiner, such as "
        "a step of a pipeline or the best_estimator_ of a search. Got str instead."
    )
    with pytest.raises(InputError, match="The 'n_words' parameter of topic_quality_table must be an integer"):
        topic_quality_table(model, drawn.corpus, n_words=0)


def test_unity_is_what_is_left_across_two_groups():
    block = np.full((4, 4), 0.6)
    two = np.block([[block, np.full((4, 4), 0.1)], [np.full((4, 4), 0.1), block]])
    np.fill_diagonal(two, 1)
    order = np.random.default_rng(0).permutation(8)
    assert unity_of(two[np.ix_(order, order)], 0.1) == pytest.approx(0)
    assert unity_of(two, 0.0) == pytest.approx(1 / 6)
    assert unity_of(np.full((8, 8), 0.5), 0.0) == pytest.approx(1)


def test_single_words_and_noise_are_no_second_theme():
    one = np.full((8, 8), 0.6)
    one[7], one[:, 7] = 0, 0
    assert unity_of(one, 0.0) == 1
    one[4:], one[:, 4:] = 0, 0
    assert unity_of(one, 0.0) == 1
    assert np.isnan(unity_of(one[:3, :3], 0.0))


def test_the_way_leads_from_random_words_to_good_topics_and_ends_where_they_are_alike():
    random = np.array([-0.1, 0.1, 0.0, np.nan])
    assert scale(np.array([0.0, 1.0, 1.0, 1.0, np.nan]), random).way[:2].tolist() == [0, 1]
    assert np.isnan(scale(np.array([0.1, 0.0]), random).way).all()
    assert np.isnan(scale(np.array([np.nan]), random).way).all()


def test_means_leave_out_what_is_not_known():
    rows = [np.array([1.0, np.nan, np.nan]), np.array([4.0, 2.0, np.nan])]
    np.testing.assert_equal(mean_of_known(rows), [2.5, 2, np.nan])
    weights = [np.array([2.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0])]
    np.testing.assert_equal(mean_of_known(rows, weights), [2, 2, np.nan])


@pytest.mark.slow
def test_topics_of_the_sample_that_are_broken_on_purpose_are_marked():
    train, test = (load_sample(part, languages=["en", "zh"]).corpus for part in ("train", "test"))
    model = CrossLingualTopicModel(8, lexicon=load_sample_lexicon("zh", "en"), random_state=3).fit(train)
    evidence = gather_evidence(
        model, read(model, test, "test"), n_words=10, depth=50, lexicons=None, encoder=None
    )
    before = verdicts_of(evidence)
    first, second = evidence.top["zh"][:2]
    after = verdicts_of(with_words(evidence, "zh", {0: second, 1: first}))
    assert sum(map(bool, before)) <= 1
    assert all("languages disagree" in verdict for verdict in after[:2])
    assert after[2:] == before[2:]


class TestMarks:
    """Every view of topics takes the table, and marks those that are broken."""

    CORPUS = make_multilingual_corpus(n_documents=60, n_components=3, random_state=0)

    def model(self):
        return CrossLingualTopicModel(3, lexicon=self.CORPUS.lexicon, random_state=0).fit(self.CORPUS.corpus)

    QUALITY = pd.DataFrame({"topic": [2, 0, 1], "verdict": ["", "", "two themes"]})

    def test_the_table_of_topics_puts_them_last(self):
        info = self.model().get_topic_info(quality=self.QUALITY)
        assert list(info.columns[:4]) == ["topic", "name", "weight", "verdict"]
        assert info["topic"].tolist() == [0, 2, 1]
        assert info["verdict"].tolist() == ["", "", "two themes"]

    def test_so_does_that_of_a_refiner(self):
        refiner = LLMRefiner(self.model(), max_epochs=1, n_words=5, random_state=0).fit(self.CORPUS.corpus)
        info = refiner.get_topic_info(quality=self.QUALITY)
        assert info["topic"].tolist() == [0, 2, 1]
        assert info["verdict"].tolist() == ["", "", "two themes"]

    def test_the_report_marks_them_and_puts_them_last(self, tmp_path):
        write_report(tmp_path / "topics.html", self.model(), quality=self.QUALITY)
        page = (tmp_path / "topics.html").read_text(encoding="utf-8")
        assert page.count("⚠") == 1
        assert page.index("Topic 0") < page.index("Topic 1 ")
        assert page.index("Topic 2") < page.index("Topic 1 ") < page.index("⚠ two themes")

    def test_a_table_from_before_topics_were_sorted_is_refused(self):
        model = self.model().merge_topics([1, 2])
        table, moved = topic_quality_table(model, self.CORPUS.corpus), model.sort_topics()
        assert moved.topic_weight_[0] > model.topic_weight_[0]
        model.set_topic_names({0: "first"}).get_topic_info(quality=table)
        with pytest.raises(InputError) as caught:
            moved.get_topic_info(quality=table)
        assert str(caught.value) == (
            f"The 'quality' table is of other topics: topic {table['topic'][0]} of the model has another weight. "
            "Make it anew, of this model."
        )

    @pytest.mark.parametrize(
        ("quality", "message"),
        [
            (
                pd.DataFrame({"topic": [0]}),
                "The 'quality' parameter must be a table from skxtm.explore.topic_quality_table.",
            ),
            ("good", "The 'quality' parameter must be a table from skxtm.explore.topic_quality_table."),
            (
                pd.DataFrame({"topic": [0, 1], "verdict": ["", ""]}),
                "The 'quality' table is of 2 topics, and the model has 3. Make it anew, of this model.",
            ),
        ],
    )
    def test_a_table_of_something_else_is_refused(self, quality, message):
        with pytest.raises(InputError) as caught:
            self.model().get_topic_info(quality=quality)
        assert str(caught.value) == message
