"""`EditedTopics`: topics that people edited, or answers recorded before, in a chat model's place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from sklearn.base import BaseEstimator

from skxtm._parameters import check_choice
from skxtm.exceptions import AnswerFormatError, InputError
from skxtm.refinement.matching import VocabularyIndex
from skxtm.refinement.parsing import ParsedAnswer, parse_answer
from skxtm.refinement.topic_files import EditedTopic, read_topics, text_of

__all__ = ["EditedTopics"]

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class EditedTopics(BaseEstimator):
    """Refine topics as people edited them, without any language model.

    Write a model's topics to a file with `write_topics`; strike words out, add and pin some, name topics; and
    give the file to `skxtm.LLMRefiner` in place of a chat model. Training goes towards the words that stand.

    Parameters
    ----------
    path : str, path-like, or iterable of these
        The file, as `read_topics` reads it, or a file ``.json`` or ``.txt`` with the answer of a language
        model, as `parse_answer` reads it. Several are voted on as rounds are.
    unknown_words : {"raise", "report"}, default="raise"
        What becomes of words that the vocabulary lacks: an error that names file and line; or, as for a
        language model's, a line in the report. Those of answers are always reported.

    See Also
    --------
    write_topics : Writes the file.
    OfflineProposer : Proposes by word vectors.

    Notes
    -----
    All words that stand in one file are kept, however many, in its order, those pinned first; a pinned word
    weighs as much as two that are not. A topic that the file leaves out is not refined, and keeps its words,
    as does a language of a topic. In an answer, a topic left out, or filled with words of the wrong language,
    has failed, as if it had been asked for just now: where all rounds failed for it a warning says so. The
    file is read when the refiner is fitted, and used once, since later refinements would only repeat it. A
    struck word is left out of the target and no more: in training it falls as those that stand rise.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skxtm import CrossLingualTopicModel, LLMRefiner
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.refinement import EditedTopics, write_topics
    >>> data = make_multilingual_corpus(n_documents=60, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "topics.md")
    ...     write_topics(path, model.get_topics(5), names=["Sport", "", ""])
    ...     word = model.get_topics(5)[0]["en"][3]
    ...     edited = path.read_text(encoding="utf-8").replace(f", {word},", f", ~~{word}~~,", 1)
    ...     _ = path.write_text(edited, encoding="utf-8")
    ...     refiner = LLMRefiner(model, llm=EditedTopics(path), max_epochs=1).fit(data.corpus)
    >>> refiner.themes_
    ['Sport', '', '']
    >>> word in refiner.refined_words_[0]["en"]
    False
    """

    def __init__(self, path: Paths, *, unknown_words: Literal["raise", "report"] = "raise") -> None:
        # what glob returns can be gone through once only, and neither copied nor shown
        self.path = list(path) if isinstance(path, Iterator) else path
        self.unknown_words = unknown_words

    @property
    def paths(self) -> list[Path]:
        """The files, in their order."""
        path: Any = self.path
        is_one = isinstance(path, (str, os.PathLike, Iterator)) or not isinstance(path, Iterable)
        given: list[Any] = [path] if is_one else list(path)
        if not all(isinstance(each, (str, os.PathLike)) for each in given):
            raise InputError(f"EditedTopics takes a path or a list of paths. Got {self.path!r}.")
        return list(map(Path, given))

    def read(
        self, languages: Sequence[str], n_topics: int, n_words: int = 15
    ) -> list[dict[int, EditedTopic]]:
        """Read all files, and check that they fit a model.

        Parameters
        ----------
        languages : sequence of str
            Of the model.
        n_topics : int
            Of the model.
        n_words : int, default=15
            Largest number of words taken per topic and language of an answer.

        Returns
        -------
        files : list of dict of int to EditedTopic
            By number of the topic.

        Raises
        ------
        InputError
            If a parameter or file is not what is needed, a topic or language is none of the model's, or words
            are pinned in one of several files.
        """
        return [
            file if isinstance(file, dict) else _topics_of(file)
            for file in read_files(self, languages, n_topics, n_words)
        ]

    def _read_topics(self, path: Path, languages: Sequence[str], n_topics: int) -> dict[int, EditedTopic]:
        topics = read_topics(path)
        for number, topic in topics.items():
            if number >= n_topics:
                raise InputError(
                    f"{_place(path, topic)}topic {number} is none of the model, which has topics 0 to "
                    f"{n_topics - 1}. Take it out."
                )
            for language in {**topic.words, **topic.struck}:
                if language not in languages:
                    raise InputError(
                        f"{_place(path, topic, language)}language {language!r} is none of the model, which "
                        f"has {list(languages)}. Take it out."
                    )
            if topic.pinned and len(self.paths) > 1:
                language, words = next(iter(topic.pinned.items()))
                raise InputError(
                    f"{path.name}, line {topic.lines[language, words[0]]}: {words[0]!r} is pinned, but "
                    "several files are voted on. Give one file, or take the mark out."
                )
        return topics


def read_files(
    edited: EditedTopics,
    languages: Sequence[str],
    n_topics: int,
    n_words: int = 15,
    vocabularies: Mapping[str, VocabularyIndex] | None = None,
) -> list[dict[int, EditedTopic] | ParsedAnswer]:
    """Read all files, those of answers with what was wrong with them.

    Parameters
    ----------
    edited : EditedTopics
        Which knows the files.
    languages, n_topics, n_words
        As for `EditedTopics.read`.
    vocabularies : dict of str to VocabularyIndex, default=None
        As for `parse_answer`.

    Returns
    -------
    files : list of (dict of int to EditedTopic, or ParsedAnswer)

    Raises
    ------
    InputError
        As from `EditedTopics.read`.
    """
    check_choice(edited.unknown_words, "unknown_words", "EditedTopics", ("raise", "report"))
    if not edited.paths:
        raise InputError("EditedTopics was given no file. Give it one or more paths.")
    read = partial(
        parse_answer, topics=range(n_topics), languages=languages, n_words=n_words, vocabularies=vocabularies
    )
    return [
        _read_answer(path, read)
        if path.suffix.lower() in (".json", ".txt")
        else edited._read_topics(path, languages, n_topics)
        for path in edited.paths
    ]


def _read_answer(path: Path, read: Callable[[str], ParsedAnswer]) -> ParsedAnswer:
    try:
        return read(text_of(path))
    except AnswerFormatError as error:
        raise InputError(f"{path.name}: {error}") from error


def _topics_of(answer: ParsedAnswer) -> dict[int, EditedTopic]:
    return {number: EditedTopic(words, name=answer.themes[number]) for number, words in answer.words.items()}


def _place(path: Path, topic: EditedTopic, language: str | None = None) -> str:
    """Say where a topic, or its words in a language, begins."""
    lines = [line for (code, _), line in topic.lines.items() if language in (None, code)]
    return f"{path.name}, line {min(lines)}: " if lines else f"{path.name}: "


def unknown_word(
    path: Path, topic: EditedTopic, number: int, language: str, word: str, reason: str = ""
) -> InputError | None:
    """Return the error that a word which the vocabulary lacks is, or None for a word of an answer.

    Parameters
    ----------
    path : Path
        The file.
    topic : EditedTopic
        Of the word.
    number : int
        Of the topic.
    language : str
        Of the word.
    word : str
        As it is written.
    reason : str, default=""
        Why the vocabulary lacks it, and what to do, where that is known.

    Returns
    -------
    error : InputError or None
    """
    line = topic.lines.get((language, word))
    if line is None:
        return None
    return InputError(
        f"{path.name}, line {line}: the vocabulary of {language!r} lacks {word!r} of topic {number}. Take it "
        f"out, write it as the documents do, or set unknown_words='report'. {reason}".rstrip()
    )
