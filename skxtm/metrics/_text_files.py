"""Files of segmented texts, one for each language."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from skxtm.exceptions import InputError
from skxtm.languages import by_code, fault_of_code
from skxtm.metrics._checks import canonical_list


def text_files(folder: Path, languages: Sequence[str] | None) -> dict[str, Path]:
    """Map languages to their files in a folder: those asked for, or all, sorted."""
    paths = _all_files(folder)
    chosen = list(paths) if languages is None else canonical_list(languages)
    missing = [language for language in chosen if language not in paths]
    if missing:
        raise InputError(
            f"The folder {str(folder)!r} has no file named {missing[0]}.txt or {missing[0]}.txt.gz. "
            f"It has files for the languages {list(paths)}."
        )
    return {language: paths[language] for language in chosen}


def lines(path: Path) -> Iterator[str]:
    """Iterate over the lines of a file, gzipped or not, without a byte order mark."""
    number = 0
    try:
        # of bytes, "\n" alone ends a line: other separators may stand inside one of foreign text
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not text in UTF-8 ({error.reason} in line {number}). Write it again in UTF-8."
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path.name} is a damaged gzip file ({error}). Fetch or write it again.") from error


def _all_files(folder: Path) -> dict[str, Path]:
    """Find the file of each language; a plain file hides a gzipped one."""
    packed = {path.name.removesuffix(".txt.gz"): path for path in folder.glob("*.txt.gz")}
    plain = {path.name.removesuffix(".txt"): path for path in folder.glob("*.txt")}
    named = {name: path for name, path in (packed | plain).items() if fault_of_code(name) is None}
    if not named:
        raise InputError(
            f"The folder {str(folder)!r} has no file named {{language}}.txt or {{language}}.txt.gz."
        )
    return dict(sorted(by_code(named, str(folder)).items()))
