"""Topics merged, split and put in order, as users meet them."""

import copy
import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from skxtm import CrossLingualTopicModel, LLMRefiner
from skxtm._model.reading import reader_of
from skxtm._model.state import state_of
from skxtm.backbones import NMTM, backbone_class, backbone_names
from skxtm.checks import small_backbone
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, InputTypeError

DATA = make_multilingual_corpus(
    n_documents=300, n_components=5, vocabulary_sizes=60, word_concentration=0.1, random_state=0
)
CORPUS = DATA.corpus
N_TOPICS = 6

# Drawn topics are of one theme
pytestmark = pytest.mark.filterwarnings("ignore:Topic .* does not fall into:UserWarning")


def make_model(n_components=N_TOPICS, backbone="corectm"):
    return CrossLingualTopicModel(n_components, backbone=backbone, lexicon=DATA.lexicon, random_state=0)


@cache
def fitted_model():
    return make_model().fit(CORPUS)


@pytest.fixture
def model():
    return fitted_model()


LANGUAGES = (slice(60), slice(60, 120))  # words of each


def divide(document, own, joint, total, shares):
    """Tell by naive Bayes what each part gets of a topic that has `joint` of the `total` weight of words."""
    means = np.mean([shares[:, part] @ joint[part] / joint[part].sum() for part in LANGUAGES], axis=0)
    evidence = np.log(np.maximum(shares[:, own], 1e-3) / means[:, None])
    return softmax(np.log(means) + evidence @ (document * joint[own] / total[own]))


class TestMerging:
    def test_proportions_add_up_and_words_are_averaged_by_weight(self, model):
        merged = model.merge_topics([[1, 4], [5, 2]])
        before, weight = model.transform(CORPUS), model.topic_weight_
        expected = np.stack(
            [before[:, 0], before[:, [1, 4]].sum(1), before[:, [2, 5]].sum(1), before[:, 3]], axis=1
        )
        np.testing.assert_allclose(merged.transform(CORPUS), expected, atol=1e-6)
        np.testing.assert_allclose(merged.topic_weight_, expected.mean(0), atol=1e-6)
        for code, words in model.topic_word_.items():
            mean = (weight[1] * words[1] + weight[4] * words[4]) / (weight[1] + weight[4])
            np.testing.assert_allclose(merged.topic_word_[code][1], mean)

    def test_the_model_itself_stays_as_it_is(self, model):
        before = model.components_.copy(), model.transform(CORPUS), model.topic_names_
        model.merge_topics([0, 1]).split_topic(0, CORPUS)
        np.testing.assert_array_equal(model.components_, before[0])
        np.testing.assert_array_equal(model.transform(CORPUS), before[1])
        assert model.topic_names_ == before[2]

    def test_names_go_with_their_topics(self, model):
        named = copy.deepcopy(model).set_topic_names({4: "four", 5: "five", 1: "one"})
        names = named.merge_topics([[0, 4], [1, 5]]).topic_names_
        assert [names[0], names[1]] == ["four", "one"]
        assert len(names) == 4

    @pytest.mark.parametrize(
        ("groups", "error", "message"),
        [
            ([], InputError, "groups names no topics. Give at least two that become one."),
            ([3], InputError, "A group must hold at least two topics to be merged. Got [3]."),
            ([0, 6], InputError, "There is no topic 6 to be merged; topics are 0 to 5."),
            ([0, 1.0], InputError, "There is no topic 1.0 to be merged; topics are 0 to 5."),
            ([0, True], InputError, "There is no topic True to be merged; topics are 0 to 5."),
            ([0, [1, 2]], InputError, "There is no topic [1, 2] to be merged; topics are 0 to 5."),
            ([[0, 1], [1, 2]], InputError, "Topic 1 is named twice. Name each topic in one group, once."),
            (
                3,
                InputTypeError,
                "groups must be a sequence of topic numbers, or of such sequences. Got int.",
            ),
        ],
    )
    def test_groups_that_are_none_are_refused(self, model, groups, error, message):
        with pytest.raises(error) as caught:
            model.merge_topics(groups)
        assert str(caught.value) == message


class TestReducing:
    def test_topics_are_joined_as_average_linkage_of_hellinger_distances_joins_them(self, model):
        words = list(model.topic_word_.values())

        def distance(one, other):
            squares = [
                1 - np.sqrt(words_of[a] * words_of[b]).sum() for words_of in words for a in one for b in other
            ]
            pairs = np.array(squares).reshape(len(words), -1).mean(0)
            return np.sqrt(np.maximum(pairs, 0)).mean()

        clusters = [[k] for k in range(N_TOPICS)]
        hierarchy = model.topic_hierarchy()
        for step in range(N_TOPICS - 1):
            pairs = [
                (distance(a, b), i, j) for i, a in enumerate(clusters) for j, b in enumerate(clusters[:i])
            ]
            nearest, i, j = min(pairs)
            joined = sorted(clusters.pop(i) + clusters.pop(j))
            clusters.append(joined)
            assert hierarchy["topics"][step] == joined
            assert hierarchy["distance"][step] == pytest.approx(nearest)
            reduced = model.reduce_topics(N_TOPICS - 1 - step)
            expected = np.stack(
                [model.transform(CORPUS)[:, group].sum(1) for group in sorted(map(sorted, clusters))], axis=1
            )
            np.testing.assert_allclose(reduced.transform(CORPUS), expected, atol=1e-6)

    def test_one_topic_has_no_hierarchy(self, model):
        assert len(model.reduce_topics(1).topic_hierarchy()) == 0

    def test_as_many_as_there_are_is_nothing_to_do_and_more_are_refused(self, model):
        np.testing.assert_array_equal(model.reduce_topics(N_TOPICS).components_, model.components_)
        with pytest.raises(InputError) as caught:
            model.reduce_topics(7)
        assert str(caught.value) == (
            "The 'n_topics' parameter of reduce_topics must be an integer in [1, 6]. Got 7 instead."
        )


def test_sorted_topics_are_numbered_by_weight(model):
    ordered = model.sort_topics()
    order = np.argsort(-model.topic_weight_, kind="stable")
    np.testing.assert_allclose(ordered.topic_weight_, model.topic_weight_[order])
    np.testing.assert_allclose(ordered.components_, model.components_[order])
    np.testing.assert_allclose(ordered.transform(CORPUS), model.transform(CORPUS)[:, order], atol=1e-7)


class TestSplitting:
    def test_a_topic_of_two_themes_falls_into_them_in_every_language(self):
        model = make_model(5).fit(CORPUS)
        alike = np.sqrt(model.topic_word_["en"]) @ np.sqrt(DATA.topic_word["en"]).T
        themes, mixed = alike.argmax(1)[[0, 3]], model.merge_topics([0, 3])
        assert themes[0] != themes[1]
        split = mixed.split_topic(0, CORPUS)
        theta, parts = split.transform(CORPUS), [0, 4]
        np.testing.assert_allclose(theta.sum(1), 1, atol=1e-6)
        np.testing.assert_allclose(theta.mean(0), split.topic_weight_, atol=1e-6)
        np.testing.assert_allclose(theta[:, parts].sum(1), mixed.transform(CORPUS)[:, 0], atol=1e-6)
        orders = []
        for code in model.languages_:
            rows = CORPUS.rows_of(code)
            correlation = np.corrcoef(theta[rows][:, parts].T, DATA.theta[rows][:, themes].T)[:2, 2:]
            orders.append(correlation.argmax(1).tolist())
            assert correlation.max(1).min() > 0.7
        assert sorted(orders[0]) == [0, 1]
        assert orders[0] == orders[1]  # the same part is the same theme in both languages

    def test_documents_are_divided_as_naive_bayes_divides_them(self, model):
        split = model.split_topic(2, CORPUS, n_topics=3)
        state = state_of(split)
        base, shaping = reader_of(state_of(model), "cpu"), state.shaping
        parts = np.flatnonzero(shaping.parent == 2)
        shares = shaping.shares[parts - N_TOPICS].astype(np.float64)
        np.testing.assert_allclose(shares.sum(0), 1, atol=1e-6)
        topic_word, sizes = base.topic_word(), [60, 60]
        prior = np.zeros(3)
        for words, of_language in zip(topic_word, np.split(shares, [60], axis=1), strict=True):
            prior += of_language @ words[2] / 2
        before, after = model.transform(CORPUS), split.transform(CORPUS)
        for language, code in enumerate(model.languages_):
            own = slice(sum(sizes[:language]), sum(sizes[: language + 1]))
            joint = model.topic_weight_[:, None] * topic_word[language]
            of_topic = joint[2] / joint.sum(0)
            counts = CORPUS.counts_of(code).toarray()
            for row, words in zip(CORPUS.rows_of(code)[:50], counts[:50], strict=True):
                odds = np.log(prior)
                for word in np.flatnonzero(words):
                    ratio = np.maximum(shares[:, own.start + word], 1e-3) / prior
                    odds = odds + words[word] * of_topic[word] * np.log(ratio)
                expected = before[row, 2] * softmax(odds)
                np.testing.assert_allclose(after[row][shaping.place[parts]], expected, atol=1e-5)

    def test_what_was_split_can_be_split_again_and_merged_back(self, model):
        split = model.split_topic(3, CORPUS).split_topic(6, CORPUS)
        assert split.transform(CORPUS).shape[1] == 8
        back = split.merge_topics([3, 6, 7])
        np.testing.assert_allclose(back.transform(CORPUS), model.transform(CORPUS), atol=1e-6)
        np.testing.assert_allclose(back.components_, model.components_, rtol=1e-5)
        np.testing.assert_allclose(back.topic_weight_, model.topic_weight_)

    def test_parts_of_merged_topics_are_divided_again_as_naive_bayes_divides_what_they_have(self, model):
        split = model.merge_topics([0, 1, 2]).split_topic(0, CORPUS).split_topic(0, CORPUS)
        before, after = model.transform(CORPUS), split.transform(CORPUS)
        shares = state_of(split).shaping.shares.astype(np.float64)
        first, second = shares[:2], shares[-2:]  # in which words go to the parts, and to those of part 0
        joints = model.topic_weight_[:, None] * np.hstack(reader_of(state_of(model), "cpu").topic_word())
        for code, own in zip(model.languages_, LANGUAGES, strict=True):
            rows, counts = CORPUS.rows_of(code)[:30], CORPUS.counts_of(code).toarray()[:30]
            for row, document in zip(rows, counts, strict=True):
                expected = np.zeros(3)
                for k in range(3):
                    left, right = before[row, k] * divide(document, own, joints[k], joints.sum(0), first)
                    again = divide(document, own, joints[k] * first[0], joints.sum(0), second)
                    expected += [left * again[0], right, left * again[1]]
                np.testing.assert_allclose(after[row, [0, 4, 5]], expected, atol=1e-5)

    def test_merged_parts_of_a_topic_add_up_and_leave_the_other_parts_as_they_are(self, model):
        three = model.split_topic(2, CORPUS, n_topics=3)  # parts 2, 6, 7
        before, after = three.transform(CORPUS), three.merge_topics([2, 6]).transform(CORPUS)
        np.testing.assert_allclose(after[:, 2], before[:, 2] + before[:, 6], atol=1e-6)
        np.testing.assert_allclose(after[:, 6], before[:, 7], atol=1e-6)

    def test_a_part_that_is_split_again_leaves_its_siblings_as_they_are(self, model):
        parts = model.merge_topics([0, 1, 2]).split_topic(0, CORPUS)  # parts 0, 4
        before, again = parts.transform(CORPUS), parts.split_topic(0, CORPUS)
        after = again.transform(CORPUS)
        np.testing.assert_allclose(after[:, 1:5], before[:, 1:5], atol=1e-6)
        np.testing.assert_allclose(after[:, [0, 5]].sum(1), before[:, 0], atol=1e-6)
        np.testing.assert_allclose(again.topic_weight_, after.mean(0), atol=1e-6)

    def test_what_was_merged_back_is_kept_as_if_it_was_never_split(self, model):
        back = model.split_topic(0, CORPUS, n_topics=3).split_topic(6, CORPUS).merge_topics([0, 6, 7, 8])
        assert len(state_of(back).shaping.parent) == N_TOPICS

    def test_documents_are_needed_in_each_language_where_vectors_are_learnt(self, tmp_path):
        make_model(backbone=NMTM(max_epochs=1, n_units=8)).fit(CORPUS).save(tmp_path / "model")
        loaded = CrossLingualTopicModel.load(tmp_path / "model")
        with pytest.raises(InputError) as caught:
            loaded.split_topic(0, CORPUS[CORPUS.rows_of("en")])
        assert str(caught.value) == (
            "X holds no documents in ['zh'], of which split_topic learns vectors of words. Give documents in "
            "['en', 'zh']."
        )

    def test_a_topic_that_does_not_fall_apart_is_told(self, model, monkeypatch):
        shares = np.repeat(np.float32([[0.993], [0.004], [0.003]]), 120, axis=1)
        monkeypatch.setattr("skxtm._model.shaping.word_shares", lambda *given: shares)
        with pytest.warns(UserWarning, match="does not fall") as caught:
            model.split_topic(2, CORPUS, n_topics=3)
        assert [str(warning.message) for warning in caught] == [
            "Topic 2 does not fall into 3 themes: of what documents have of it, the new topic 7 has 0.30%. Leave "
            "it whole, or split it into fewer."
        ]
        assert caught[0].filename == __file__

    def test_no_documents_tell_no_weights(self, model):
        with pytest.raises(InputError) as caught:
            model.split_topic(0, CORPUS[:0])
        assert str(caught.value) == (
            "X holds no documents, from which the weights of the new topics could be told."
        )

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((6, 2), "The 'topic' parameter of split_topic must be an integer in [0, 5]. Got 6 instead."),
            ((0, 1), "The 'n_topics' parameter of split_topic must be an integer in [2, 60]. Got 1 instead."),
        ],
    )
    def test_numbers_out_of_range_are_refused(self, model, arguments, message):
        topic, n_topics = arguments
        with pytest.raises(InputError) as caught:
            model.split_topic(topic, CORPUS, n_topics=n_topics)
        assert str(caught.value) == message


@pytest.mark.parametrize("name", backbone_names())
def test_topics_of_every_backbone_can_be_shaped_and_saved(name, tmp_path):
    backbone = small_backbone(backbone_class(name)())
    model = make_model(5, backbone).set_params(max_epochs=1).fit(CORPUS)
    shaped = model.split_topic(1, CORPUS).merge_topics([0, 2]).sort_topics()
    theta = shaped.transform(CORPUS)
    assert theta.shape[1] == len(shaped.components_) == len(shaped.get_feature_names_out()) == 5
    np.testing.assert_allclose(theta.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(shaped.components_.sum(1), 2)
    assert np.all(np.diff(shaped.topic_weight_) <= 0)
    shaped.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(CORPUS), theta)
    np.testing.assert_array_equal(loaded.components_, shaped.components_)
    assert loaded.topic_names_ == shaped.topic_names_
    np.testing.assert_array_equal(
        loaded.merge_topics([0, 1]).components_, shaped.merge_topics([0, 1]).components_
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_topics_merged_in_any_order_are_sums_of_what_was_learnt(data):
    model = shaped = fitted_model()
    groups = [[k] for k in range(N_TOPICS)]
    for _ in range(data.draw(st.integers(1, 4))):
        if len(groups) < 2:
            break
        chosen = data.draw(st.lists(st.integers(0, len(groups) - 1), min_size=2, unique=True))
        shaped = shaped.merge_topics(chosen)
        groups[min(chosen)] = [k for number in chosen for k in groups[number]]
        groups = [part for number, part in enumerate(groups) if number not in set(chosen) - {min(chosen)}]
    before = model.transform(CORPUS)
    expected = np.stack([before[:, group].sum(1) for group in groups], axis=1)
    np.testing.assert_allclose(shaped.transform(CORPUS), expected, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_in_any_chain_of_steps_merged_topics_add_up_and_split_ones_only_divide_their_own(data):
    shaped, theta = fitted_model(), fitted_model().transform(CORPUS)
    for _ in range(data.draw(st.integers(1, 6))):
        n_topics = theta.shape[1]
        steps = ["sort"] + ["split"] * 3 * (n_topics < 12) + ["merge", "merge", "reduce"] * (n_topics > 1)
        step, before = data.draw(st.sampled_from(steps)), theta
        if step == "split":
            topic, n_new = data.draw(st.integers(0, n_topics - 1)), data.draw(st.integers(2, 3))
            shaped = shaped.split_topic(topic, CORPUS, n_topics=n_new)
            theta = shaped.transform(CORPUS)
            new = [topic, *range(n_topics, n_topics + n_new - 1)]
            old = [number for number in range(n_topics) if number != topic]
            np.testing.assert_allclose(theta[:, old], before[:, old], atol=1e-6)
            np.testing.assert_allclose(theta[:, new].sum(1), before[:, topic], atol=1e-6)
        else:
            if step == "merge":
                chosen = data.draw(st.lists(st.integers(0, n_topics - 1), min_size=2, unique=True))
                groups = sorted([chosen, *[[k] for k in range(n_topics) if k not in chosen]], key=min)
                shaped = shaped.merge_topics(chosen)
            elif step == "reduce":
                n_left = data.draw(st.integers(1, n_topics))
                hierarchy, firsts = shaped.topic_hierarchy(), {k: [k] for k in range(n_topics)}
                for row in hierarchy.head(n_topics - n_left).itertuples():
                    firsts[row.topic] = firsts.pop(row.left) + firsts.pop(row.right)
                groups = sorted(map(sorted, firsts.values()))
                shaped = shaped.reduce_topics(n_left)
            else:
                groups = [[k] for k in np.argsort(-shaped.topic_weight_, kind="stable")]
                shaped = shaped.sort_topics()
            theta = shaped.transform(CORPUS)
            expected = np.stack([before[:, group].sum(1) for group in groups], axis=1)
            np.testing.assert_allclose(theta, expected, atol=1e-6)
        np.testing.assert_allclose(shaped.topic_weight_, theta.mean(0, dtype=float), atol=1e-6)
        np.testing.assert_allclose(shaped.components_.sum(1), 2)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(shaped)).transform(CORPUS), theta)


def test_a_long_chain_of_steps_is_the_same_once_saved_and_goes_on(model, tmp_path):
    shaped = model.split_topic(2, CORPUS, n_topics=3).merge_topics([[2, 6], [0, 7]]).split_topic(2, CORPUS)
    shaped = shaped.split_topic(0, CORPUS).reduce_topics(5).sort_topics().set_topic_names({0: "largest"})
    shaped.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(CORPUS), shaped.transform(CORPUS))
    np.testing.assert_array_equal(loaded.components_, shaped.components_)
    more, same = (which.merge_topics([1, 3]).reduce_topics(2) for which in (loaded, shaped))
    np.testing.assert_array_equal(more.transform(CORPUS), same.transform(CORPUS))
    assert more.topic_names_ == same.topic_names_


def test_what_needs_topics_as_they_were_learnt_says_so(model):
    shaped = model.merge_topics([0, 1])
    wishes = {
        "trained": lambda: shaped.partial_fit(CORPUS),
        "refined": lambda: LLMRefiner(shaped).fit(CORPUS),
        "asked for their posterior mean": lambda: shaped.posterior_mean(CORPUS),
    }
    anchored = make_model(3, "mtanchor").fit(CORPUS).merge_topics([0, 1])
    wishes["given other anchors"] = lambda: anchored.update_anchors(0, {"en": ["en1"]})
    for wish, call in wishes.items():
        with pytest.raises(InputError) as caught:
            call()
        assert str(caught.value) == (
            f"Topics that were merged, split or sorted cannot be {wish}. Take the model from before, and "
            "shape its topics afterwards."
        )
    assert not hasattr(anchored, "anchors_")


def test_the_topics_of_a_refined_model_can_be_shaped():
    refiner = LLMRefiner(make_model(), max_epochs=1, random_state=0).fit(CORPUS)
    merged = refiner.model_.merge_topics([0, 1])
    assert merged.transform(CORPUS).shape[1] == N_TOPICS - 1
    parts = merged.split_topic(0, CORPUS).split_topic(0, CORPUS).merge_topics([0, 5])  # parts 0, 5, 6
    of_topics = refiner.transform(CORPUS)[:, [0, 1]].sum(1)
    np.testing.assert_allclose(parts.transform(CORPUS)[:, [0, 5]].sum(1), of_topics, atol=1e-6)
    assert refiner.transform(CORPUS).shape[1] == N_TOPICS


def test_fitting_again_forgets_the_shape(model):
    shaped = model.merge_topics([0, 1])
    np.testing.assert_array_equal(shaped.fit(CORPUS).components_, model.components_)
