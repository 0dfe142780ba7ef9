"""The page to look around in topics and documents."""

import copy
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import skxtm.explore
from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, Lexicon, LLMRefiner
from skxtm._model.state import state_of
from skxtm.datasets import load_sample, load_sample_lexicon, make_multilingual_corpus
from skxtm.exceptions import InputError, MissingDependencyError
from skxtm.explore import (
    broken_topics,
    explore,
    get_document_info,
    representative_documents,
    topic_quality_table,
    topic_sizes,
    topics_over_time,
    topics_per_group,
)
from skxtm.explore._glosses import glosses

EVIL = "</script><script>document.title = 'broken'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def sample():
    return load_sample("train", languages=("en", "zh"))


@pytest.fixture(scope="module")
def model(sample):
    return CrossLingualTopicModel(8, lexicon=load_sample_lexicon("zh", "en"), random_state=0).fit(
        sample.corpus
    )


def content(path):
    page = path.read_text(encoding="utf-8")
    return json.loads(
        re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S).group(1)
    )


@pytest.fixture(scope="module")
def page(model, sample, tmp_path_factory):
    """A page of documents one of which is a script, with dates and groups."""
    texts = [(EVIL + " rain rain", "en"), *zip(sample.corpus.text, sample.corpus.language, strict=True)]
    path = tmp_path_factory.mktemp("page") / "topics.html"
    dates, groups = [2024 + k % 3 for k in range(len(texts))], ["press", "web"] * len(texts)
    model.set_topic_names({3: "<b>bold</b>"})
    explore(model, texts, path, dates=dates, groups=groups[: len(texts)])
    return path


def test_topics_stand_by_size_with_words_sizes_and_the_documents_that_have_most_of_them(model, page):
    topics = content(page)["topics"]
    assert [topic["weight"] for topic in topics] == sorted((t["weight"] for t in topics), reverse=True)
    assert sorted(topic["number"] for topic in topics) == list(range(8))
    top = model.get_topics(20)
    for topic in topics:
        number = topic["number"]
        assert topic["name"] == model.topic_names_[number]
        assert {code: [word for word, _ in words] for code, words in topic["words"].items()} == top[number]
        best = model.topic_word_["zh"][number].max()
        assert topic["words"]["zh"][0][1] == pytest.approx(best, rel=1e-3)
    assert [len(topic["examples"][code]) for topic in topics for code in ("en", "zh")] == [3] * 16


def test_examples_and_sizes_are_those_of_the_tables(model, sample, tmp_path):
    path = explore(model, sample.corpus, tmp_path / "t.html", n_words=7, n_examples=2, n_points=20)
    best = representative_documents(model, sample.corpus, n=2).groupby(["topic", "language"])
    sizes = topic_sizes(model, sample.corpus).set_index(["topic", "language"])["n_documents"]
    for topic in content(path)["topics"]:
        for code in ("en", "zh"):
            expected = best.get_group((topic["number"], code))
            rows, shares, _ = zip(*topic["examples"][code], strict=True)
            assert list(rows) == expected["row"].tolist()
            np.testing.assert_allclose(shares, expected["probability"], rtol=1e-3)
            assert topic["sizes"][code] == sizes[topic["number"], code]
            assert len(topic["words"][code]) == 7


def test_a_word_has_its_three_most_frequent_translations_of_the_lexicon_at_most(model):
    vocabulary = model.vocabularies_["en"]
    frequency = model.topic_weight_ @ model.topic_word_["en"]
    found, n_listed = glosses(model, model.get_topics(20))["zh"], []
    for word, by_language in found.items():
        listed = np.flatnonzero(model.lexicon.matrix([word], vocabulary, "zh", "en").toarray())
        ranked = listed[np.argsort(-frequency[listed], kind="stable")]
        assert by_language["en"] == vocabulary[ranked[:3]].tolist()
        n_listed.append(len(listed))
    assert max(n_listed) > 3


def test_without_a_lexicon_the_nearest_words_of_an_encoder_are_shown():
    class Same:
        def encode_words(self, words, code):
            return np.eye(30)

    data = make_multilingual_corpus(40, n_components=2, vocabulary_sizes=30, random_state=0)
    vectors = {code: np.eye(30, dtype=np.float32) for code in ("en", "zh")}
    model = CrossLingualTopicModel(2, word_embeddings=vectors, random_state=0).fit(data.corpus)
    state_of(model).encoders["words"] = Same()
    english, chinese = (model.vocabularies_[code].tolist() for code in ("en", "zh"))
    assert glosses(model, [{"en": english[4:5], "zh": chinese[7:8]}]) == {
        "en": {english[4]: {"zh": [chinese[4]]}},
        "zh": {chinese[7]: {"en": [english[7]]}},
    }


def test_words_are_translated_by_the_model_s_lexicon(model, page):
    found = content(page)["glosses"]
    lexicon = load_sample_lexicon("zh", "en")
    word, translations = next(iter(found["zh"].items()))
    assert lexicon.matrix([word], translations["en"], "zh", "en").toarray().all()
    other = CrossLingualTopicModel.__new__(CrossLingualTopicModel)
    other.__dict__.update(model.__dict__ | {"lexicon": None})
    with_own = explore(other, [("rain", "en")], page.with_name("own.html"), lexicons=lexicon)
    assert content(with_own)["glosses"]["zh"] == found["zh"]


def test_time_and_groups_are_those_of_the_tables(model, sample, page, tmp_path):
    corpus, dates = sample.corpus, [2024 + k % 3 for k in range(len(sample.corpus))]
    groups = ["press", "web"] * (len(corpus) // 2)
    written = content(explore(model, corpus, tmp_path / "t.html", dates=dates, groups=groups))
    assert written["time"]["periods"] == ["2024-01-01", "2025-01-01", "2026-01-01"]
    for table, series, column in (
        (topics_over_time(model, corpus, dates), written["time"]["series"], "time"),
        (topics_per_group(model, corpus, groups), written["groups"]["series"], "group"),
    ):
        places = {label: place for place, label in enumerate(table[column].unique())}
        for _, line in table.iterrows():
            cell = series[line["language"]][line["topic"]][places[line[column]]]
            np.testing.assert_allclose(cell, line[["share", "low", "high"]].astype(float), rtol=1e-3)


def test_broken_topics_are_marked_with_what_is_wrong(model, sample, tmp_path):
    broken = copy.deepcopy(model)
    state_of(broken).components[3] = state_of(broken).components[5]
    verdicts = broken_topics(topic_quality_table(broken, sample.corpus))
    assert any("repeats topic" in verdict for verdict in verdicts.values())
    written = content(explore(broken, sample.corpus, tmp_path / "t.html", n_points=20))["topics"]
    assert {topic["number"]: topic["verdict"] for topic in written if topic["verdict"]} == verdicts
    unmarked = content(explore(broken, sample.corpus, tmp_path / "t.html", n_points=20, mark_broken=False))
    assert {topic["verdict"] for topic in unmarked["topics"]} == {""}


def test_the_map_holds_a_sample_of_documents_with_their_topic_and_language(model, sample, tmp_path):
    drawn = content(explore(model, sample.corpus, tmp_path / "t.html", n_points=50))["map"]
    assert {name: len(drawn[name]) for name in ("x", "y", "topic", "language", "text")} == dict.fromkeys(
        ("x", "y", "topic", "language", "text"), 50
    )
    assert "50 of 480 documents, drawn at random" in drawn["note"]
    assert (min(drawn["x"]), max(drawn["x"])) == (0, 65535)
    info = get_document_info(model, sample.corpus).set_index("text")
    for text, topic, language in zip(drawn["text"], drawn["topic"], drawn["language"], strict=True):
        if len(text) < 280:
            assert (info["topic"][text], info["language"][text]) == (topic, ["en", "zh"][language])


def test_neighbours_on_the_map_are_of_the_same_topic(model, sample, tmp_path):
    drawn = content(explore(model, sample.corpus, tmp_path / "t.html"))["map"]
    points, topics = np.array([drawn["x"], drawn["y"]]).T, np.array(drawn["topic"])
    distances = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag(np.full(len(points), np.inf))
    assert (topics[distances.argmin(1)] == topics).mean() > 0.9


def test_the_same_call_writes_the_same_bytes_and_another_seed_draws_other_documents(model, sample, tmp_path):
    first, again, other = (
        explore(model, sample.corpus, tmp_path / f"{k}.html", n_points=60, random_state=seed)
        for k, seed in enumerate((0, 0, 1))
    )
    assert first.read_bytes() == again.read_bytes()
    assert content(first)["map"]["text"] != content(other)["map"]["text"]


def test_refined_topics_show_words_before_and_after_and_how_sure_they_are(model, sample, tmp_path):
    refiner = LLMRefiner(model, max_epochs=1, n_words=5, random_state=0).fit(sample.corpus)
    topics = content(explore(refiner, sample.corpus, tmp_path / "t.html", n_points=20))["topics"]
    topic = topics[0]
    assert topic["before"] == model.get_topics(20)[topic["number"]]
    assert topic["kept"] == refiner.refined_words_[topic["number"]]
    assert topic["confidence"] == pytest.approx(refiner.confidence_[topic["number"]], rel=1e-3)


@pytest.mark.parametrize("n_components", [1, 3])
def test_counts_without_texts_few_documents_and_one_topic_are_shown(n_components, tmp_path):
    data = make_multilingual_corpus(n_documents=30, n_components=3, random_state=0)
    model = CrossLingualTopicModel(n_components, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    few = Corpus.from_counts({"zh": data.corpus.counts_of("zh")[:4]}, data.corpus.vocabularies)
    for corpus in (data.corpus, few):
        written = content(explore(model, corpus, tmp_path / "t.html"))
        assert len(written["topics"]) == n_components
        assert written["topics"][0]["examples"] == {}
        assert len(written["map"]["x"]) == len(corpus)
    assert set(written["map"]["language"]) == {1}


def test_what_cannot_be_written_is_refused_and_nothing_is_left(model, sample, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"folder of .* does not exist"):
        explore(model, sample.corpus, tmp_path / "missing" / "t.html", n_points=20)
    with pytest.raises(InputError, match=r"is a folder\. Give the path of a file"):
        explore(model, sample.corpus, tmp_path)
    with pytest.raises(InputError, match="'n_points'"):
        explore(model, sample.corpus, tmp_path / "t.html", n_points=-1)
    with pytest.raises(InputError, match="dates has 1 rows"):
        explore(model, sample.corpus, tmp_path / "t.html", dates=[2026])
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    with pytest.raises(MissingDependencyError, match="report"):
        explore(model, sample.corpus, tmp_path / "t.html")
    assert list(tmp_path.iterdir()) == []


class Elements(HTMLParser):
    """Scripts, pictures and addresses of a page."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.addresses, self.pictures, self.tags = 0, [], 0, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.scripts += tag == "script"
        self.pictures += tag == "img"
        self.addresses += [value for name, value in attributes if name in ("src", "href", "action")]


def test_the_page_asks_nothing_of_any_network_and_texts_stay_texts(page):
    text = page.read_text(encoding="utf-8")
    found = Elements(text)
    assert (found.scripts, found.pictures, found.addresses) == (2, 0, [])
    assert "default-src 'none'" in text
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) == {"http://www.w3.org/2000/svg"}  # a name
    assert any(EVIL in one for one in content(page)["map"]["text"])


@pytest.fixture(scope="module")
def browsed(page, tmp_path_factory):
    """What a browser makes of the page: its elements after the scripts ran, and what they complained of."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")

    def run(address):
        folder = tmp_path_factory.mktemp("profile")
        quiet = "--headless --no-sandbox --disable-gpu --no-first-run --enable-logging=stderr --dump-dom"
        command = [
            program,
            *quiet.split(),
            f"--user-data-dir={folder}",
            "--virtual-time-budget=5000",
            address,
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
        return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    return run


@pytest.mark.slow
def test_a_browser_shows_every_topic_and_complains_of_nothing(browsed, page):
    dom, complaints = browsed(page.as_uri())
    assert complaints == []
    found = Elements(dom)
    assert "broken" not in re.search("<title>(.*?)</title>", dom).group(1)
    assert (found.scripts, found.pictures) == (2, 0)
    buttons = [attributes for tag, attributes in found.tags if tag == "button" and "data-word" in attributes]
    assert len(buttons) == 2 * 20
    assert dom.count('class="name"') == 8
    assert "&lt;b&gt;bold&lt;/b&gt;" in dom
    assert "all, with its interval" in dom


@pytest.fixture(scope="module")
def rightward(tmp_path_factory):
    """A page of Egyptian Arabic beside English, its topics named in Arabic."""
    themes = {
        "arz": ["مطر رياح غيوم عاصفة ثلج", "لاعب مباراة هدف فريق كرة"],
        "en": ["rain wind clouds storm snow", "player match goal team ball"],
    }
    draw = np.random.RandomState(0).choice
    texts = [
        (" ".join(draw(theme.split(), 8)), code)
        for _ in range(15)
        for code, of_language in themes.items()
        for theme in of_language
    ]
    lexicon = Lexicon(
        zip(" ".join(themes["arz"]).split(), " ".join(themes["en"]).split(), strict=True), ("arz", "en")
    )
    vectorizer = CrossLingualVectorizer(stop_words=None)  # no list of this language is known
    model = CrossLingualTopicModel(2, lexicon=lexicon, vectorizer=vectorizer, random_state=0).fit(texts)
    model.set_topic_names(["طقس", "كرة"])
    path = tmp_path_factory.mktemp("rightward") / "topics.html"
    return explore(model, texts, path, groups=["صحافة", "press"] * 30, title="مواضيع", mark_broken=False)


def test_what_is_written_from_right_to_left_is_told_by_its_letters_whatever_its_code(rightward, page):
    assert content(rightward)["languages"] == [{"code": "arz", "dir": "rtl"}, {"code": "en", "dir": "ltr"}]
    assert {language["dir"] for language in content(page)["languages"]} == {"ltr"}


@pytest.mark.slow
def test_names_and_numbers_keep_their_direction_beside_the_other(browsed, rightward):
    dom, complaints = browsed(rightward.as_uri())
    assert complaints == []
    for name in ("مواضيع", "طقس", "كرة", "صحافة", "press"):
        assert f"<bdi>{name}</bdi>" in dom
    examples = re.search(r'<ul class="examples" lang="arz" dir="rtl">(.*?)</ul>', dom).group(1)
    assert re.findall(r'<span class="soft" dir="ltr">\d+ %</span>', examples)
    buttons = [given for tag, given in Elements(dom).tags if tag == "button" and "data-word" in given]
    assert {button["dir"] for button in buttons} == {"auto"}


def test_half_a_character_in_a_title_becomes_a_question_mark_and_in_a_group_is_named(model, sample, tmp_path):
    corpus = sample.corpus[:40]
    path = explore(model, corpus, tmp_path / "topics.html", title="T\ud83d", mark_broken=False)
    assert "<bdi>T?</bdi>" in path.read_text(encoding="utf-8")
    with pytest.raises(InputError) as caught:
        explore(model, corpus, path, groups=["press\ud83d", *["web"] * 39])
    assert str(caught.value) == (
        "1 row cannot be used: groups holds a lone surrogate, half a character, in row 0. Fill, correct or remove "
        "it first."
    )


@pytest.mark.slow
def test_a_link_leads_to_a_topic(browsed, page, model):
    dom, _ = browsed(page.as_uri() + "#topic-5")
    shown = [
        attributes["data-word"]
        for tag, attributes in Elements(dom).tags
        if tag == "button" and attributes.get("data-code") == "en"
    ]
    assert shown == model.get_topics(20)[5]["en"]


@pytest.fixture(scope="module")
def acted(browsed, tmp_path_factory):
    """What a page says in its title after a script of ours acted in it."""

    def run(page, script):
        path = tmp_path_factory.mktemp("acted") / "topics.html"
        text = page.read_text(encoding="utf-8")
        path.write_text(
            text.replace("</body>", f"<script>document.title = {script}</script></body>"), "utf-8"
        )
        return re.search("<title>(.*?)</title>", browsed(path.as_uri())[0]).group(1)

    return run


@pytest.mark.slow
def test_the_click_that_ends_a_renaming_still_chooses_a_topic(acted, page):
    script = """(() => {
      const input = document.querySelector(".heading input"), button = $("topics").children[1].firstChild;
      input.value = "renamed";
      input.dispatchEvent(new Event("change"));
      return [button.isConnected, $("topics").children[0].querySelector(".name").textContent].join();
    })()"""
    assert acted(page, script) == "true,renamed"


@pytest.mark.slow
def test_the_map_is_gone_through_by_keys_and_a_topic_chosen(acted, page):
    script = """(() => {
      const canvas = $("map"), press = (key) => canvas.dispatchEvent(new KeyboardEvent("keydown", {key}));
      const said = () => $("tip").hidden ? "" : $("tip").querySelector("bdi").textContent;
      const results = [];
      press("ArrowRight");
      results.push(data.map.topic[here] === data.topics[current].number, said() === names[current]);
      const moves = [["ArrowRight", "x", 1], ["ArrowLeft", "x", -1], ["ArrowUp", "y", -1], ["ArrowDown", "y", 1]];
      for (const [key, axis, sign] of moves) {
        let before = here;
        press(key);
        while (here !== before) {
          results.push(Math.sign(data.map[axis][here] - data.map[axis][before]) === sign);
          before = here;
          press(key);
        }
      }
      press("Enter");
      results.push(data.topics[current].number === data.map.topic[here]);
      shown.delete(codes[data.map.language[here]]);
      press("ArrowLeft");
      results.push(isShown(here));
      press("Escape");
      results.push(here === -1, said() === "");
      return results.map(Number).join("");
    })()"""
    results = acted(page, script)
    assert set(results) == {"1"}, results
    assert len(results) > 20  # many steps


SIXTEEN = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "vi", "zh"]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Write a page of documents in sixteen languages, with dates and groups."""
    data = make_multilingual_corpus(8, n_components=2, languages=SIXTEEN, random_state=0)
    model = CrossLingualTopicModel(2, lexicon=list(data.lexicons), random_state=0).fit(data.corpus)

    def write(dates, groups):
        path = tmp_path_factory.mktemp("many") / "topics.html"
        n_documents = len(data.corpus)
        dates, groups = np.resize(dates, n_documents), np.resize(groups, n_documents)
        return explore(model, data.corpus, path, dates=dates, groups=groups, mark_broken=False)

    return write


LINE = 'document.querySelector("polyline").getAttribute("points")'


@pytest.mark.slow
def test_periods_stand_where_they_lie_in_time_and_one_alone_is_seen(acted, many):
    points = acted(many([2000, 2001, 2020], ["a"]), LINE).split()
    assert [float(point.split(",")[0]) for point in points] == pytest.approx([0, 5, 100], abs=0.1)
    dash = acted(many(["2024-03-05"], ["a"]), LINE).split()
    assert [float(point.split(",")[0]) for point in dash] == [49, 51]
    hours = acted(many(["2024-03-05 01:00", "2024-03-05 03:00", "2024-03-05 05:00"], ["a"]), LINE).split()
    assert [float(point.split(",")[0]) for point in hours] == [0, 50, 100]


@pytest.mark.slow
def test_groups_that_are_left_out_are_counted_and_long_or_empty_names_stay_within(acted, many):
    groups = ["", "x" * 300, *(f"group {k}" for k in range(23))]
    said = acted(
        many([2024], groups),
        """(() => {
          document.body.style.width = "380px";
          const bars = document.querySelector(".bars"), heading = bars.previousSibling.textContent;
          return [heading, bars.scrollWidth <= bars.clientWidth].join("; ");
        })()""",
    )
    assert said == "By group, the 20 of 25 that have most of it; true"
    few = acted(many([2024], ["", "a"]), 'document.querySelector(".bars").textContent')
    assert "(no name)" in few


@pytest.mark.slow
def test_languages_have_colours_of_their_own(acted, many):
    script = """new Set([...document.querySelectorAll("#filters i")].map(
      (dot) => getComputedStyle(dot).backgroundColor)).size"""
    assert acted(many([2024], ["a"]), script) == "16"


def test_colours_of_languages_are_seen_on_light_and_on_dark_paper():
    def luminance(colour):
        parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [
            0.2126,
            0.7152,
            0.0722,
        ]

    style = (Path(skxtm.explore.__file__).parent / "page.css").read_text(encoding="utf-8")
    papers = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    assert len(papers) == 2
    for paper in papers:
        named = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", paper))
        hues = {colour for name, colour in named.items() if name.startswith("hue")}
        assert len(hues) == 16
        for colour in hues:
            for ground in ("paper", "card"):
                dark, light = sorted((luminance(colour), luminance(named[ground])))
                assert (light + 0.05) / (dark + 0.05) > 3  # WCAG 2.2, 1.4.11
