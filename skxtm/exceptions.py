"""What skxtm raises: one tree under `SkxtmError`, each class also the builtin a caller would catch."""


class SkxtmError(Exception):
    """Base of every error that skxtm raises on purpose."""


class InputError(SkxtmError, ValueError):
    """Data or a parameter is not what is needed; the message names the culprit and the remedy."""


class InputTypeError(SkxtmError, TypeError):
    """A value has a type that cannot be used; the message names the culprit and the remedy."""


class MissingResourceError(InputError):
    """A backbone needs a lexicon or embeddings that were not given."""


class MissingDependencyError(SkxtmError, ImportError):
    """An optional library is not installed; the message names the extra that brings it."""


class ContractError(SkxtmError, AssertionError):
    """A backbone does not do what every backbone must; the message names the check that failed."""


class ModelFileError(SkxtmError, ValueError):
    """A saved model is corrupted, truncated or from an incompatible version."""


class DownloadError(SkxtmError, OSError):
    """A file could not be downloaded, or is not the file it should be."""


class TrainingError(SkxtmError, RuntimeError):
    """Training diverged."""


class ChatError(SkxtmError, RuntimeError):
    """A chat model gave no answer; the message says why, without any key.

    Attributes
    ----------
    retryable : bool
        Whether the same request may succeed later without a change.
    may_be_billed : bool
        Whether the server may ask money for the request, though no answer came of it.
    input_tokens, output_tokens : int
        Tokens that the server counted for it all the same.
    """

    retryable = False
    may_be_billed = False
    input_tokens = 0
    output_tokens = 0


class ChatRefusedError(ChatError):
    """A chat server refuses every request like this one: key, quota, model or parameters are not accepted."""


class ChatUnavailableError(ChatError, ConnectionError):
    """A chat server could not be reached, or was busy, until the last attempt."""

    retryable = True


class ChatBusyError(ChatUnavailableError):
    """A chat server takes no more requests for the moment.

    Attributes
    ----------
    retry_after : float or None
        Seconds that the server asks to wait; None if it does not say.
    """

    retry_after: float | None = None


class AnswerFormatError(SkxtmError, ValueError):
    """What a chat model answered cannot be read; the message is what the model is told when asked again."""


class BudgetError(SkxtmError, RuntimeError):
    """The limit of requests or of cost does not allow what is needed; nothing was sent."""


class AnswersPendingError(SkxtmError, RuntimeError):
    """Answers of a batch are not there yet; the message names the file of requests and the next step.

    Parameters
    ----------
    message : str
        What is missing.
    n_missing : int, default=0
        Requests without an answer.

    Attributes
    ----------
    n_missing : int
        As given.
    """

    def __init__(self, message: str, n_missing: int = 0) -> None:
        super().__init__(message)
        self.n_missing = n_missing


class UnknownWordsWarning(UserWarning):
    """Some documents hold no word of the vocabulary, or words that are asked for are in none."""


class AbsentWordsWarning(UserWarning):
    """Some top words do not occur in the reference of a coherence, where they count 0."""


class LowCoverageWarning(UserWarning):
    """Lexicons translate few words of the documents: topics of the languages may not belong together."""


class UncertainLanguageWarning(UserWarning):
    """The language of some documents was found with little certainty."""


class RefinementWarning(UserWarning):
    """Some topics could not be refined; the message names them."""


class FontWarning(UserWarning):
    """Some words cannot be drawn as they are written; the message names the script and what to install."""


class InterruptedWarning(UserWarning):
    """Training was stopped by Ctrl-C; the model is usable, as trained so far."""
