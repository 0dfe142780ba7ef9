"""Ratings of stored topics by a language model."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from _cells import Results, has_result, read_result, write_json
from _evaluation import SETUPS
from tqdm.auto import tqdm

from skxtm.exceptions import AnswersPendingError
from skxtm.llm import ChatModel, ChatSession
from skxtm.metrics import LLMRatings, llm_alignment_score, llm_coherence_score

SCORES = {"coherence": llm_coherence_score, "alignment": llm_alignment_score}


def rate(
    cells: Iterable[dict[str, Any]],
    results: Results,
    chat: ChatModel,
    rater: str,
    n_runs: int,
    scale: str = "themes",
) -> dict[str, int]:
    """Rate the topics of cells that have no complete ratings; return how many ratings failed, by cell.

    Answers are kept in the folder of results, so that ratings that failed are asked again by the next call,
    and no others. Those that a chat model of files waits for count as failed.
    """
    session = ChatSession(chat, cache=results.folder / "answers")
    failed = {}
    for cell in tqdm(list(cells), unit="cell"):
        path = rating_file(results, rater, cell["name"])
        if is_complete(path, n_runs):
            continue
        domain = SETUPS[cell["settings"]["corpus"]].domain
        ratings, n_failed = {}, 0
        for kind, score in SCORES.items():
            try:
                ratings[kind] = score(cell["topics"], session, n_runs=n_runs, domain=domain, scale=scale)
                n_failed += ratings[kind].n_failed
            except AnswersPendingError as error:
                n_failed += error.n_missing
        if n_failed:
            failed[cell["name"]] = n_failed
        if len(ratings) < len(SCORES):
            continue
        written = {kind: to_json(rated) for kind, rated in ratings.items()}
        write_json(path, {"rater": rater, "n_runs": n_runs, "n_failed": n_failed, **written})
    return failed


def rating_file(results: Results, rater: str, name: str) -> Path:
    """File of the ratings that a rater gave a cell."""
    return file_of_rater(results, "ratings", rater, name)


def file_of_rater(results: Results, folder: str, rater: str, name: str) -> Path:
    """File of what a rater said of a cell, of one kind."""
    return results.folder / folder / re.sub(r"[^\w.-]+", "_", rater) / f"{name}.json"


def is_complete(path: Path, n_runs: int) -> bool:
    """Tell whether nothing is left to be asked."""
    if not has_result(path):
        return False
    known = read_result(path)
    return known["n_runs"] == n_runs and known["n_failed"] == 0


def to_json(ratings: LLMRatings) -> dict[str, Any]:
    """Turn ratings into what JSON knows: null where no answer could be read."""
    values = ratings.values.astype(object)
    values[np.isnan(ratings.values)] = None
    return {"columns": list(ratings.columns), "values": values.tolist()}


def read_ratings(results: Results, rater: str, names: Iterable[str], kind: str) -> LLMRatings | None:
    """Join the ratings of some cells, topic after topic; None unless all of them were rated."""
    paths = [rating_file(results, rater, name) for name in names]
    if not all(path.exists() for path in paths):
        return None
    written = [json.loads(path.read_text(encoding="utf-8"))[kind] for path in paths]
    values = [np.array(one["values"], dtype=np.float64) for one in written]
    n_runs = min(len(part) for part in values)
    return LLMRatings(
        np.concatenate([part[:n_runs] for part in values], axis=1), tuple(written[0]["columns"])
    )


def raters(results: Results) -> list[str]:
    """Names of the folders of all raters."""
    return sorted(path.name for path in results.folder.glob("ratings/*") if path.is_dir())
