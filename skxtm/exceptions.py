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


class ModelFileError(SkxtmError, ValueError):
    """A saved model is corrupted, truncated or from an incompatible version."""


class DownloadError(SkxtmError, OSError):
    """A file could not be downloaded, or is not the file it should be."""


class TrainingError(SkxtmError, RuntimeError):
    """Training diverged."""


class UnknownWordsWarning(UserWarning):
    """Some documents hold no word of the vocabulary."""
