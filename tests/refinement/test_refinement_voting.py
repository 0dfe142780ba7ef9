import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError
from skxtm.refinement import VotedTopic, report_rows, vote

numbers = st.lists(st.integers(0, 8), max_size=6)
optional_round = st.one_of(st.none(), st.fixed_dictionaries({}, optional={"en": numbers, "zh": numbers}))
originals = st.fixed_dictionaries(
    {"en": st.lists(st.integers(0, 8), max_size=5, unique=True), "zh": st.just([3, 1])}
)
many_rounds = st.lists(optional_round, max_size=6)
VOCABULARIES = {"en": list("abcdefghi"), "zh": list("一二三四五六七八九")}


def shares_by_loops(rounds, language):
    answered = [answer for answer in rounds if answer is not None and language in answer]
    shares = {}
    for word in range(9):
        votes = sum(1 for answer in answered if word in answer[language])
        if votes:
            shares[word] = votes / len(answered)
    return shares


def winners_by_selection(shares, present, n_words):
    """Pick the best word again and again."""
    left, winners = dict(shares), []
    while left and len(winners) < n_words:
        top = [word for word in sorted(left) if left[word] == max(left.values())]
        before = [word for word in present if word in top]
        winners.append((before or top)[0])
        del left[winners[-1]]
    return winners


@settings(max_examples=200, deadline=None)
@given(many_rounds, originals, st.integers(1, 4))
def test_votes_equal_counting_by_loops(rounds, original, n_words):
    voted = vote(rounds, n_words=n_words, original=original)
    shares = {language: shares_by_loops(rounds, language) for language in original}
    if not any(shares.values()):
        assert voted is None
        return
    means = []
    for language, present in original.items():
        expected = winners_by_selection(shares[language], present, n_words)
        assert voted.words[language] == expected
        assert voted.shares[language] == [shares[language][word] for word in expected]
        means.append(sum(voted.shares[language]) / len(expected) if expected else 0)
    assert voted.confidence == pytest.approx(sum(means) / len(means))
    assert 0 < voted.confidence <= 1
    assert voted.n_rounds == sum(answer is not None for answer in rounds)


@settings(max_examples=100, deadline=None)
@given(many_rounds, originals, st.integers(1, 4))
def test_the_report_tells_the_same_as_the_vote(rounds, original, n_words):
    voted = vote(rounds, n_words=n_words, original=original)
    rows = report_rows(3, rounds, voted, original=original, vocabularies=VOCABULARIES)
    for language, present in original.items():
        shares = shares_by_loops(rounds, language)
        of_language = {row["word"]: row for row in rows if row["language"] == language}
        spelled = VOCABULARIES[language]
        assert set(of_language) == {spelled[word] for word in {*shares, *present}}
        kept = voted.words[language] if voted and voted.words[language] else present
        for word in {*shares, *present}:
            row = of_language[spelled[word]]
            action = {
                (True, True): "kept",
                (True, False): "added",
                (False, True): "dropped",
                (False, False): "rejected",
            }[word in kept, word in present]
            assert (row["topic"], row["action"], row["in_top_words_before"]) == (3, action, word in present)
            answered = any(answer is not None and language in answer for answer in rounds)
            assert row["share"] == shares.get(word, 0) if answered else math.isnan(row["share"])


def test_failed_rounds_do_not_count():
    voted = vote([{"en": [1, 2]}, None, None, {"en": [1]}], n_words=2, original={"en": [1]})
    assert voted == VotedTopic({"en": [1, 2]}, {"en": [1.0, 0.5]}, confidence=0.75, n_rounds=2)


def test_a_round_that_lacks_a_language_does_not_count_for_it():
    voted = vote([{"en": [1], "zh": [5]}, {"en": [1]}], n_words=1, original={"en": [], "zh": []})
    assert voted.shares == {"en": [1.0], "zh": [1.0]}


def test_a_word_repeated_within_a_round_has_one_vote():
    assert vote([{"en": [7, 7, 7]}, {"en": [2]}, {"en": [2]}], n_words=2, original={"en": []}).words == {
        "en": [2, 7]
    }


def test_of_equal_shares_present_words_come_first_in_their_order_then_lower_numbers():
    voted = vote([{"en": [1, 2, 3, 4, 5, 6]}], n_words=4, original={"en": [6, 4]})
    assert voted.words == {"en": [6, 4, 1, 2]}


def test_a_topic_whose_rounds_all_failed_has_no_vote_and_keeps_its_words():
    assert vote([None, None], original={"en": [1]}) is None
    assert vote([], original={"en": [1]}) is None
    assert vote([{"en": []}], original={"en": [1]}) is None
    (row,) = report_rows(0, [None], None, original={"en": [1]}, vocabularies=VOCABULARIES)
    assert math.isnan(row.pop("share"))
    assert row == {"topic": 0, "language": "en", "word": "b", "in_top_words_before": True, "action": "kept"}


def test_unknown_words_are_reported_with_their_share():
    rounds, unknown = (
        [{"en": [0]}, {"en": []}, None],
        [{"en": ["snow", "snow"]}, {"en": ["snow", "ice"]}, None],
    )
    voted = vote(rounds, n_words=2, original={"en": [0]})
    rows = report_rows(
        0, rounds, voted, original={"en": [0]}, vocabularies=VOCABULARIES, unknown=unknown, epoch=8
    )
    assert rows[0] == {
        "epoch": 8,
        "topic": 0,
        "language": "en",
        "word": "a",
        "share": 0.5,
        "in_top_words_before": True,
        "action": "kept",
    }
    assert [(row["word"], row["share"], row["action"]) for row in rows[1:]] == [
        ("snow", 1.0, "unknown"),
        ("ice", 0.5, "unknown"),
    ]


def test_unknown_words_of_a_round_without_answer_are_refused():
    with pytest.raises(InputError) as caught:
        report_rows(0, [None], None, original={"en": [0]}, vocabularies=VOCABULARIES, unknown=[{"en": ["x"]}])
    assert str(caught.value) == (
        "unknown names words in 'en', for which no round answered. Give the round an empty list where none of its "
        "words is in the vocabulary."
    )


def test_at_least_one_word_must_be_kept():
    with pytest.raises(InputError) as caught:
        vote([{"en": [1]}], n_words=0, original={"en": [1]})
    assert (
        str(caught.value) == "The 'n_words' parameter of vote must be an integer in [1, inf). Got 0 instead."
    )
