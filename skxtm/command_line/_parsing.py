"""Commands and their options, as click reads them; what they do is in `_commands`, imported when called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skxtm._version import __version__

if TYPE_CHECKING:
    import click

# what messages of the estimators name, and how the command line calls it
_OPTIONS = {
    "n_components": "--topics",
    "min_df": "--min-df",
    "max_df": "--max-df",
    "stop_words": "--stop-words none, or none:sr for some languages",
    "text_column": "--text",
    "language_column": "--language",
    "languages=[": "--language auto:de,en",
    "Lexicon.read": "--lexicon with a file named as zh-en.tsv",
    "lexicon=": "--lexicon",
    "backbone=": "--backbone",
    "n_words": "--words",
    "dayfirst": "--day-first or --month-first",
}


def command_group() -> click.Group:
    """Build the command with all its commands."""
    import click

    group = click.Group(
        "skxtm",
        help="The same topics in several languages: learn them from a table of texts, and look at them.",
        commands=[_fit(), _transform(), _topics(), _evaluate(), _explore(), _report()],
        context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    )
    return click.version_option(__version__, prog_name="skxtm")(group)


def options_for(message: str) -> str:
    """Say which options stand for the parameters that a message of the estimators names, if it names any."""
    named = [
        f"{parameter.rstrip('=[')} is {option}"
        for parameter, option in _OPTIONS.items()
        if re.search(rf"(?<!\w){re.escape(parameter)}(?!\w)", message)
    ]
    return f" On the command line {', '.join(named)}." if named else ""


def _fit() -> click.Command:
    return _command(
        "fit",
        "Learn topics of the documents in a table, and save the model.",
        _data(),
        _option("--text", default="text", metavar="COLUMN", help="The column of the texts."),
        _option(
            "--language",
            default="language",
            metavar="COLUMN|CODE|auto",
            help="The column of the languages; or one code for all rows; or auto, to find each text's, of "
            "some languages only as in auto:en,zh.",
        ),
        _option(
            "--topics",
            "n_topics",
            default="50",
            type=_number_of_topics(),
            metavar="K|auto",
            help="Number of topics; or auto, to find how many the documents bear, out of some numbers only "
            "as in auto:10,20,40.",
        ),
        _out(required=True, type=_path(), metavar="FOLDER", help="Where to save the model."),
        _option(
            "--min-df",
            default="2",
            type=_frequency(),
            metavar="N|SHARE",
            help="Leave out words of fewer documents of their language: a number, or a share as 0.01.",
        ),
        _option(
            "--max-df",
            default="0.5",
            type=_frequency(),
            metavar="N|SHARE",
            help="Leave out words of more documents; 1.0 keeps all.",
        ),
        _option(
            "--stop-words",
            default="iso",
            metavar="iso|none",
            help="Leave out the words of each language's list in stopwordsiso, or none; as in none:sr,mk, "
            "none of some languages only.",
        ),
        _option("--backbone", default="corectm", metavar="NAME", help="The model inside."),
        _option(
            "--lexicon",
            multiple=True,
            metavar="FILE|auto",
            help="A dictionary named as zh-en.tsv, one for each pair of languages; or auto for those "
            "installed. Without, words are paired by the encoder.",
        ),
        _option(
            "--seed",
            default=0,
            type=_seed(),
            help="The same number gives the same topics.",
        ),
        *_common(),
    )


def _transform() -> click.Command:
    return _command(
        "transform",
        "Write the topic proportions of a table's rows.",
        _model(),
        _data(),
        _out(required=True, metavar="FILE", help="A table to write; - for standard output."),
        _option("--long", "is_long", is_flag=True, help="A row for each document and topic."),
        *_as_in_fit(),
        *_common(),
    )


def _topics() -> click.Command:
    return _command(
        "topics",
        "Show the topics of a saved model.",
        _model(),
        _words(10),
        _out(metavar="FILE", help="A table to write instead of showing topics; - for standard output."),
        _overwrite(),
    )


def _evaluate() -> click.Command:
    return _command(
        "evaluate",
        "Measure the topics of a saved model, and documents with labels.",
        _model(),
        _data(required=False),
        _option(
            "--reference",
            type=_path(),
            metavar="FOLDER",
            help="For coherence: files such as en.txt and zh.txt of segmented texts, line by line the same.",
        ),
        _option("--labels", metavar="COLUMN", help="For accuracies across languages: labels in DATA."),
        _words(15),
        _out(metavar="FILE", help="A table to write instead of showing measures; - for standard output."),
        *_as_in_fit(),
        *_common(),
    )


def _explore() -> click.Command:
    return _command(
        "explore",
        "Write a page to look around in the topics and documents of a table.",
        _model(),
        _data(),
        _out(default="topics.html", type=_path(), metavar="FILE", help="The page to write."),
        _option("--dates", metavar="COLUMN", help="When documents are from, for topics over time."),
        _option("--groups", metavar="COLUMN", help="Such as sources, for topics by group."),
        _option(
            "--day-first/--month-first",
            "dayfirst",
            default=None,
            help="What 05/03/2024 is; without, other dates and the points of 05.03.2024 tell.",
        ),
        _option("--title", default="Topics across languages", help="Heading of the page."),
        _words(20),
        *_as_in_fit(),
        *_common(),
    )


def _report() -> click.Command:
    return _command(
        "report",
        "Write the topics of a saved model as an HTML page.",
        _model(),
        _out(default="topics.html", type=_path(), metavar="FILE", help="The page to write."),
        _option("--title", default="Topics across languages", help="Heading of the page."),
        _words(10),
        _overwrite(),
        _quiet(),
    )


def _command(name: str, does: str, *params: click.Parameter) -> click.Command:
    """Build the command that the function of this name in `_commands` runs, so that --help loads little."""
    import click

    def run(**options: Any) -> None:
        getattr(import_module("skxtm.command_line._commands"), name)(**options)

    return click.Command(name, callback=run, params=list(params), help=does)


def _option(*names: str, **settings: Any) -> click.Option:
    import click

    return click.Option(names, **settings)


def _data(*, required: bool = True) -> click.Argument:
    import click

    return click.Argument(["data"], type=_path(), required=required)


def _model() -> click.Argument:
    import click

    return click.Argument(["model"], type=_path())


def _out(**settings: Any) -> click.Option:
    return _option("--out", **settings)


def _words(default: int) -> click.Option:
    return _option(
        "--words", "n_words", default=default, type=_at_least_one(), help="Words of a topic and language."
    )


def _as_in_fit() -> Sequence[click.Option]:
    return (
        _option("--text", metavar="COLUMN", help="As for fit; without, the same column."),
        _option("--language", metavar="COLUMN|CODE|auto", help="As for fit; without, the same."),
    )


def _common() -> Sequence[click.Option]:
    encoding = _option("--encoding", metavar="NAME", help="Of the file; UTF-8 where none is given.")
    return encoding, _overwrite(), _quiet()


def _overwrite() -> click.Option:
    return _option("--overwrite", is_flag=True, help="Replace what is there.")


def _quiet() -> click.Option:
    return _option("--quiet", is_flag=True, help="Show nothing but warnings and errors.")


def _path() -> click.Path:
    import click

    return click.Path(path_type=Path)


def _seed() -> click.IntRange:
    import click

    return click.IntRange(0, 2**32 - 1)  # what random generators take


def _at_least_one() -> click.IntRange:
    import click

    return click.IntRange(min=1)


def _number_of_topics() -> click.ParamType:
    """Make what reads a number, or after ``auto`` those to choose from, of which none are the usual ones."""
    import click

    class NumberOfTopics(click.ParamType):
        name = "number"

        def convert(
            self, value: Any, param: click.Parameter | None, ctx: click.Context | None
        ) -> int | tuple[int, ...]:
            one, several = (click.IntRange(min=least) for least in (1, 2))
            start, _, listed = str(value).partition(":")
            numbers = [str(value)] if start != "auto" else listed.split(",") if listed else []
            if not all(re.fullmatch(r"\s*[+-]?\d+\s*", number) for number in numbers):
                self.fail(
                    f"{value!r} is neither a number, such as 20, nor auto, nor auto with numbers to choose "
                    "from, such as auto:10,20.",
                    param,
                    ctx,
                )
            if start != "auto":
                return int(one(value, param, ctx))
            return tuple(int(several(number, param, ctx)) for number in numbers)

    return NumberOfTopics()


def _frequency() -> click.ParamType:
    """Make what reads a number of documents, or with a decimal point a share of them."""
    import click

    class Frequency(click.ParamType):
        name = "number"

        def convert(
            self, value: Any, param: click.Parameter | None, ctx: click.Context | None
        ) -> int | float:
            text = str(value)
            if text.isdecimal():
                return int(click.IntRange(min=1)(text, param, ctx))
            try:
                share = float(text)
            except ValueError:
                self.fail(
                    f"{value!r} is neither a number of documents, such as 2, nor with a point a share of "
                    "them, such as 0.5.",
                    param,
                    ctx,
                )
            return float(click.FloatRange(0, 1, min_open=True)(share, param, ctx))

    return Frequency()
