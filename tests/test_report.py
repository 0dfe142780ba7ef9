"""The HTML report: what it shows, that it is safe, and that a browser shows it alone."""

import copy
import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from skxtm import Corpus, CrossLingualTopicModel, Lexicon, LLMRefiner
from skxtm.exceptions import InputError, InputTypeError, MissingDependencyError, RefinementWarning
from skxtm.llm import ScriptedChat
from skxtm.metrics import TransferAccuracy
from skxtm.refinement import TopicName
from skxtm.report import _changes, write_report

pytestmark = pytest.mark.slow

pytest.importorskip("jinja2")

HOSTILE = "<script>alert('x')</script>"
WORDS = {
    "en": ["rain", "wind", "goal", "match", HOSTILE, '" onload="x'],
    "zh": ["雨", "风", "进球", "比赛", "云", "球"],
    "ja": ["雨", "風", "得点", "試合", "雲", "球"],
}
ACCURACIES = TransferAccuracy({("en", "en"): 1.0, ("en", "zh"): 0.75, ("zh", "en"): 0.5, ("zh", "zh"): 0.25})


class Page(HTMLParser):
    """Elements of a page in order: name, attributes, and the text directly inside."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)

    def handle_starttag(self, name, attributes):
        self.elements.append({"name": name, "text": "", **dict(attributes)})
        if name not in {"meta", "line", "polyline"}:
            self.open.append(self.elements[-1])

    def handle_endtag(self, name):
        if name not in {"meta", "line", "polyline"}:
            assert self.open.pop()["name"] == name

    def handle_data(self, data):
        if self.open:
            self.open[-1]["text"] += data

    def texts(self, name, **attributes):
        return [
            element["text"].strip()
            for element in self.elements
            if element["name"] == name and attributes.items() <= element.items()
        ]


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(0)
    corpus = Corpus.from_counts({code: rng.poisson(1.0, (12, 6)) + np.eye(12, 6) for code in WORDS}, WORDS)
    pairs = [("en", "zh"), ("en", "ja"), ("zh", "ja")]
    lexicons = [Lexicon(zip(WORDS[a], WORDS[b], strict=True), (a, b), match="literal") for a, b in pairs]
    return CrossLingualTopicModel(3, backbone="nmtm", lexicon=lexicons, max_epochs=4, random_state=0).fit(
        corpus
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "report.html"


def test_every_topic_is_a_row_with_its_words_in_every_language(model, path):
    write_report(path, model, n_words=4)
    page = Page(path.read_text(encoding="utf-8"))
    order = np.argsort(-model.topic_weight_)
    topics = model.get_topics(n_words=4)
    expected = [word for k in order for code in model.languages_ for word in topics[k][code]]
    assert page.texts("li") == expected
    assert page.texts("th", role="rowheader") == [f"Topic {k}" for k in order]
    assert [element["lang"] for element in page.elements if element["name"] == "ul"] == list(WORDS) * 3


def test_a_topic_shows_its_name_and_what_came_with_it_and_neither_can_break_the_page(model, path):
    named = copy.deepcopy(model)
    named.set_topic_names({0: TopicName(HOSTILE, "All <b>about</b> it."), 2: "Weather"})
    write_report(path, named)
    page = Page(path.read_text(encoding="utf-8"))
    order = np.argsort(-model.topic_weight_)
    assert page.texts("span", **{"class": "name"}) == [named.topic_names_[k] for k in order]
    assert page.texts("span", **{"class": "description"}) == ["All <b>about</b> it."]
    assert "script" not in [element["name"] for element in page.elements]


def test_of_a_refiner_the_page_shows_what_became_of_the_words(model, path):
    topics = model.get_topics(4)
    edited = [{code: words[1:] for code, words in topic.items()} for topic in topics]
    answer = json.dumps(
        {
            "topics": [
                {"topic": k, "theme": f"Theme {k}", "words": words} for k, words in enumerate(edited[:2])
            ]
        }
    )
    chat = ScriptedChat(lambda request: answer)
    refiner = LLMRefiner(model, llm=chat, n_rounds=1, n_words=4, n_top_words=4, max_epochs=0, cache=None)
    corpus = Corpus.from_counts({code: np.ones((2, len(words))) for code, words in WORDS.items()}, WORDS)
    with pytest.warns(RefinementWarning, match="all rounds failed for 1 topics"):
        refiner.fit(corpus)
    write_report(path, refiner, n_words=4)
    page = Page(path.read_text(encoding="utf-8"))
    # what holds spaces is no single word, so that no answer can keep it
    lost = [
        word
        for topic in topics[:2]
        for code in WORDS
        for number, word in enumerate(topic[code])
        if number == 0 or " " in word or "(" in word
    ]
    assert page.texts("del") == lost
    assert page.texts("ins") == []
    assert page.texts("h2") == ["Topics", "Refinement"]
    assert page.texts("span", **{"class": "name"})[3:] == [
        "Theme 0",
        "Theme 1",
        refiner.model_.topic_names_[2],
    ]
    assert "script" not in [element["name"] for element in page.elements]


def test_words_that_are_new_and_words_that_are_gone_are_told_from_those_kept():
    changes = [("b", "kept"), ("d", "added"), ("a", "dropped"), ("c", "dropped")]
    assert _changes(["a", "b", "c"], ["b", "d"]) == changes


def test_the_bar_of_a_topic_is_its_weight_relative_to_the_heaviest(model, path):
    write_report(path, model)
    widths = re.findall(r'class="bar" aria-hidden="true" style="--share: ([\d.]+)%"', path.read_text("utf-8"))
    weights = np.sort(model.topic_weight_)[::-1]
    assert np.allclose([float(width) for width in widths], 100 * weights / weights[0], atol=0.01)


def test_headers_of_rows_and_columns_say_so(model, path):
    write_report(path, model, accuracies=ACCURACIES)
    page = Page(path.read_text(encoding="utf-8"))
    scopes = [element.get("scope") for element in page.elements if element["name"] == "th"]
    assert scopes == ["col"] * 4 + ["row"] * 3 + [None] + ["col"] * 2 + ["row"] * 2


def test_accuracies_stand_by_language_of_training_and_testing(model, path):
    write_report(path, model, accuracies=ACCURACIES)
    page = Page(path.read_text(encoding="utf-8"))
    cells = page.texts("td", **{"class": "number"})
    assert cells == ["1.000", "0.750", "0.500", "0.250"]
    assert page.texts("small")[-4:] == ["en-I", "zh-C", "en-C", "zh-I"]


def test_a_pair_that_was_not_tested_shows_a_dash(model, path):
    write_report(path, model, accuracies=TransferAccuracy({("en", "en"): 1.0, ("zh", "ja"): 0.5}))
    assert Page(path.read_text(encoding="utf-8")).texts("td").count("–") == 2


def test_without_accuracies_there_is_no_such_table(model, path):
    write_report(path, model)
    assert Page(path.read_text(encoding="utf-8")).texts("h2") == ["Topics", "Training"]


def test_the_curve_falls_from_the_highest_loss_to_the_lowest(model, path):
    write_report(path, model)
    page = Page(path.read_text(encoding="utf-8"))
    (points,) = [element["points"] for element in page.elements if element["name"] == "polyline"]
    x, y = np.array([point.split(",") for point in points.split()], dtype=float).T
    losses = np.array(model.history_["loss"])
    assert np.allclose(x, np.linspace(0, 100, 4), atol=0.01)
    assert np.allclose(y, 100 * (losses.max() - losses) / np.ptp(losses), atol=0.01)


def test_figures_keep_whole_numbers_and_strings_and_round_others(model, path):
    figures = {"Documents": 36, "TU": 0.98765, "CNPMI": np.float32(0.25), "Training": "12 s"}
    write_report(path, model, figures=figures)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.texts("dt") == list(figures)
    assert page.texts("dd") == ["36", "0.988", "0.250", "12 s"]


def test_words_title_and_figures_from_outside_cannot_become_markup(model, path):
    write_report(path, model, title=HOSTILE, figures={HOSTILE: HOSTILE}, n_words=6)
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert "<script" not in text
    assert not any(key.startswith("on") for element in page.elements for key in element)
    assert page.texts("h1") == page.texts("title") == page.texts("dt") == page.texts("dd") == [HOSTILE]
    assert page.texts("li").count(HOSTILE) == page.texts("li").count('" onload="x') == 3


@pytest.mark.parametrize("code", ['en" onclick="x', "<b>"])
def test_a_language_code_cannot_become_markup(code, path):
    counts = np.random.default_rng(0).poisson(2.0, (8, 4)) + 1
    with pytest.raises(InputError):
        Corpus.from_counts({code: counts}, {code: ["a", "b", "c", "d"]})
    corpus = Corpus.from_counts({"en": counts}, {"en": ["a", "b", "c", "d"]})
    accuracies = TransferAccuracy({(code, code): 1.0})
    write_report(
        path, CrossLingualTopicModel(2, max_epochs=1, random_state=0).fit(corpus), accuracies=accuracies
    )
    page = Page(path.read_text(encoding="utf-8"))
    assert not any(key.startswith("on") for element in page.elements for key in element)
    assert not page.texts("b")
    assert [element["lang"] for element in page.elements if element["name"] == "ul"] == ["en"] * 2


def test_the_page_needs_nothing_from_elsewhere(model, path):
    write_report(path, model, accuracies=ACCURACIES, figures={"TU": 1.0})
    text = path.read_text(encoding="utf-8")
    for reference in (
        "http://",
        "https://",
        "src=",
        "href=",
        "@import",
        "url(",
        "<script",
        "<link",
        "<iframe",
    ):
        assert reference not in text


def test_the_page_is_utf_8_and_the_same_every_time(model, path):
    write_report(path, model)
    first = path.read_bytes()
    write_report(path, model)
    assert path.read_bytes() == first
    assert b'<meta charset="utf-8">' in first
    assert "比赛".encode() in first


def test_a_failed_report_leaves_the_old_file_and_no_other(model, path, monkeypatch):
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(path, model)
    assert path.read_text() == "old"
    assert os.listdir(path.parent) == [path.name]


def test_a_refiner_shows_its_refined_topics_named_by_their_themes_and_the_losses_of_its_second_phase(
    model, path
):
    answers = ScriptedChat(
        lambda request: "\n".join(f"Topic {k}: Theme {k}\nEN: rain\nZH: 雨\nJA: 雨" for k in range(3))
    )
    rng = np.random.default_rng(0)
    corpus = Corpus.from_counts({code: rng.poisson(1.0, (12, 6)) + np.eye(12, 6) for code in WORDS}, WORDS)
    refiner = LLMRefiner(
        model,
        llm=answers,
        n_rounds=1,
        n_words=1,
        max_epochs=2,
        cache=None,
        weight_documents=0,
        random_state=0,
    ).fit(corpus)
    write_report(path, refiner, n_words=2)
    page = Page(path.read_text(encoding="utf-8"))
    order = np.argsort(-refiner.model_.topic_weight_)
    topics = refiner.get_topics(n_words=2)
    shown = [word for k in order for code in WORDS for word in topics[k][code]]
    assert page.texts("li")[: len(shown)] == shown
    assert page.texts("span", **{"class": "name"})[:3] == [f"Theme {k}" for k in order]
    assert "Mean loss of each of 2 epochs" in path.read_text(encoding="utf-8")


def test_what_is_neither_model_nor_refiner_is_refused(model, path):
    with pytest.raises(InputTypeError) as caught:
        write_report(path, make_pipeline(model))
    assert str(caught.value) == (
        "The 'model' parameter of write_report must be a CrossLingualTopicModel or an LLMRefiner, such as a step of a "
        "pipeline or the best_estimator_ of a search. Got Pipeline instead."
    )


def test_a_model_that_is_not_fitted_is_refused(path):
    with pytest.raises(NotFittedError):
        write_report(path, CrossLingualTopicModel(3))


def test_a_report_without_words_is_refused(model, path):
    with pytest.raises(InputError) as caught:
        write_report(path, model, n_words=0)
    assert (
        str(caught.value)
        == "The 'n_words' parameter of write_report must be an integer in [1, inf). Got 0 instead."
    )


def test_a_folder_that_is_missing_is_named(model, tmp_path):
    path = tmp_path / "missing" / "report.html"
    with pytest.raises(InputError) as caught:
        write_report(path, model)
    assert str(caught.value) == f"The folder of {str(path)!r} does not exist. Make it, or give another path."


def test_a_folder_in_place_of_a_file_is_named_and_stays(model, tmp_path):
    with pytest.raises(InputError) as caught:
        write_report(tmp_path, model)
    assert str(caught.value) == (
        f"{str(tmp_path)!r} is a folder. Give the path of a file, such as one in it."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"figures": [0.5]},
            "The 'figures' parameter of write_report must be a dict of names to numbers or text, or None. Got "
            "list instead.",
        ),
        (
            {"accuracies": {("en", "zh"): 0.5}},
            "The 'accuracies' parameter of write_report must be what skxtm.metrics.transfer_accuracy returns, "
            "or None. Got dict instead.",
        ),
    ],
)
def test_figures_of_another_kind_are_named(model, path, given, message):
    with pytest.raises(InputTypeError) as caught:
        write_report(path, model, **given)
    assert str(caught.value) == message
    assert not path.exists()


def test_without_jinja2_the_error_names_the_extra(model, path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'skxtm\[report\]'"):
        write_report(path, model)


@pytest.fixture(scope="module")
def browse():
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")

    def run(folder, page, *options):
        quiet = (
            "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
            "--disable-background-networking --disable-component-update --disable-sync"
        )
        command = [program, *quiet.split(), f"--user-data-dir={folder / 'profile'}", *options, page.as_uri()]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout

    return run


def test_a_browser_renders_every_row(model, path, tmp_path, browse):
    write_report(path, model, accuracies=ACCURACIES, n_words=6)
    page = Page(browse(tmp_path, path, "--dump-dom"))
    assert len(page.texts("tr")) == 1 + 3 + 1 + 2
    assert len(page.texts("li")) == 3 * 3 * 6


@pytest.mark.parametrize("width", [360, 1400])
def test_a_browser_draws_the_page_at_the_width_of_the_window(width, model, path, tmp_path, browse):
    image = pytest.importorskip("matplotlib.image")
    write_report(path, model, accuracies=ACCURACIES, title=80 * "W", n_words=6)
    picture = tmp_path / "picture.png"
    browse(tmp_path, path, f"--window-size={width},1200", f"--screenshot={picture}")
    pixels = image.imread(picture)
    assert pixels.shape[:2] == (1200, width)
    margin = pixels[:, -8:, :3]
    assert np.ptp(margin, axis=(0, 1)).max() < 0.01  # nothing runs over the right edge
    assert np.ptp(pixels[:, :, :3]) > 0.5


def test_a_model_that_was_not_trained_has_no_curve(tmp_path):
    corpus = Corpus.from_counts({"en": np.eye(12, 6) + 1}, {"en": WORDS["en"]})
    model = CrossLingualTopicModel(2, random_state=0).fit(corpus)
    write_report(tmp_path / "page.html", model)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<h2>Training</h2>" not in page
    assert page.rstrip().endswith("</html>")
