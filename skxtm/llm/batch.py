"""Asking through files: half-price batch jobs, models behind an air gap, answers written by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar, cast

from sklearn.base import BaseEstimator

from skxtm.exceptions import AnswersPendingError, ChatError, InputError, InputTypeError
from skxtm.llm._batch_formats import format_named, is_to_be_passed_over, read_line
from skxtm.llm._cache import AnswerCache, request_key
from skxtm.llm._texts import plain_scalar
from skxtm.llm._wire import Settings
from skxtm.llm.base import BatchWriter, ChatAnswer, ChatRequest

_STRUCTURED = ("schema", "text")


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What `import_batch` found.

    Attributes
    ----------
    n_answered : int
        Requests whose answers are now in the cache.
    n_failed : int
        Requests that the batch answered with an error.
    n_missing : int
        Requests without a line.
    n_unreadable : int
        Lines that are no JSON, or no answer.
    """

    n_answered: int
    n_failed: int
    n_missing: int
    n_unreadable: int


class BatchFiles(BaseEstimator):
    """A chat model that asks and answers through files, in the formats of several providers' batches.

    The first call writes all requests to ``requests-1.jsonl`` in the folder and raises `AnswersPendingError`.
    Have them answered, put the files of answers into the same folder under any names that end in ``.jsonl``,
    and make the same call again. Answers may come in any order and number of files; what is still missing is
    written to the next file of requests. Every call reads the answers as they are in the folder by then, so
    that a line may be corrected or deleted; none is kept in a cache.

    Parameters
    ----------
    folder : str or path-like
        Where requests and answers lie; made at the first use.
    model : str
        Name of the model, as the server calls it.
    temperature, top_p : float, default=None
        Sampling parameters. None leaves them to the server.
    seed : int, default=None
        Sent with the number of the round added to it, so that rounds differ.
    max_output_tokens : int, default=None
        Longest answer. None leaves it to the server.
    structured : {"schema", "text"}, default="schema"
        Whether to ask for answers that follow the request's JSON schema.
    accept_partial : bool, default=False
        Whether to go on without the answers that are missing; they count as failed.
    format : {"openai", "gemini", "anthropic"}, default="openai"
        In which requests are written, that of OpenAI's Batch API, Gemini's, or Anthropic's Message Batches.
        Answers are read in all of them.

    See Also
    --------
    OpenAIChat : The same protocol over a network.
    export_batch, import_batch : Batch files whose answers a network client finds in its cache.

    Notes
    -----
    A line of answers is what these providers put into their files of results, found by ``custom_id`` or, of
    Gemini, ``key``. By hand, ``{"custom_id": "...", "content": "..."}`` is enough. A line with an error
    counts as answered: its request fails. Delete the line to have it asked again. Lines saying that the batch
    expired or was cancelled count as missing. Where one request has several lines, the first answer in the
    order of file names holds. An answer that cannot be read is asked about once more, in the next file of
    requests; if that answer cannot be read either, its request fails, and the message says which lines to
    delete to have it asked anew.

    OpenAI takes at most 50,000 requests and 200 MB in one file. Gemini takes a file as it is, and the model
    where the batch is made. Anthropic takes the lines as the list ``requests`` of one request; answers are
    asked for as text, and need ``max_output_tokens``.

    Examples
    --------
    >>> import json
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skxtm.exceptions import AnswersPendingError
    >>> from skxtm.llm import BatchFiles, ChatRequest, ChatSession
    >>> requests = [ChatRequest((("user", "Name a colour."),))]
    >>> with TemporaryDirectory() as folder:
    ...     session = ChatSession(BatchFiles(folder, "some-model"))
    ...     try:
    ...         session.ask(requests, str)
    ...     except AnswersPendingError:
    ...         line = json.loads(Path(folder, "requests-1.jsonl").read_text())
    ...     answer = {"custom_id": line["custom_id"], "content": "Blue."}
    ...     _ = Path(folder, "by-hand.jsonl").write_text(json.dumps(answer))
    ...     session.ask(requests, str)[0].value
    'Blue.'
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        model: str,
        *,
        temperature: float | None = None,
        top_p: float | None = None,
        seed: int | None = None,
        max_output_tokens: int | None = None,
        structured: str = "schema",
        accept_partial: bool = False,
        format: str = "openai",
    ) -> None:
        self.folder = folder
        self.model = model
        self.temperature = temperature
        self.top_p = top_p
        self.seed = seed
        self.max_output_tokens = max_output_tokens
        self.structured = structured
        self.accept_partial = accept_partial
        self.format = format

    #: Answers lie in files, which people correct: each is read as it stands now, and none is cached.
    answers_at_hand: ClassVar[bool] = True

    @property
    def identity(self) -> dict[str, Any]:
        """All that changes answers, as plain values: requests are named by it."""
        names = ("model", "temperature", "top_p", "seed", "max_output_tokens", "structured")
        further = {} if self.format == "openai" else {"format": self.format}
        return {"endpoint": "batch files", **{name: getattr(self, name) for name in names}, **further}

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """Return the JSON that is written for a request.

        Parameters
        ----------
        request : ChatRequest
            The conversation.

        Returns
        -------
        body : dict
            Without any parameter that was not set.

        Raises
        ------
        InputError
            If a parameter is not what is needed.
        """
        if self.structured not in _STRUCTURED:
            raise InputError(
                f"The 'structured' parameter of BatchFiles must be among {_STRUCTURED}. "
                f"Got {self.structured!r}."
            )
        return format_named(self.format).body(self, request, with_schema=self.structured == "schema")

    def prepare(self, requests: Sequence[ChatRequest]) -> None:
        """Look for the answers to all requests, and write a file of those that are missing.

        Parameters
        ----------
        requests : sequence of ChatRequest
            All that will be completed.

        Raises
        ------
        AnswersPendingError
            If answers are missing, unless `accept_partial`.
        """
        if self.accept_partial:
            return
        found = _read_folder(self._folder)
        missing = [request for request in requests if self._id(request) not in found.answers]
        if not missing:
            return
        path = self._file_of(missing)
        broken = f" Lines that cannot be read: {found.n_unreadable}." if found.n_unreadable else ""
        raise AnswersPendingError(
            f"{len(missing)} of {len(requests)} requests have no answer yet; they are in {str(path)!r}."
            f"{broken}{self._note_on_others(found, requests)} Have them answered, put the files of answers "
            "into the same folder, under names that end in .jsonl, and make the same call again.",
            len(missing),
        )

    def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the answer that was read for a request.

        Parameters
        ----------
        request : ChatRequest
            The conversation.

        Returns
        -------
        answer : ChatAnswer
            As it was written.

        Raises
        ------
        ChatError
            If the batch answered with an error, or not at all.
        """
        found = _read_folder(self._folder).answers.get(self._id(request))
        if found is None:
            raise ChatError(f"The folder {str(self._folder)!r} holds no answer to {self._id(request)!r}.")
        if isinstance(found, str):
            raise ChatError(f"The batch answered {self._id(request)!r} with an error ({found!r}).")
        return found

    def has_answer(self, request: ChatRequest) -> bool:
        """Say whether the folder holds an answer to a request, or an error.

        Parameters
        ----------
        request : ChatRequest
            The conversation.

        Returns
        -------
        answer : bool
        """
        return self._id(request) in _read_folder(self._folder).answers

    def how_to_ask_anew(self, requests: Sequence[ChatRequest]) -> str:
        """Say which lines of answers keep requests from being asked anew.

        Parameters
        ----------
        requests : sequence of ChatRequest
            Those whose answers are of no use.

        Returns
        -------
        remedy : str
            One sentence.
        """
        names = " and ".join(repr(self._id(request)) for request in requests if self.has_answer(request))
        return f"Delete the lines of {names} from the folder {str(self._folder)!r} to have it asked anew."

    @property
    def _folder(self) -> Path:
        return Path(self.folder).expanduser()

    def _id(self, request: ChatRequest) -> str:
        return custom_id(self.identity, request)

    def _note_on_others(self, found: _Found, requests: Sequence[ChatRequest]) -> str:
        """Tell of answers that answer nothing, so that none is paid for and passed over in silence."""
        others = found.answers.keys() - {self._id(request) for request in requests}
        field = format_named(self.format).name_field
        files = self._folder.glob("requests-*.jsonl")
        strange = sorted(others - {str(line.get(field)) for path in files for line in _lines(path)})
        if strange:
            return (
                f" {len(strange)} answers there are to none of the requests in this folder, such as "
                f"{field}={strange[0]!r}."
            )
        if others and len(others) == len(found.answers):
            return (
                f" The {len(others)} answers there are to other requests, earlier ones or those of other "
                "settings."
            )
        return ""

    def _file_of(self, requests: Sequence[ChatRequest]) -> Path:
        """Return the file that holds just these requests, written now unless it exists."""
        wanted = {self._id(request) for request in requests}
        name_field = format_named(self.format).name_field
        number = 1
        while (path := self._folder / f"requests-{number}.jsonl").exists():
            if {line.get(name_field) for line in _lines(path)} == wanted:
                return path
            number += 1
        export_batch(requests, path, self, format=self.format)
        return path


def custom_id(identity: Mapping[str, Any], request: ChatRequest) -> str:
    """Name a request in batch files, the same in every run.

    Parameters
    ----------
    identity : mapping
        Model and every parameter that changes answers.
    request : ChatRequest
        The conversation.

    Returns
    -------
    name : str
        The first half of the key in the cache and the round, at most 64 characters.

    Examples
    --------
    >>> from skxtm.llm import ChatRequest
    >>> from skxtm.llm.batch import custom_id
    >>> custom_id({"model": "some-model"}, ChatRequest((("user", "Name a colour."),), round=2))
    '08f13d8fe6dfb9e20b5562898dd6cce8-2'
    """
    return f"{request_key(identity, request)[:16].hex()}-{request.round}"


def export_batch(
    requests: Sequence[ChatRequest],
    path: str | os.PathLike[str],
    chat: BatchWriter,
    *,
    format: str = "openai",
) -> int:
    """Write requests to a file for a provider's batch.

    Parameters
    ----------
    requests : sequence of ChatRequest
        Requests that are alike are written once.
    path : str or path-like
        File to write; its folder is made.
    chat : OpenAIChat or BatchFiles
        Gives model and parameters.
    format : {"openai", "gemini", "anthropic"}, default="openai"
        As for `BatchFiles`.

    Returns
    -------
    n_lines : int
        Requests in the file.

    Raises
    ------
    InputError
        If there is no such format, it needs a parameter that is not set, or the file cannot be written.
    InputTypeError
        If the chat model is another.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skxtm.llm import ChatRequest, OpenAIChat, export_batch
    >>> requests = [ChatRequest((("user", "Name a colour."),))]
    >>> with TemporaryDirectory() as folder:
    ...     export_batch(requests, f"{folder}/colours.jsonl", OpenAIChat("some-model"))
    1
    """
    if not hasattr(chat, "body"):
        raise InputTypeError(f"chat must be an OpenAIChat or BatchFiles. Got {type(chat).__name__} instead.")
    path, identity, written = Path(path).expanduser(), chat.identity, format_named(format)
    is_own = format == getattr(chat, "format", "openai")
    lines: dict[str, dict[str, Any]] = {}
    for request in requests:
        name = custom_id(identity, request)
        body = chat.body(request) if is_own else written.body(cast(Settings, chat), request, with_schema=True)
        lines[name] = written.request_line(name, body)
    unfinished = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(line, default=plain_scalar) + "\n" for line in lines.values())
        unfinished.replace(path)
    except OSError as error:
        raise InputError(
            f"The file of requests {str(path)!r} cannot be written ({error}). Give another folder."
        ) from error
    return len(lines)


def import_batch(
    path: str | os.PathLike[str],
    requests: Sequence[ChatRequest],
    chat: BatchWriter,
    cache: str | os.PathLike[str] = "default",
) -> ImportCounts:
    """Put the answers of a batch into the cache, where a session with the same chat model finds them.

    They take the place of those that are there, so that a file may be corrected and imported again.

    Parameters
    ----------
    path : str or path-like
        File of answers, or a folder whose files that end in ``.jsonl`` are all read.
    requests : sequence of ChatRequest
        Those that were exported.
    chat : OpenAIChat
        The chat model that they were exported for.
    cache : str or path-like, default="default"
        As for `ChatSession`.

    Returns
    -------
    counts : ImportCounts

    Raises
    ------
    InputError
        If there is no such file or folder, or a text in it is not UTF-8.
    InputTypeError
        If the chat model reads its answers from files itself, as `BatchFiles` does.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise InputError(f"There is no file or folder of answers {str(path)!r}.")
    if getattr(chat, "answers_at_hand", False):
        raise InputTypeError(
            f"{type(chat).__name__} reads answers from its folder, and finds none in a cache. Put the file "
            "of answers there, or give the OpenAIChat that is to find them."
        )
    found = _read_folder(path) if path.is_dir() else _read_files((path,))
    identity, store = chat.identity, AnswerCache(cache)
    keys = {request_key(identity, request): custom_id(identity, request) for request in requests}
    answers = {key: found.answers.get(name) for key, name in keys.items()}
    store.put_all({key: answer for key, answer in answers.items() if isinstance(answer, ChatAnswer)})
    return ImportCounts(
        n_answered=sum(isinstance(answer, ChatAnswer) for answer in answers.values()),
        n_failed=sum(isinstance(answer, str) for answer in answers.values()),
        n_missing=sum(answer is None for answer in answers.values()),
        n_unreadable=found.n_unreadable,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    answers: dict[str, ChatAnswer | str]  # by custom_id; a str is an error
    n_unreadable: int


def _read_folder(folder: Path) -> _Found:
    stamps = sorted((path, path.stat().st_size, path.stat().st_mtime_ns) for path in folder.glob("*.jsonl"))
    return _read_stamped(tuple(stamps))


@lru_cache(maxsize=8)
def _read_stamped(stamps: tuple[tuple[Path, int, int], ...]) -> _Found:
    """Read files again only when one of them has changed."""
    return _read_files(tuple(path for path, _, _ in stamps))


def _read_files(paths: Sequence[Path]) -> _Found:
    answers: dict[str, ChatAnswer | str] = {}
    n_unreadable = 0
    for line in (line for path in paths for line in _lines(path)):
        name, answer = read_line(line)
        if name is None or answer is None:
            n_unreadable += not is_to_be_passed_over(line)
        elif isinstance(answer, ChatAnswer) and not isinstance(answers.get(name), ChatAnswer):
            answers[name] = answer
        else:
            answers.setdefault(name, answer)
    return _Found(answers, n_unreadable)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read the objects of a file; a line that holds none gives an empty one."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(
            f"{str(path)!r}, line {line}: the text is not UTF-8. Save the file as UTF-8."
        ) from None
    for row in filter(str.strip, StringIO(text, newline=None)):
        try:
            value = json.loads(row)
        except (ValueError, RecursionError):
            value = None
        yield value if isinstance(value, dict) else {}
