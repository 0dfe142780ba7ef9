"""Judgements of stored topics, and of the documents under them, by a language model."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from _cells import Results, first_phase, write_json
from _configuration import PLAIN, Training
from _evaluation import SETUPS, Evaluation
from _rating import file_of_rater
from tqdm.auto import tqdm

from skxtm.exceptions import AnswersPendingError, InputError
from skxtm.llm import ChatModel, ChatSession
from skxtm.metrics import (
    TopicJudgement,
    TopicQuestions,
    document_fit_questions,
    judge_topics,
    redundancy_questions,
    topic_intrusion_questions,
    word_intrusion_questions,
)


def judge(
    cells: Iterable[dict[str, Any]],
    results: Results,
    chat: ChatModel,
    rater: str,
    n_questions: int,
    n_rounds: int,
    data_home: Path | None,
) -> dict[str, int]:
    """Judge the topics of cells; return how many answers are missing, by cell.

    Answers are kept in the folder of results, so that what failed is asked again by the next call, and
    nothing else. Those that a chat model of files waits for count as missing.
    """
    session = ChatSession(chat, cache=results.folder / "answers")
    missing = {}
    for cell in tqdm(list(cells), unit="cell"):
        path, judged, n_missing = file_of_rater(results, "judgements", rater, cell["name"]), {}, 0
        for asked in all_questions(cell, results, n_questions, data_home):
            try:
                judgement = judge_topics(asked, session, n_rounds=n_rounds)
                judged[asked.measure] = to_json(judgement)
                n_missing += judgement.n_unread
            except AnswersPendingError as error:
                n_missing += error.n_missing
        if n_missing:
            missing[cell["name"]] = n_missing
        if judged:
            write_json(path, {"rater": rater, "n_rounds": n_rounds, "measures": judged})
    return missing


def all_questions(
    cell: dict[str, Any], results: Results, n_questions: int, data_home: Path | None
) -> Iterator[TopicQuestions]:
    """Draw questions about the words of a cell and, where its model was kept, about test documents."""
    settings = cell["settings"]
    how: dict[str, Any] = {"domain": SETUPS[settings["corpus"]].domain, "random_state": 0}
    try:
        yield word_intrusion_questions(cell["topics"], n_questions=n_questions, **how)
    except InputError as error:
        print(f"{cell['name']}: {error}", file=sys.stderr)
    yield redundancy_questions(cell["topics"], n_questions=n_questions * len(cell["topics"]), **how)
    training = Training(**{name: settings[name] for name in Training.__dataclass_fields__})
    folder = results.model(training)
    if data_home is None or settings["variant"] != PLAIN or not folder.exists():
        return
    evaluation = Evaluation(training.corpus, data_home, training.match, training.vocabulary)
    documents = evaluation.test.corpus
    if documents.text is None:
        return
    model, _ = first_phase(training, evaluation, folder)
    how |= {"theta": model.transform(documents), "n_questions": n_questions}
    yield topic_intrusion_questions(cell["topics"], documents, n_intruders=n_intruders(cell), **how)
    for assigned in (True, False):
        yield document_fit_questions(cell["topics"], documents, assigned=assigned, **how)


def n_intruders(cell: dict[str, Any]) -> int:
    """Topics that intrude on a document: three, or as many as there are."""
    return min(3, len(cell["topics"]) - 1)


def to_json(judgement: TopicJudgement) -> dict[str, Any]:
    """Turn a judgement into figures."""
    low, high = judgement.interval()
    topics = [[None if value != value else value for value in row] for row in judgement.by_topic.tolist()]
    return {
        "score": judgement.score,
        "low": low,
        "high": high,
        "chance": judgement.chance,
        "n_answered": judgement.n_answered,
        "n_unread": judgement.n_unread,
        "columns": list(judgement.asked.columns),
        "by_topic": topics,
    }


def judgement_table(results: Results, rater: str, names: Iterable[str]) -> str:
    """Write what a rater found as a table in Markdown, a row for each cell and measure."""
    lines = [
        "| cell | measure | score | guessing | answers | unread |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in names:
        path = file_of_rater(results, "judgements", rater, name)
        measures = json.loads(path.read_text(encoding="utf-8"))["measures"] if path.exists() else {}
        for measure, found in measures.items():
            score = f"{found['score']:.3f} ({found['low']:.3f} to {found['high']:.3f})"
            counts = f"{found['n_answered']} | {found['n_unread']}"
            lines.append(f"| {name} | {measure} | {score} | {found['chance']:.3f} | {counts} |")
    return "\n".join(lines)
