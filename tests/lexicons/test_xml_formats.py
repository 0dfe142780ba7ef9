"""Dictionaries as XML: JMdict and TEI, and what makes XML dangerous."""

import contextlib
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError, SkxtmError
from skxtm.lexicons import _xml, read_jmdict, read_tei
from skxtm.lexicons.result import LexiconSource

JMDICT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE JMdict [
<!ELEMENT JMdict (entry*)>
<!ATTLIST gloss xml:lang CDATA "eng">
<!ENTITY n "noun (common) (futsuumeishi)">
<!ENTITY uk "word usually written using kana alone">
]>
<JMdict>
<entry><ent_seq>1</ent_seq><k_ele><keb>猫</keb></k_ele><r_ele><reb>ねこ</reb></r_ele>
<sense><pos>&n;</pos><gloss>cat</gloss><gloss xml:lang="ger">Katze &amp; Kater</gloss></sense>
<sense><pos>&n;</pos><gloss>modem (old); socket</gloss></sense></entry>
<entry><k_ele><keb>烏賊</keb></k_ele><k_ele><keb>鰞</keb></k_ele><r_ele><reb>いか</reb></r_ele>
<sense><misc>&uk;</misc><gloss>squid</gloss></sense></entry>
<entry><r_ele><reb>カメラ</reb></r_ele><sense><gloss>camera</gloss></sense></entry>
<entry><r_ele><reb>ほげ</reb></r_ele><sense><gloss xml:lang="fre">truc</gloss></sense></entry>
</JMdict>
"""
TEI = """<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/css" href="freedict-dictionary.css"?>
<!DOCTYPE TEI SYSTEM "freedict-P5.dtd">
<TEI xmlns="http://www.tei-c.org/ns/1.0">
<teiHeader><fileDesc><titleStmt><title>German-English FreeDict Dictionary</title></titleStmt>
<publicationStmt><availability status="free"><p>Available under the terms of the
<ref target="https://www.gnu.org/licenses/gpl.html">GNU General Public License ver. 2.0</ref> and any later
version.</p></availability></publicationStmt></fileDesc></teiHeader>
<text><body xml:lang="de">
<entry><form><orth>Katze</orth><pron>ˈkatsə</pron></form><gramGrp><pos>n</pos></gramGrp>
<sense><cit type="trans" xml:lang="en"><quote>cat, puss</quote></cit>
<cit type="example"><quote>wilde Katze</quote><cit type="trans"><quote>wild cat</quote></cit></cit></sense>
<sense><cit type="trans"><quote>tomcat</quote></cit><def>a male cat</def></sense></entry>
<entry><form><orth>Flugzeug (n)</orth></form><sense><cit type="trans"><quote>plane</quote></cit></sense></entry>
<entry><form><orth>Wort</orth></form><sense><xr><ref>Wörter</ref></xr></sense></entry>
</body></text></TEI>
"""


def message_of(read, *arguments):
    with pytest.raises(InputError) as error:
        read(*arguments)
    return str(error.value)


@pytest.fixture
def jmdict(tmp_path):
    path = tmp_path / "JMdict"
    path.write_text(JMDICT, encoding="utf-8")
    return path


def test_jmdict_gives_the_glosses_of_a_language(jmdict):
    found = read_jmdict(jmdict)
    assert list(found.lexicon) == [
        ("猫", "cat"),
        ("猫", "modem"),
        ("猫", "socket"),
        ("烏賊", "squid"),
        ("鰞", "squid"),
        ("いか", "squid"),
        ("カメラ", "camera"),
    ]
    assert found.skipped == {"no gloss in en": 1}
    assert found.sources == (LexiconSource("JMdict", "file", "JMdict", "EDRDG licence, CC BY-SA"),)
    assert list(read_jmdict(jmdict, ("ja", "fra")).lexicon) == [("ほげ", "truc")]
    assert list(read_jmdict(jmdict, ("ja", "de")).lexicon) == [("猫", "Katze & Kater")]


def test_jmdict_without_a_gloss_in_the_language_is_refused(jmdict):
    assert message_of(read_jmdict, jmdict, ("ja", "nl")) == (
        "JMdict gives no pair of words (4 x no gloss in nl). "
        "Choose the reader of its format, or another dictionary."
    )


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_tei_gives_the_quotes_of_translations_and_the_stated_licence(tmp_path, compress):
    path = tmp_path / "deu-eng.tei"
    path.write_bytes(compress(TEI.encode()))
    found = read_tei(path)
    assert found.lexicon.languages == ("de", "en")
    assert list(found.lexicon) == [
        ("Katze", "cat"),
        ("Katze", "puss"),
        ("Katze", "tomcat"),
        ("Flugzeug", "plane"),
    ]
    assert found.skipped == {"no word or short phrase as translation": 1}
    assert found.sources == (
        LexiconSource("German-English FreeDict Dictionary", "file", "deu-eng.tei", "GPL 2.0"),
    )


def test_tei_without_a_header_is_called_by_its_name(tmp_path):
    (tmp_path / "a.tei").write_text(
        "<TEI><entry><form><orth>Hund</orth></form><cit type='trans'><quote>dog</quote></cit></entry></TEI>"
    )
    found = read_tei(tmp_path / "a.tei", ("de", "en"))
    assert found.sources == (LexiconSource("a.tei", "file", "a.tei", "licence not stated"),)


def test_entities_that_multiply_are_refused_before_they_do(tmp_path):
    layers = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    path = tmp_path / "JMdict"
    path.write_text(f'<!DOCTYPE JMdict [<!ENTITY e0 "ha">{layers}]><JMdict><entry>&e9;</entry></JMdict>')
    assert message_of(read_jmdict, path) == (
        "The entity 'e1' of JMdict holds other entities or more than 1,000 characters, which could fill the "
        "memory. Write the file without it."
    )


def test_a_large_entity_is_refused(tmp_path):
    path = tmp_path / "JMdict"
    path.write_text(f'<!DOCTYPE JMdict [<!ENTITY e "{"a" * 1001}">]><JMdict><entry>&e;</entry></JMdict>')
    assert message_of(read_jmdict, path).startswith(
        "The entity 'e' of JMdict holds other entities or more than"
    )


def test_no_other_file_is_read_through_an_entity(tmp_path):
    (tmp_path / "secret").write_text("secret")
    path = tmp_path / "JMdict"
    path.write_text(
        f'<!DOCTYPE JMdict [<!ENTITY e SYSTEM "{(tmp_path / "secret").as_uri()}">]><JMdict><entry>'
        "<r_ele><reb>ほげ</reb></r_ele><sense><gloss>open</gloss><gloss>&e;</gloss></sense></entry></JMdict>",
        encoding="utf-8",
    )
    assert list(read_jmdict(path).lexicon) == [("ほげ", "open")]


@pytest.mark.slow
@pytest.mark.parametrize("content", ["a" * 2**20, "<b/>" * 2**20, "&e;" * 2**20])
def test_an_entry_that_grows_without_bounds_is_stopped(tmp_path, content):
    path = tmp_path / "JMdict"
    path.write_text(f'<!DOCTYPE JMdict [<!ENTITY e "ha">]><JMdict><entry>{content}</entry></JMdict>')
    assert message_of(read_jmdict, path) == (
        "An entry of JMdict is larger than 1,048,576 characters, which no entry of a dictionary is. "
        "Fetch or write the file again."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<JMdict><entry>", "no element found: line 1, column 15"),
        ("<JMdict></entry>", "mismatched tag: line 1, column 10"),
        ("", "no element found: line 1, column 0"),
        ("猫 [ねこ] /(n) cat/", "syntax error: line 1, column 0"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', "unknown encoding: klingon"),
    ],
)
def test_what_is_no_well_formed_xml_is_named(tmp_path, content, reason):
    (tmp_path / "JMdict").write_text(content, encoding="utf-8")
    message = message_of(read_jmdict, tmp_path / "JMdict")
    assert message.startswith("JMdict is no well-formed XML (")
    assert message.endswith("). Fetch or write it again.")
    assert reason.partition(":")[0] in message


def test_only_one_entry_is_in_memory_at_a_time(tmp_path, monkeypatch):
    path = tmp_path / "JMdict"
    path.write_text(f"<JMdict>{'<entry>abcdefgh</entry>' * 200_000}</JMdict>")
    kept = []
    original = _xml._Reader.taken
    monkeypatch.setattr(
        _xml._Reader, "taken", lambda reader: kept.append(len(reader._complete)) or original(reader)
    )
    assert sum(1 for _ in _xml.elements(path, "entry")) == 200_000
    assert max(kept) < 70_000  # those of one chunk


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([JMDICT, TEI]),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=3)), max_size=4),
)
def test_any_xml_is_read_or_refused_by_an_error_of_ours(tmp_path_factory, text, changes):
    data = text.encode()
    for position, inserted in changes:
        data = data[:position] + inserted + data[position + 1 :]
    path = tmp_path_factory.mktemp("any") / "words"
    path.write_bytes(data)
    with contextlib.suppress(SkxtmError):
        read_jmdict(path)
    with contextlib.suppress(SkxtmError):
        read_tei(path, ("de", "en"))
