"""Topics that people edited, or answers recorded before, through the whole refiner."""

import copy
import json
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skxtm import CrossLingualTopicModel, LLMRefiner
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, RefinementWarning
from skxtm.llm import ScriptedChat
from skxtm.refinement import EditedTopics, write_topics

K, N = 3, 5
DATA = make_multilingual_corpus(n_documents=40, n_components=K, vocabulary_sizes=60, random_state=0)
CORPUS = DATA.corpus


@pytest.fixture(scope="module")
def fitted():
    return CrossLingualTopicModel(
        K, backbone="nmtm", lexicon=DATA.lexicon, max_epochs=3, batch_size=16, random_state=0
    ).fit(CORPUS)


@pytest.fixture
def edit(fitted, tmp_path):
    """A function that writes the model's topics, replaces texts in the file, and makes a refiner of it."""

    def make(*replacements, suffix=".md", names=None, unknown_words="raise", **parameters):
        path = tmp_path / f"topics{suffix}"
        write_topics(path, fitted.get_topics(N), names=names)
        text = path.read_text(encoding="utf-8")
        for before, after in replacements:
            assert before in text
            text = text.replace(before, after, 1)
        path.write_text(text, encoding="utf-8")
        llm = EditedTopics(path, unknown_words=unknown_words)
        return refiner_of(fitted, llm, **parameters)

    return make


def refiner_of(model, llm, **parameters):
    given = {"n_words": N, "n_top_words": N, "refine_every": 2, "max_epochs": 4, "cache": None}
    return LLMRefiner(model, llm=llm, **{**given, "random_state": 0, **parameters})


def outsider(model, topic, code):
    """A word that is not among the first words of a topic."""
    top = model.get_topics(N)[topic][code]
    return next(word for word in CORPUS.vocabularies[code] if word not in top)


@pytest.mark.parametrize("suffix", [".md", ".csv", ".tsv"])
def test_an_unedited_file_keeps_every_word(edit, fitted, suffix):
    refiner = edit(suffix=suffix, names=["Sky", "", "Sport"], max_epochs=0).fit(CORPUS)
    assert refiner.refined_words_ == fitted.get_topics(N)
    assert refiner.themes_ == ["Sky", "", "Sport"]
    assert refiner.confidence_.tolist() == [1.0] * K
    assert refiner.n_answers_.tolist() == [1] * K
    assert refiner.usage_ is None
    assert set(refiner.refinement_report_.action) == {"kept"}


def test_words_are_struck_added_and_pinned(edit, fitted):
    top = fitted.get_topics(N)[0]["en"]
    new = outsider(fitted, 0, "en")
    before, after = ", ".join(top), f"{new}, ~~{top[0]}~~, {top[1]}, {top[2]}, {top[3]}, **{top[4]}**"
    refiner = edit((before, after)).fit(CORPUS)
    assert refiner.refined_words_[0]["en"] == [top[4], new, *top[1:4]]
    report = refiner.refinement_report_
    actions = report[(report.topic == 0) & (report.language == "en")].set_index("word").action
    assert (actions[new], actions[top[0]], actions[top[4]]) == ("added", "dropped", "kept")
    assert sorted(report.epoch.unique()) == [0]


def test_training_goes_towards_the_words_that_stand(fitted, tmp_path):
    path = tmp_path / "topics.csv"
    wanted = [
        {code: words[np.argsort(-DATA.topic_word[code][number])[:N]].tolist() for code, words in vocabularies}
        for number, vocabularies in enumerate([list(CORPUS.vocabularies.items())] * K)
    ]
    write_topics(path, wanted)
    given = {"learning_rate_factor": 5.0, "max_epochs": 30, "weight_documents": 20.0}
    refiner = refiner_of(fitted, EditedTopics(path), **given).fit(CORPUS)

    def n_found(model):
        pairs = zip(model.get_topics(N), wanted, strict=True)
        return sum(len(set(topic[code]) & set(words[code])) for topic, words in pairs for code in words)

    assert n_found(refiner.model_) >= n_found(fitted) + 10


def test_a_pinned_word_weighs_twice_as_much_as_others(edit, fitted):
    from skxtm._model.refining import Refining
    from skxtm.refinement.rounds import Words, read_edited

    top = fitted.get_topics(N)[1]["zh"]
    refiner = edit((", ".join(top), ", ".join([*top[:-1], f"**{top[-1]}**"])))
    words = Words(
        fitted.vocabularies_, {code: np.ones(len(part)) for code, part in fitted.vocabularies_.items()}
    )
    rounds = read_edited(Refining.of(refiner).proposer, words, n_topics=K, n_words=N)
    assert rounds.voted[1].shares == {"en": [0.5] * N, "zh": [1.0] + [0.5] * (N - 1)}
    assert rounds.voted[0].shares == {"en": [1.0] * N, "zh": [1.0] * N}


def test_more_words_than_are_asked_for_are_all_kept(edit, fitted):
    top = fitted.get_topics(N)[0]["en"]
    new = outsider(fitted, 0, "en")
    refiner = edit((", ".join(top), ", ".join([new, *top])), max_epochs=0).fit(CORPUS)
    assert refiner.refined_words_[0]["en"] == [new, *top]


def test_topics_and_languages_that_the_file_leaves_out_stay_and_nobody_is_warned(fitted, tmp_path):
    path = tmp_path / "topics.md"
    word = outsider(fitted, 1, "en")
    path.write_text(f"## Topic 1\n- en: {word}\n## Topic 2: Sport\n", encoding="utf-8")
    refiner = refiner_of(fitted, EditedTopics(path)).fit(CORPUS)
    top = fitted.get_topics(N)
    assert refiner.refined_words_ == [top[0], {"en": [word], "zh": top[1]["zh"]}, top[2]]
    assert refiner.themes_ == ["", "", "Sport"]
    assert np.isnan(refiner.confidence_).tolist() == [True, False, True]


def test_a_theme_that_is_the_name_of_another_topic_gets_a_number(fitted, tmp_path):
    named = copy.deepcopy(fitted).set_topic_names({1: "Weather"})
    (tmp_path / "topics.md").write_text("## Topic 2: weather\n", encoding="utf-8")
    refined = refiner_of(named, EditedTopics(tmp_path / "topics.md"), max_epochs=0).fit(CORPUS).model_
    assert refined.topic_names_[1:] == ["Weather", "weather (2)"]
    assert refined.set_topic_names({0: "Flights"}).topic_names_ == ["Flights", "Weather", "weather (2)"]


def test_a_stop_word_in_a_file_is_told_so(tmp_path):
    documents = [(f"rain{row % 3} wind{row % 4} room", "en") for row in range(40)]
    model = CrossLingualTopicModel(2, random_state=0).fit(documents)
    path = tmp_path / "topics.md"
    path.write_text("## Topic 1\n- en: rain1, room\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        refiner_of(model, EditedTopics(path)).fit(documents)
    assert str(error.value) == (
        "topics.md, line 2: the vocabulary of 'en' lacks 'room' of topic 1. Take it out, write it as the documents "
        "do, or set unknown_words='report'. 'room' is a stop word: to keep it, set stop_words of the vectorizer."
    )


def test_a_word_that_the_vocabulary_lacks_is_named_with_its_line_or_reported(edit, fitted):
    top = fitted.get_topics(N)[1]["en"]
    change = (", ".join(top), ", ".join([*top, "qwertz"]))
    with pytest.raises(InputError) as error:
        edit(change).fit(CORPUS)
    assert str(error.value) == (
        "topics.md, line 10: the vocabulary of 'en' lacks 'qwertz' of topic 1. Take it out, write it as the "
        "documents do, or set unknown_words='report'."
    )
    refiner = edit(change, unknown_words="report", max_epochs=0).fit(CORPUS)
    report = refiner.refinement_report_
    assert report.word[report.action == "unknown"].tolist() == ["qwertz"]
    assert refiner.refined_words_ == fitted.get_topics(N)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("## Topic 3\n- en: a\n", "topics.md, line 2: topic 3 is none of the model, which has topics 0 to 2. Take it out."),
        ("## Topic 0\n\n- fr: a\n", "topics.md, line 3: language 'fr' is none of the model, which has ['en', 'zh']. Take it out."),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_model_is_named(fitted, tmp_path, text, message):
    (tmp_path / "topics.md").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        refiner_of(fitted, EditedTopics(tmp_path / "topics.md")).fit(CORPUS)
    assert str(error.value) == message


def test_paths_that_are_gone_after_one_reading_are_not_taken_later():
    edited = EditedTopics("topics.md").set_params(path=iter(["other.md"]))
    with pytest.raises(
        InputError, match=r"^EditedTopics takes a path or a list of paths\. Got <list_iterator"
    ):
        _ = edited.paths


@pytest.mark.parametrize("path", [None, 5, ["topics.md", 5]])
def test_what_is_no_path_is_named(fitted, path):
    with pytest.raises(InputError) as error:
        refiner_of(fitted, EditedTopics(path)).fit(CORPUS)
    assert str(error.value) == f"EditedTopics takes a path or a list of paths. Got {path!r}."


@pytest.mark.parametrize("name", ["topics.md", "answer.json"])
def test_a_folder_in_place_of_a_file_is_named(fitted, tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError) as error:
        refiner_of(fitted, EditedTopics(tmp_path / name)).fit(CORPUS)
    assert str(error.value).startswith(f"The file {str(tmp_path / name)!r} cannot be read (")


def test_a_missing_file_and_a_wrong_parameter_are_named(fitted, tmp_path):
    with pytest.raises(InputError, match=r"^There is no file '.*topics\.md'\. Write it with "):
        refiner_of(fitted, EditedTopics(tmp_path / "topics.md")).fit(CORPUS)
    with pytest.raises(InputError) as error:
        refiner_of(fitted, EditedTopics("topics.md", unknown_words="drop")).fit(CORPUS)
    assert str(error.value) == (
        "The 'unknown_words' parameter of EditedTopics must be a str among {'raise', 'report'}. Got 'drop' instead."
    )
    with pytest.raises(InputError) as error:
        refiner_of(fitted, EditedTopics("topics.md")).dry_run()
    assert str(error.value) == "EditedTopics asks nobody and costs nothing. Pass llm= a chat model."


class TestRecordedRounds:
    @pytest.fixture
    def answers(self, fitted):
        rng = np.random.default_rng(0)
        return [
            json.dumps(
                {
                    "topics": [
                        {
                            "topic": number,
                            "theme": f"theme {number}",
                            "words": {
                                code: [*rng.permutation(words)[:6].tolist(), "qwertz"]
                                for code, words in CORPUS.vocabularies.items()
                            },
                        }
                        for number in range(K)
                    ]
                }
            )
            for _ in range(3)
        ]

    def test_they_lead_to_what_the_chat_model_led_to(self, fitted, answers, tmp_path):
        paths = [tmp_path / f"round{number}.json" for number in range(3)]
        for path, answer in zip(paths, answers, strict=True):
            path.write_text(answer, encoding="utf-8")
        asked = refiner_of(fitted, ScriptedChat(answers), n_rounds=3, refine_every=4).fit(CORPUS)
        read = refiner_of(fitted, EditedTopics(paths)).fit(CORPUS)
        assert read.refined_words_ == asked.refined_words_
        assert read.themes_ == asked.themes_ == ["theme 0", "theme 1", "theme 2"]
        assert read.n_answers_.tolist() == [3] * K
        np.testing.assert_array_equal(read.confidence_, asked.confidence_)
        np.testing.assert_array_equal(read.model_.components_, asked.model_.components_)
        assert read.refinement_report_.equals(asked.refinement_report_)

    def test_files_that_glob_finds_are_read_like_a_list_of_them(self, fitted, answers, tmp_path):
        for number, answer in enumerate(answers):
            (tmp_path / f"round{number}.json").write_text(answer, encoding="utf-8")
        found, listed = EditedTopics(tmp_path.glob("*.json")), sorted(tmp_path.glob("*.json"))
        assert sorted(found.paths) == sorted(clone(found).paths) == listed
        refined = [refiner_of(fitted, llm, max_epochs=0).fit(CORPUS) for llm in (found, EditedTopics(listed))]
        assert refined[0].n_answers_.tolist() == [3] * K
        np.testing.assert_array_equal(refined[0].n_answers_, refined[1].n_answers_)

    def test_an_answer_that_cannot_be_read_is_named_by_its_file(self, fitted, answers, tmp_path):
        paths = [tmp_path / "first.json", tmp_path / "second.json"]
        paths[0].write_text(answers[0], encoding="utf-8")
        paths[1].write_text("{}", encoding="utf-8")
        with pytest.raises(InputError, match=r"^second\.json: The answer holds no line 'Topic <id>"):
            refiner_of(fitted, EditedTopics(paths)).fit(CORPUS)

    def test_an_answer_in_another_encoding_is_named_by_its_file_and_line(self, fitted, tmp_path):
        answer = "Topic 0: Sky\nEN: en1 - en2\nZH: 雨 - 雪\n"
        (tmp_path / "round.txt").write_text(answer, encoding="gb18030")
        with pytest.raises(InputError) as error:
            refiner_of(fitted, EditedTopics(tmp_path / "round.txt")).fit(CORPUS)
        assert str(error.value) == (
            "round.txt, line 3: the text is not UTF-8. Save the file as 'CSV UTF-8' or 'UTF-8'."
        )

    def test_a_topic_whose_languages_are_swapped_counts_as_not_answered(self, fitted, answers, tmp_path):
        entries = json.loads(answers[0])["topics"]
        entries[1]["words"] = dict(zip(("en", "zh"), reversed(entries[1]["words"].values()), strict=True))
        (tmp_path / "round.json").write_text(json.dumps(entries), encoding="utf-8")
        with pytest.warns(RefinementWarning) as caught:
            refiner = refiner_of(fitted, EditedTopics(tmp_path / "round.json"), max_epochs=0).fit(CORPUS)
        assert [str(warning.message) for warning in caught] == [
            "In the refinement of epoch 0 all rounds failed for 1 topics (1), which keep the words they had. Of "
            "topic 1 it was: round.json: Topic 1, 'en': 7 words instead of 5, the rest was cut. Topic 1, 'zh': 7 words "
            "instead of 5, the rest was cut. Topic 1: the words of 'en' and 'zh' are swapped. Topic 1 was not answered."
        ]
        assert refiner.n_answers_.tolist() == [1, 0, 1]
        assert refiner.themes_ == ["theme 0", "", "theme 2"]
        assert "Epoch 0: round.json: Topic 1: the words of 'en' and 'zh' are swapped." in refiner.problems_

    def test_a_topic_that_every_answer_lacks_has_failed(self, fitted, answers, tmp_path):
        entries = json.loads(answers[0])["topics"]
        (tmp_path / "round.json").write_text(json.dumps(entries[:2]), encoding="utf-8")
        edited = EditedTopics([tmp_path / "round.json", tmp_path / "topics.md"])
        write_topics(tmp_path / "topics.md", fitted.get_topics(N)[:1])
        with pytest.warns(RefinementWarning, match=r"\(2\), .* round\.json: Topic 2 was not answered\.$"):
            refiner = refiner_of(fitted, edited, max_epochs=0).fit(CORPUS)
        assert refiner.n_answers_.tolist() == [2, 1, 0]
        assert refiner.refined_words_[2] == fitted.get_topics(N)[2]

    def test_a_topic_that_an_answer_lacks_has_fewer_votes(self, fitted, answers, tmp_path):
        entries = json.loads(answers[0])["topics"]
        paths = [tmp_path / "all.json", tmp_path / "some.json"]
        paths[0].write_text(json.dumps(entries), encoding="utf-8")
        paths[1].write_text(json.dumps(entries[:2]), encoding="utf-8")
        refiner = refiner_of(fitted, EditedTopics(paths), max_epochs=0).fit(CORPUS)
        assert refiner.n_answers_.tolist() == [2, 2, 1]

    def test_files_of_several_people_are_voted_on_without_pins(self, fitted, tmp_path):
        paths = [tmp_path / "one.md", tmp_path / "other.csv"]
        top = fitted.get_topics(N)
        for path in paths:
            write_topics(path, top)
        refiner = refiner_of(fitted, EditedTopics(paths), max_epochs=0).fit(CORPUS)
        assert refiner.refined_words_ == top
        assert refiner.n_answers_.tolist() == [2] * K
        text = paths[0].read_text(encoding="utf-8").replace(top[0]["en"][0], f"**{top[0]['en'][0]}**", 1)
        paths[0].write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as error:
            refiner_of(fitted, EditedTopics(paths)).fit(CORPUS)
        assert str(error.value) == (
            f"one.md, line 6: {top[0]['en'][0]!r} is pinned, but several files are voted on. Give one file, or "
            "take the mark out."
        )


def test_a_refiner_of_edited_topics_can_be_cloned_and_pickled(edit):
    refiner = pickle.loads(pickle.dumps(clone(edit(max_epochs=1))))
    assert refiner.fit(CORPUS).transform(CORPUS).shape == (80, K)


def test_a_model_without_a_network_shows_the_words_that_stand(tmp_path):
    model = CrossLingualTopicModel(K, backbone="usvd", lexicon=DATA.lexicon, random_state=0).fit(CORPUS)
    top = model.get_topics(N)
    write_topics(
        tmp_path / "topics.md", [{code: words[1:] for code, words in topic.items()} for topic in top]
    )
    with pytest.warns(RefinementWarning, match="has no network to train"):
        refiner = refiner_of(model, EditedTopics(tmp_path / "topics.md")).fit(CORPUS)
    assert [topic["en"] for topic in refiner.get_topics(4)] == [topic["en"][1:] for topic in top]
