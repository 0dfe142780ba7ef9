"""Small dictionaries of our own in the real formats."""

import gzip
from pathlib import Path

import pytest

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

CEDICT = """# CC-CEDICT
# A small one for tests
#! license=https://creativecommons.org/licenses/by-sa/4.0/
貓 猫 [mao1] /cat/CL:隻|只[zhi1]/(coll.) modem/
跑 跑 [pao3] /to run; to flee/to run away (from sb)/
敵機 敌机 [di2 ji1] /enemy plane/
新北市 新北市 [Xin1 bei3 shi4] /New Taipei City, administrative district in north Taiwan/
栢 柏 [bai3] /variant of 柏[bai3]/
衚 胡 [hu2] /used in 胡同[hu2 tong4]/
鎯 𰾄 [la2] /to do one thing and then another without stopping/
"""

EDICT = """　？？？ /EDICT, Japanese-English Dictionary Files/Copyright Electronic Dictionary Research & Development Group/
猫 [ねこ] /(n) (1) cat/(2) (sl) submissive partner/(P)/
烏賊 [いか] /(n) (uk) cuttlefish/squid/(P)/
カメラ /(n) camera/
敵機 [てっき] /(n) enemy plane/
々 [のま] /(unc) see 同/
"""

EDICT2 = """　？？？ /EDICT2/Copyright Electronic Dictionary Research & Development Group/
猫;猫々(oK) [ねこ(P);ネコ] /(n) (1) cat/(2) {comp} modem/(P)/EntL1467640X/
烏賊;鰞(oK) [いか] /(n) (uk) squid/EntL1171560X/
"""


def write_dictd(folder, name, entries, *, plain=False):
    """Write a dictionary for the dict server: pairs of headwords and text."""
    data, lines = b"", []
    for words, text in entries:
        content = text.encode()
        for word in words:
            lines.append(f"{word}\t{base64_number(len(data))}\t{base64_number(len(content))}")
        data += content
    path = Path(folder) / f"{name}.index"
    path.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    if plain:
        path.with_suffix(".dict").write_bytes(data)
    else:
        path.with_suffix(".dict.dz").write_bytes(gzip.compress(data))
    return path


def base64_number(value):
    digits = ""
    while value or not digits:
        value, digit = divmod(value, 64)
        digits = DIGITS[digit] + digits
    return digits


ABOUT = [
    (["00databaseutf8"], "\n"),
    (["00databaseshort"], "German-English FreeDict Dictionary ver. 0.1\n"),
    (
        ["00databaseinfo"],
        "German-English\n\nAvailability:\n\n  Available under the terms of the GNU General Public License ver.\n"
        "  2.0 and any later version.\n\nPublished at: https://example.org/\n\n  Creative Commons is not meant.\n",
    ),
]
GERMAN = [
    *ABOUT,
    (["katze"], "Katze /ˈkatsə/ <fem, n, sg>\n1. cat <n>, puss\n2. tomcat\n   Synonym: {Mieze}\n"),
    (
        ["feindflugzeug", "feindliches flugzeug"],
        "Feindflugzeug <neut>, feindliches Flugzeug\nenemy plane <n>\n",
    ),
    (["wort"], "Wort\n see: {Wörter}\n"),
    (["das gebe ich gerne zu"], "das gebe ich gerne zu\nadmittedly\n"),
]


@pytest.fixture
def cedict(tmp_path):
    path = tmp_path / "cedict_ts.u8"
    path.write_text(CEDICT, encoding="utf-8")
    return path


@pytest.fixture
def edict(tmp_path):
    (tmp_path / "edict").mkdir()
    path = tmp_path / "edict" / "edict"
    path.write_text(EDICT, encoding="euc_jp")
    return path


@pytest.fixture
def german(tmp_path):
    (tmp_path / "dictd").mkdir()
    return write_dictd(tmp_path / "dictd", "freedict-deu-eng", GERMAN)


@pytest.fixture
def dictd_writer():
    return write_dictd
