"""The leaderboard: intervals, systems in processes of their own, and tables."""

import json
import shutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PEER = """
import numpy as np
from _handed import Handed, class_tf_idf, shares, similarities

handed = Handed()
if "fault" in handed.options:
    raise ValueError(handed.options["fault"])
rng = np.random.default_rng(handed.seed)
centres = rng.normal(size=(handed.K, handed.embeddings("train").shape[1]))
train, test = (shares(1 + similarities(handed.embeddings(split), centres)) for split in ("train", "test"))
if "broken" in handed.options:
    test[3] = np.nan
handed.write(class_tf_idf(train, handed.counts("train")), train, test, "numpy")
"""


class Drawn:
    """Stands for the encoder: a text's vector is drawn by its letters."""

    version = "0"

    def encode_corpus(self, corpus):
        return self.encode_words(corpus.text.tolist())

    def encode_words(self, words, language=None):
        return np.array(
            [np.bincount(np.frombuffer(word.encode(), np.uint8), minlength=256) for word in words]
        )


@pytest.fixture(scope="module")
def intervals(scripts):
    return import_module("_board_intervals")


@pytest.fixture(scope="module")
def running(scripts):
    return import_module("_board_running")


@pytest.fixture(scope="module")
def tables(scripts):
    return import_module("_board_tables")


@pytest.fixture(scope="module")
def sample(scripts):
    return import_module("_board_corpora").BOARD["sample"](None)


@pytest.fixture(scope="module")
def folders(scripts, sample, running, tmp_path_factory):
    """A board whose corpus is handed over, and whose only peer is a script beside `_handed.py`."""
    folder = tmp_path_factory.mktemp("board")
    (folder / "fit_fake.py").write_text(PEER, encoding="utf-8")
    shutil.copy(BENCHMARKS / "peers" / "_handed.py", folder)
    board = running.Board(folder, folder)
    import_module("_board_corpora").hand_over(sample, Drawn(), board.handed("sample"))
    return board


def test_drawn_means_deviate_as_the_closed_form_says(intervals):
    values = np.random.default_rng(0).integers(0, 2, 400)
    means = intervals.drawn_means(values, 400, np.random.default_rng(1), 20_000)
    assert means.mean() == pytest.approx(values.mean(), abs=0.002)
    assert means.std() == pytest.approx(values.std() / 20, rel=0.03)


def test_intervals_hold_a_known_difference_nineteen_times_out_of_twenty(intervals):
    rng, held = np.random.default_rng(2), 0
    for _ in range(200):
        shared = rng.random((2, 150)) < 0.5  # documents that both systems find easy
        first = [np.maximum(part, rng.random(150) < 0.4) for part in shared]
        second = [np.maximum(part, rng.random(150) < 0.2) for part in shared]
        _, low, high = intervals.of_documents(
            [f.astype(float) for f in first], [s.astype(float) for s in second]
        )
        held += low <= 0.5 * 0.2 <= high
    assert 180 <= held <= 199


def test_documents_weigh_by_stratum_and_are_drawn_in_pairs(intervals):
    first, second = [np.ones(10), np.zeros(1000)], [np.zeros(10), np.zeros(1000)]
    assert intervals.of_documents(first, second) == (0.5, 0.5, 0.5)
    noisy = [np.random.default_rng(3).random(500)]
    difference, low, high = intervals.of_documents([noisy[0] + 0.01], noisy)
    assert (difference, low, high) == pytest.approx((0.01, 0.01, 0.01), abs=1e-6)


def test_topics_of_another_seed_that_are_the_same_make_no_interval_narrower(intervals):
    first, second = np.random.default_rng(4).random((2, 20))
    once = intervals.of_topics(first, second, 20)
    twice = intervals.of_topics(np.tile(first, 2), np.tile(second, 2), 20)
    assert twice == pytest.approx(once)
    width = 2 * 1.96 * np.sqrt((first.var() + second.var()) / 20)
    assert once[2] - once[1] == pytest.approx(width, rel=0.06)


def test_values_of_documents_are_packed_and_read(intervals):
    values = np.arange(73) / 72
    assert intervals.unpacked(intervals.packed(values)) == pytest.approx(values, abs=1e-7)


def test_a_corpus_is_handed_over_without_labels_and_once(sample, folders, monkeypatch):
    handed = folders.handed("sample")
    assert {path.name for path in handed.iterdir()} == {
        "facts.json",
        "texts.jsonl",
        "vocabulary.json",
        "word_vectors.npy",
        *(
            f"{what}_{split}.{end}"
            for what, end in (("counts", "npz"), ("embeddings", "npy"))
            for split in ("train", "test")
        ),
    }
    monkeypatch.setattr(Drawn, "encode_corpus", None)
    import_module("_board_corpora").hand_over(sample, Drawn(), handed)


@pytest.mark.slow
def test_a_peer_runs_in_its_own_process_is_measured_and_not_run_again(sample, folders, running):
    told = []
    chosen = {"fake": running.System("fit_fake.py")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "PEERS", folders.results)
        for _ in range(2):
            running.run_missing(sample, chosen, [0, 1], folders, 5, told.append)
    assert len(told) == 2
    cells = running.finished(folders.results / "cells")
    assert [cell["seed"] for cell in cells if cell["system"] == "fake"] == [0, 1]
    figures = cells[0]["figures"]
    assert {
        "I",
        "C",
        "CNPMI",
        "NPMI",
        "TU",
        "TQ",
        "purity",
        "NMI",
        "one-sided",
        "cpu_s",
        "GiB",
    } == figures.keys()
    assert figures["cpu_s"] > 0
    assert len(cells[0]["topics"]) == 8
    assert np.mean(cells[0]["topics"]) == pytest.approx(figures["CNPMI"], abs=1e-4)
    unpacked = import_module("_board_intervals").unpacked
    parts = [unpacked(text) for text in cells[0]["documents"]["C"]]
    assert [len(part) for part in parts] == [80, 80, 80]
    assert np.mean([part.mean() for part in parts]) == pytest.approx(figures["C"], abs=1e-4)


@pytest.mark.slow
def test_a_peer_that_fails_says_its_last_line_and_is_tried_again(sample, folders, running, monkeypatch):
    monkeypatch.setattr(running, "PEERS", folders.results)
    told = []
    for options in ({"fault": "No topic was found."}, {"broken": True}, {}):
        running.run_missing(
            sample, {"weak": running.System("fit_fake.py", options)}, [0], folders, 5, told.append
        )
    assert told[0] == "sample-weak-s0: ValueError: No topic was found."
    assert told[1].startswith("sample-weak-s0: What it wrote cannot be measured: Input X contains NaN")
    assert told[2].startswith("sample-weak-s0: I 0.")


def exit_code(monkeypatch, *arguments):
    """Run the command, and return its exit code."""
    monkeypatch.setattr("sys.argv", ["leaderboard.py", *map(str, arguments)])
    return import_module("leaderboard").main()


@pytest.mark.parametrize("content", ["", '{"corpus": "sam', "[]"])
def test_a_result_that_cannot_be_read_is_named_and_computed_again(
    sample, running, monkeypatch, tmp_path, capsys, content
):
    board, told = running.Board(tmp_path, tmp_path), []
    path = board.cell("sample", "fake", 0)
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    assert exit_code(monkeypatch, "tables", "--cells", path.parent) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"{path} ")
    assert printed.endswith(". Delete it, and run computes it anew.\n")
    monkeypatch.setattr(running, "run_one", lambda *_: {"figures": {"C": 0.5}})
    running.run_missing(sample, {"fake": running.System("fit_fake.py")}, [0], board, 5, told.append)
    assert told == ["sample-fake-s0: C 0.500"]
    (cell,) = running.finished(path.parent)
    assert cell["figures"] == {"C": 0.5}


def test_a_folder_without_cells_is_named_and_no_page_or_cell_is_touched(monkeypatch, tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("<!-- sample -->\nfigures\n<!-- /sample -->\n", encoding="utf-8")
    assert exit_code(monkeypatch, "tables", "--cells", tmp_path / "absent", "--into", page) == 2
    assert exit_code(monkeypatch, "keep", "--results", tmp_path, "--into", tmp_path / "kept") == 2
    assert capsys.readouterr().err.splitlines() == [
        f"No cells in {folder}. Give the folder that run or keep wrote them to."
        for folder in (tmp_path / "absent", tmp_path / "cells")
    ]
    assert "figures" in page.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [page]


def test_a_failure_is_not_kept_over_figures(running, monkeypatch, tmp_path, capsys):
    good, better, failed = {"figures": {"C": 0.5}}, {"figures": {"C": 0.6}}, {"failed": "It took long."}
    write_json, read_result = (
        getattr(import_module("_cells"), name) for name in ("write_json", "read_result")
    )
    kept = tmp_path / "kept" / "a.json"
    for content, expected in ((failed, failed), (good, good), (failed, good), (better, better)):
        write_json(tmp_path / "cells" / "a.json", content)
        assert exit_code(monkeypatch, "keep", "--results", tmp_path, "--into", kept.parent) == 0
        assert read_result(kept) == expected
    told = f"{kept} stays, since {tmp_path / 'cells' / 'a.json'} holds no figures: it failed.\n"
    assert capsys.readouterr().err == told


def test_a_run_that_takes_too_long_is_stopped(running, tmp_path):
    with pytest.raises(running.BoardError) as caught:
        running.process(["sleep", "60"], tmp_path / "log.txt", 0.005)
    assert str(caught.value) == "It took more than 0.005 minutes."


def test_a_run_that_the_system_ends_says_so_and_not_its_last_line(running, tmp_path):
    with pytest.raises(running.BoardError) as caught:
        running.process(["sh", "-c", "echo 3 of 500 epochs; kill -9 $$"], tmp_path / "log.txt", 1)
    assert str(caught.value) == "It was ended by SIGKILL; the system does so where memory is short."


def test_a_package_that_cannot_be_installed_gives_the_first_line_of_the_reason(
    running, tmp_path, monkeypatch
):
    def create(folder, with_pip):
        python = Path(folder) / "bin" / "python"
        python.parent.mkdir(parents=True)
        lines = "#!/bin/sh\necho 'WARNING: slow' >&2\necho 'ERROR: No matching version' >&2\necho more >&2\nexit 1\n"
        python.write_text(lines)
        python.chmod(0o755)

    monkeypatch.setattr(running.venv, "create", create)
    with pytest.raises(running.BoardError) as caught:
        running.python_of(running.System("fit.py", {}, "far", ("far>=9",)), tmp_path)
    assert str(caught.value) == "far>=9 cannot be installed: ERROR: No matching version"


def test_systems_for_two_languages_say_so(sample, folders, running):
    with pytest.raises(running.BoardError) as caught:
        running.run_one(sample, "TopMost NMTM", running.peers()["TopMost NMTM"], 0, folders, 1)
    assert str(caught.value) == "It reads two languages with a lexicon, and nothing else."


def test_classifiers_are_right_about_topics_that_are_the_labels(sample, running):
    theta = {split: np.eye(8)[labels] for split, labels in sample.labels.items()}
    right, _ = running.transferred(sample, theta)
    assert right["I"].all()
    assert right["C"].all()
    wrong = theta | {"test": np.roll(theta["test"], 1, axis=1)}
    assert not running.transferred(sample, wrong)[0]["C"].any()


def test_translations_are_drawn_together(running):
    corpus_class = import_module("skxtm").Corpus
    test = corpus_class(["en", "en", "zh", "zh"], text=list("abcd"), pair_id=[7, 8, 8, 7])
    (means,) = running.by_stratum(test, np.array([1.0, 0.0, 1.0, 0.0]))
    assert means.tolist() == [0.5, 0.5]


def test_reciprocal_ranks_average_to_the_metric(running):
    skxtm, rng = import_module("skxtm"), np.random.default_rng(0)
    order = rng.permutation(90)
    language, pair = np.repeat(["en", "zh", "ja"], 30)[order], np.tile(np.arange(30), 3)[order]
    theta = rng.dirichlet(np.full(6, 0.3), 30)[pair] + 0.3 * rng.dirichlet(np.full(6, 0.3), 90)
    theta[pair < 5] = theta[0]  # ties
    theta /= theta.sum(1, keepdims=True)
    documents = skxtm.Corpus(language, text=["a"] * 90, pair_id=pair)
    ranks, features = running.reciprocal_ranks(
        {"train": theta, "test": theta}, {"train": documents, "test": documents}
    )
    of_theta = import_module("_translations").FEATURES[features](theta)
    expected = skxtm.metrics.retrieval_score(of_theta, language, pair).mean_reciprocal_rank
    assert ranks.shape == (30,)
    assert ranks.mean() == pytest.approx(expected)
    assert 0.1 < expected < 0.9


@pytest.fixture
def unlabelled(sample):
    """Test documents of the sample without labels, as if those of a language translated each other."""
    skxtm, counted = import_module("skxtm"), sample.corpora["test"]
    n = len(counted.rows_of("en"))
    by_language = counted[np.concatenate([counted.rows_of(code) for code in sample.languages])]
    corpus = skxtm.Corpus(
        by_language.language, text=by_language.text, pair_id=np.concatenate([np.arange(n)] * 3)
    ).with_counts({code: by_language.counts_of(code) for code in sample.languages}, by_language.vocabularies)
    return replace(sample, labels={}, corpora={"train": corpus, "test": corpus})


def written(unlabelled):
    """Topics and proportions such as a system writes."""
    rng, test = np.random.default_rng(1), unlabelled.corpora["test"]
    theta = {split: rng.dirichlet(np.ones(8), len(test)) for split in ("train", "test")}
    return [{code: list(test.vocabularies[code][:15]) for code in test.languages}] * 8, theta


def test_a_corpus_without_labels_is_measured_by_its_translations(running, unlabelled):
    topics, theta = written(unlabelled)
    cell = running.measured(unlabelled, topics, theta, {"cpu_s": 1.0, "GiB": 1.0})
    assert set(cell["documents"]) == {"MRR"}
    assert cell["features"] is None
    assert cell["found_by"] in {"log", "root"}
    assert {"C", "I", "purity", "NMI"}.isdisjoint(cell["figures"])
    unpacked = import_module("_board_intervals").unpacked
    assert unpacked(cell["documents"]["MRR"][0]).mean() == pytest.approx(cell["figures"]["MRR"], abs=1e-5)


def test_what_systems_wrote_is_measured_again_and_keeps_its_time(running, unlabelled, tmp_path):
    board, told = running.Board(tmp_path, tmp_path), []
    write_json = import_module("_cells").write_json
    topics, theta = written(unlabelled)
    facts = {"corpus": "sample", "system": "fake", "n_components": 8, "versions": {"numpy": "2"}}
    for seed, of_run in enumerate([{"figures": {"MRR": 0.5, "cpu_s": 7.0, "GiB": 0.3}}, {"failed": "No."}]):
        write_json(board.cell("sample", "fake", seed), facts | {"seed": seed} | of_run)
        out = board.out("sample", "fake", seed)
        write_json(out / "topics.json", topics)
        write_json(out / "versions.json", facts["versions"])
        for split, of_split in theta.items():
            np.save(out / f"theta_{split}.npy", of_split)
    gone = facts | {"seed": 2, "figures": {"MRR": 0.5}}
    write_json(board.cell("sample", "fake", 2), gone)  # its files are not there any more
    running.measure_again(unlabelled, board, told.append)
    again, failed, kept = running.finished(tmp_path / "cells")
    used = {"cpu_s": 7.0, "GiB": 0.3}
    assert again == facts | {"seed": 0} | running.measured(unlabelled, topics, theta, used)
    assert failed["failed"] == "No."
    assert kept == gone
    assert [line.partition(":")[0] for line in told] == ["sample-fake-s0"]


def cell(intervals, system, seed, right, topics, **figures):
    parts = [intervals.packed(np.arange(200) < right)]
    return {
        "corpus": "sample",
        "system": system,
        "seed": seed,
        "n_components": 2,
        "versions": {"python": "3"},
        "figures": {
            "C": right / 200,
            "I": right / 200,
            "CNPMI": float(np.mean(topics)),
            "cpu_s": 9.6,
            **figures,
        },
        "topics": topics,
        "documents": {"C": parts, "I": parts},
    }


def test_tables_put_the_better_peer_first_and_mark_what_intervals_say(intervals, tables):
    cells = [
        cell(intervals, "corectm", 0, 120, [0.1, 0.1]),
        cell(intervals, "corectm", 1, 124, [0.1, 0.1]),
        cell(intervals, "BERTopic", 0, 160, [0.2, 0.2]),
        cell(intervals, "LDA per language", 0, 121, [0.0, 0.3]),
        cell(intervals, "usvd", 0, 60, [0.0, 0.0]),
        {"corpus": "sample", "system": "FASTopic", "seed": 0, "failed": "It took more than 1 minutes."},
    ]
    board = tables.make_board(cells)
    lines = [line.strip("| ").split(" | ") for line in board["sample"].splitlines() if line.startswith("|")]
    assert lines[0] == ["system", "seeds", "C", "I", "CNPMI", "cpu_s"]
    assert lines[2:] == [
        ["*BERTopic*", "1", "0.800 ▲", "0.800 ▲", "0.200 ▲", "10"],
        ["corectm", "2", "0.610 ± 0.014", "0.610 ± 0.014", "0.100 ± 0.000", "10"],
        ["*LDA per language*", "1", "0.605", "0.605", "0.150", "10"],
        ["usvd", "1", "0.300 ▼", "0.300 ▼", "0.000 ▼", "10"],
    ]
    assert (
        "| sample | C | *BERTopic* 0.800 | corectm 0.610 | *LDA per language* 0.605 | 2 of 4 |"
        in board["leaders"]
    )
    assert "| FASTopic | sample | It took more than 1 minutes. |" in board["absent"]
    assert "| mtanchor | sib200, sample, ec_news, rakuten_amazon, aligned | not run yet |" in board["absent"]
    assert board["ec_news"] == "Not run yet."
    assert board["claim"].splitlines() == [
        '"The default model (corectm) leads most tables" does not hold on 95 % intervals: in 0 of 3 comparisons of a corpus by a measure no other system is above it.',
        "",
        "- sample, C: below it 1 of 3; above it *BERTopic*; undecided *LDA per language*.",
        "- sample, I: below it 1 of 3; above it *BERTopic*; undecided *LDA per language*.",
        "- sample, CNPMI: below it 1 of 3; above it *BERTopic*; undecided *LDA per language*.",
    ]


def test_the_page_is_made_of_the_committed_cells(tables, running):
    text = (BENCHMARKS.parent / "docs" / "leaderboard.md").read_text(encoding="utf-8")
    cells = running.finished(BENCHMARKS / "results" / "board")
    assert len(cells) >= 6
    for name, table in tables.make_board(cells).items():
        assert f"<!-- {name} -->\n{table}\n<!-- /{name} -->" in text


def test_what_the_page_says_of_nmtm_on_the_sample_is_its_figure_and_chance(running):
    text = (BENCHMARKS.parent / "docs" / "leaderboard.md").read_text(encoding="utf-8")
    cells = running.finished(BENCHMARKS / "results" / "board")
    of_sample = [cell for cell in cells if cell["corpus"] == "sample" and "failed" not in cell]
    accuracies = {}
    for cell in of_sample:
        accuracies.setdefault(cell["system"], []).append(cell["figures"]["C"])
    means = {system: np.mean(values) for system, values in accuracies.items()}
    own = {name: means[name] for name in ("nmtm", "infoctm", "xtra", "gloctm", "mcta")}
    assert min(own, key=own.get) == "nmtm"
    assert f"NMTM, with {own['nmtm']:.3f} where chance is {1 / 8:.3f}, worst" in text


def test_committed_cells_are_small(running):
    for path in (BENCHMARKS / "results" / "board").glob("*.json"):
        assert path.stat().st_size < 20_000, path.name
        assert "figures" in (content := json.loads(path.read_text(encoding="utf-8"))) or "failed" in content
