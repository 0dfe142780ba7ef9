"""The command that measures every system, on a tiny release that the tests write."""

import json
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from statistics import mean, stdev
from types import SimpleNamespace

import numpy as np
import pytest

from skxtm import CrossLingualTopicModel
from skxtm.backbones import NMTM, backbone_class, backbone_names
from skxtm.backbones.base import NetworkBackbone
from skxtm.llm import ScriptedChat

# the invented corpora share few words with the invented references
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::skxtm.exceptions.AbsentWordsWarning"),
]

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
CONFIGURATIONS = BENCHMARKS / "configs"
PARTS = ("configuration", "evaluation", "cells", "running", "tables", "rating", "judging")


@pytest.fixture(scope="module", autouse=True)
def bench():
    """The modules of the command, which import each other as scripts of one folder do."""
    parts = {name: import_module(f"_{name}") for name in PARTS}
    return SimpleNamespace(command=import_module("reproduce"), **parts)


def written(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


RUN = '[[runs]]\ncorpora = ["ec_news"]\nbackbones = ["nmtm"]\n'
NETWORKS = [name for name in backbone_names() if issubclass(backbone_class(name), NetworkBackbone)]
TINY = RUN + 'components = 3\nepochs = 2\nclassifiers = ["linear"]\n'


@pytest.mark.parametrize("name", sorted(path.name for path in CONFIGURATIONS.glob("*.toml")))
def test_every_committed_configuration_can_be_read_and_names_no_cell_twice(bench, name):
    cells = bench.configuration.read_cells(CONFIGURATIONS / name)
    assert len({cell.name for cell in cells}) == len(cells) > 0


def test_a_run_is_the_product_of_its_lists_and_of_alike_cells_there_is_one(bench, tmp_path):
    refined = 'seeds = [0, 1]\nvariants = ["full", "one round"]\nn_rounds = [3, 5]\nrefine_every = [4]\n'
    cells = bench.configuration.read_cells(written(tmp_path, RUN + refined + RUN))
    assert [(cell.training.seed, cell.variant, cell.n_rounds) for cell in cells] == [
        (seed, *variant)
        for seed in (0, 1)
        for variant in (("plain", None), ("full", 3), ("full", 5), ("one round", 1))
    ]
    assert {(cell.refinement_epochs, cell.refine_every) for cell in cells} == {(None, None), (30, 4)}


def test_of_a_backbone_without_network_the_words_alone_are_refined(bench, tmp_path):
    text = '[[runs]]\ncorpora = ["ec_news"]\nbackbones = ["usvd"]\nvariants = ["full"]\n'
    _, cell = bench.configuration.read_cells(written(tmp_path, text))
    assert (cell.refinement_epochs, cell.refine_every, cell.n_rounds) == (0, None, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RUN + "epoch = 3\n", "run 1: unknown key 'epoch'. Allowed are ['backbones', 'batch_size', "),
        (RUN + RUN + "epochs = 0\n", "run 2: 'epochs' must be an integer of at least 1. Got 0."),
        (RUN + "epochs = true\n", "run 1: 'epochs' must be an integer of at least 1. Got True."),
        (RUN + 'match = "exact"\n', "run 1: 'match' must be among ['literal', 'normal']. Got 'exact'."),
        (RUN + "learning_rate = inf\n", "run 1: 'learning_rate' must be a number above 0. Got inf."),
        (RUN + "shrink_schedule = 1\n", "run 1: 'shrink_schedule' must be true or false. Got 1."),
        (
            RUN + "seeds = 1\n",
            "run 1: 'seeds' must be a list of values, each an integer of at least 0. Got 1.",
        ),
        (
            RUN.replace("nmtm", "nntm"),
            f"run 1: every value of 'backbones' must be among {backbone_names()}. Got 'nntm'.",
        ),
        (
            '[[runs]]\nbackbones = ["nmtm"]\n',
            "run 1: 'corpora' is missing. It must be a list of values among ['ec_news', 'amazon_review', "
            "'rakuten_amazon'].",
        ),
        (
            RUN.replace("nmtm", "usvd") + "learning_rate = 1\n",
            f"run 1: 'learning_rate' is not for backbone 'usvd'. It is allowed for {NETWORKS}.",
        ),
        (
            RUN.replace("nmtm", "xtra") + "shrink_schedule = true\n",
            "run 1: 'shrink_schedule' needs 'epochs', the number to shrink it to.",
        ),
        (
            RUN + "shrink_schedule = true\n",
            "run 1: 'shrink_schedule' is not for backbone 'nmtm'. It is allowed for ['gloctm', 'infoctm', "
            "'xtra'].",
        ),
        (
            RUN + 'recipe = "aaai-2023"\n',
            "run 1: 'recipe' 'aaai-2023' is not for backbone 'nmtm'. There are {'infoctm': ['aaai-2023', "
            "'llm-xtm'], 'nmtm': ['llm-xtm', 'nlpcc-2020']}.",
        ),
        (RUN + "recipe = 1\n", "run 1: 'recipe' must be a name. Got 1."),
        (
            RUN + "refine_every = [4]\n",
            "run 1: 'refine_every' needs 'variants', a list of values among ['full', 'without documents', "
            "'without words', 'one round', 'transport', 'union', 'temperature 0.1', 'temperature 0.05', 'neither'].",
        ),
        (
            RUN.replace("nmtm", "usvd") + 'variants = ["neither"]\n',
            "run 1: variant 'neither' is not for backbone 'usvd', which has no network to train: its words alone "
            "are refined. Allowed are ['full', 'one round'].",
        ),
    ],
)
def test_a_wrong_setting_is_refused_with_file_key_and_what_is_allowed(bench, tmp_path, capsys, text, message):
    path = written(tmp_path, text)
    assert bench.command.main(["run", str(path), "--data-home", "nowhere", "--results", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"{path}, {message}")


@pytest.mark.parametrize("only", [["--only", "-usvd-"], ["--only=-usvd-"]])
def test_cells_are_picked_by_any_text_of_their_names(bench, only):
    options = ["run", "config.toml", "--data-home", "here", *only, "--results", "there"]
    assert bench.command.parse_options(options).only == "-usvd-"


@pytest.mark.parametrize("text", ["", "seed = 1\n" + RUN, "runs = []\n"])
def test_a_configuration_holds_runs_and_nothing_else(bench, tmp_path, text):
    with pytest.raises(bench.configuration.ConfigurationError, match=r"must hold tables \[\[runs\]\]"):
        bench.configuration.read_cells(written(tmp_path, text))


def test_a_file_that_is_no_toml_is_named(bench, tmp_path):
    with pytest.raises(bench.configuration.ConfigurationError, match=r"config\.toml cannot be read: "):
        bench.configuration.read_cells(written(tmp_path, "[[runs"))


class Recorder:
    """Computes nothing, notes what it was asked, and fails where it is told to."""

    def __init__(self, bench, results, problems):
        self.bench, self.results, self.problems = bench, results, problems
        self.asked = []

    def __call__(self, cell):
        self.asked.append((cell.training.seed, cell.variant))
        if self.asked[-1] in self.problems:
            raise self.problems[self.asked[-1]]
        self.bench.cells.write_json(self.results.cell(cell), {"settings": cell.settings})


@pytest.fixture
def recording(bench, tmp_path):
    """Run two seeds, plain and in two variants, by a recorder."""
    results = bench.cells.Results(tmp_path / "results")
    text = RUN + 'seeds = [0, 1]\nvariants = ["full", "neither"]\n'
    cells = bench.configuration.read_cells(written(tmp_path, text))

    def run(problems=(), n_jobs=1):
        recorder = Recorder(bench, results, dict(problems))
        try:
            return recorder.asked, bench.running.run_cells(cells, results, recorder, n_jobs)
        except KeyboardInterrupt:
            return recorder.asked, None

    run.cells, run.results = cells, results
    return run


ALL = [(seed, variant) for seed in (0, 1) for variant in ("plain", "full", "neither")]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_finished_cell_is_not_computed_again(recording, n_jobs):
    asked, failures = recording(n_jobs=n_jobs)
    assert (sorted(asked), failures) == (sorted(ALL), {})
    assert recording(n_jobs=n_jobs) == ([], {})
    recording.results.cell(recording.cells[1]).unlink()
    assert recording(n_jobs=n_jobs) == ([ALL[1]], {})


@pytest.mark.parametrize("content", ["", '{"settings": {"corp', "\0\0\0", "null", "{}"])
def test_a_result_that_cannot_be_read_is_computed_again(recording, content):
    recording()
    recording.results.cell(recording.cells[1]).write_text(content, encoding="utf-8")
    assert recording() == ([ALL[1]], {})


@pytest.mark.parametrize(
    "command", [["tables"], ["keep"], ["rate", "--model", "m"], ["judge", "--model", "m"]]
)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "cannot be read: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "holds no result"),
        ("{}", "holds no result"),
    ],
)
def test_a_result_that_cannot_be_read_is_named(bench, tmp_path, capsys, command, content, reason):
    path = tmp_path / "cells" / "cell-0.json"
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    assert bench.command.main([*command, "--results", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{path} {reason}. Delete it, and run computes it anew.\n"


READERS = [["tables"], ["keep"], ["rate", "--model", "m"], ["judge", "--model", "m"]]


@pytest.mark.parametrize("command", READERS)
def test_a_folder_without_cells_is_named_and_nothing_is_written(bench, tmp_path, capsys, command):
    page = tmp_path / "page.md"
    into = ["--into", str(page)] if command[0] in ("tables", "keep") else []
    assert bench.command.main([*command, "--results", str(tmp_path / "absent"), *into]) == 2
    folder = tmp_path / "absent" / "cells"
    assert capsys.readouterr() == ("", f"No cells in {folder}. Give --results the folder of a run.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", READERS[1:])
def test_a_text_that_no_name_contains_is_told_with_a_name(bench, tmp_path, capsys, command):
    bench.cells.write_json(tmp_path / "cells" / "cell-0.json", {"settings": {}})
    assert bench.command.main([*command, "--results", str(tmp_path), "--only", "nosuch"]) == 2
    told = "No cell's name contains 'nosuch'. Names are such as 'cell-0'.\n"
    assert capsys.readouterr() == ("", told)


def test_a_run_of_no_cell_is_refused_with_a_name(bench, tmp_path, capsys):
    path = written(tmp_path, RUN)
    command = ["run", str(path), "--data-home", "nowhere", "--results", str(tmp_path), "--only", "nosuch"]
    assert bench.command.main(command) == 2
    (cell,) = bench.configuration.read_cells(path)
    told = f"No cell's name contains 'nosuch'. Names are such as {cell.name!r}.\n"
    assert capsys.readouterr() == ("", told)


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(recording):
    assert recording({ALL[1]: KeyboardInterrupt()}) == (ALL[:2], None)
    assert recording() == (ALL[1:], {})


def test_what_was_written_in_part_is_not_a_result(bench, recording, monkeypatch):
    def crash(self, target):
        raise OSError("The disk is full.")

    path = recording.results.cell(recording.cells[0])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(OSError, match="full"):
            bench.cells.write_json(path, {"settings": {}})
    assert not path.exists()
    assert recording.results.finished() == []


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_cell_that_fails_writes_nothing_and_the_others_go_on(recording, n_jobs):
    asked, failures = recording({ALL[1]: ValueError("It diverged.")}, n_jobs)
    assert sorted(asked) == sorted(ALL)
    assert failures == {recording.cells[1].name: "It diverged."}
    assert len(recording.results.finished()) == 5
    assert recording() == ([ALL[1]], {})


def test_a_model_that_cannot_be_trained_is_tried_once_and_fails_all_its_cells(bench, recording):
    asked, failures = recording({ALL[0]: bench.cells.FirstPhaseError("It diverged.")})
    assert asked == [ALL[0], *ALL[3:]]
    assert failures == {cell.name: "It diverged." for cell in recording.cells[:3]}


def test_a_cell_that_was_stopped_stops_the_rest(bench, recording):
    asked, failures = recording({ALL[1]: bench.running.StoppedError("Stopped.")})
    assert asked == ALL[:2]
    assert failures == {recording.cells[1].name: "Stopped."}


@pytest.fixture(scope="module")
def measured(bench, release, tmp_path_factory):
    """A refined network and a refined backbone without one, measured in this process."""
    folder = tmp_path_factory.mktemp("measured")
    network = TINY + 'seeds = [0, 1]\nvariants = ["full"]\nrefinement_epochs = 2\nrefine_every = [1, 2]\n'
    arrays = TINY.replace("nmtm", "usvd").replace("epochs = 2\n", 'variants = ["full"]\n')
    text = network + arrays
    results = bench.cells.Results(folder / "results")
    cells = bench.configuration.read_cells(written(folder, text))
    trained = []
    original = bench.cells.train
    bench.cells.train = lambda training, *others: trained.append(training) or original(training, *others)
    try:
        failures = bench.running.run_cells(
            cells, results, lambda cell: bench.cells.compute(cell, release, results)
        )
    finally:
        bench.cells.train = original
    assert failures == {}
    return SimpleNamespace(results=results, cells=cells, trained=trained)


def of_cell(measured, backbone, seed, variant):
    """Find a result in the folder."""
    (found,) = [
        cell
        for cell in measured.results.finished()
        if (cell["settings"]["backbone"], cell["settings"]["seed"], cell["settings"]["variant"])
        == (backbone, seed, variant)
        and cell["settings"]["refine_every"] != 2
    ]
    return found


def test_the_model_is_trained_once_for_all_its_variants(measured):
    assert [(training.backbone, training.seed) for training in measured.trained] == [
        ("nmtm", 0),
        ("nmtm", 1),
        ("usvd", 0),
    ]
    assert len(measured.results.finished()) == 8


def test_a_cell_holds_the_figures_of_a_model_trained_alone(bench, measured, release):
    evaluation = bench.evaluation.Evaluation("ec_news", release)
    model = CrossLingualTopicModel(
        3, backbone="nmtm", lexicon=evaluation.lexicon, max_epochs=2, random_state=1
    )
    model.fit(evaluation.train.corpus)
    cell = of_cell(measured, "nmtm", 1, "plain")
    assert cell["topics"] == model.get_topics(25)
    assert cell["figures"] == evaluation.topics(model)
    assert cell["accuracies"] == {
        "linear": evaluation.accuracies(evaluation.features(model), "linear"),
    }


def test_a_cell_says_how_it_came_about(bench, measured):
    cell = of_cell(measured, "nmtm", 0, "full")
    assert cell["settings"] == measured.cells[1].settings
    assert cell["name"] == measured.cells[1].name
    assert cell["versions"].keys() == {"python", "numpy", "torch", "sklearn", "skxtm"}
    assert cell["seconds"] >= 0
    assert cell["peak_gib"] > 0.05
    assert (cell["trained"]["epochs"], cell["trained"]["published_epochs"]) == (2, 200)
    assert cell["trained"]["backbone"]["batch_size"] == 128
    assert cell["words_kept"].keys() == {"TU", "CNPMI", "TQ"}


def test_a_training_that_was_stopped_goes_on_where_it_was_kept_and_ends_the_same(
    bench, release, tmp_path, monkeypatch
):
    (cell,) = bench.configuration.read_cells(written(tmp_path, TINY.replace("epochs = 2", "epochs = 4")))
    evaluation = bench.evaluation.Evaluation("ec_news", release)
    whole = bench.cells.train(cell.training, evaluation, None, tmp_path / "whole")

    original, epochs = CrossLingualTopicModel.partial_fit, []

    def stopping(model, corpus, n_epochs):
        epochs.append(getattr(model, "n_iter_", 0))
        if len(epochs) == 3:
            raise KeyboardInterrupt
        return original(model, corpus, n_epochs=n_epochs)

    monkeypatch.setattr(bench.cells, "SAVE_EVERY", 0)
    monkeypatch.setattr(CrossLingualTopicModel, "partial_fit", stopping)
    with pytest.raises(KeyboardInterrupt):
        bench.cells.train(cell.training, evaluation, None, tmp_path / "stopped")
    facts = bench.cells.train(cell.training, evaluation, None, tmp_path / "stopped")

    assert epochs == [0, 1, 2, 2, 3]  # none of the two kept is trained again
    assert not list(tmp_path.glob("*.part*"))
    assert facts["epochs"] == whole["epochs"] == 4
    models = [CrossLingualTopicModel.load(tmp_path / name) for name in ("whole", "stopped")]
    np.testing.assert_array_equal(*(model.components_ for model in models))


def test_a_model_whose_folder_is_gone_is_trained_again(bench, release, tmp_path):
    (cell,) = bench.configuration.read_cells(written(tmp_path, TINY))
    evaluation = bench.evaluation.Evaluation("ec_news", release)
    folder = tmp_path / "models" / "model"
    models = []
    for _ in range(2):
        models.append(bench.cells.first_phase(cell.training, evaluation, folder)[0])
        shutil.rmtree(folder)
    np.testing.assert_array_equal(*(model.components_ for model in models))


@pytest.mark.parametrize("damaged", ["model", "model.part"])
def test_a_damaged_model_is_named_with_what_to_delete(bench, release, tmp_path, damaged):
    (cell,) = bench.configuration.read_cells(written(tmp_path, TINY))
    evaluation = bench.evaluation.Evaluation("ec_news", release)
    folder = tmp_path / "models" / "model"
    bench.cells.first_phase(cell.training, evaluation, folder)
    if damaged != folder.name:
        folder = folder.rename(folder.with_name(damaged))
    (tensors,) = folder.glob("*.safetensors")
    tensors.write_bytes(tensors.read_bytes()[:100])
    with pytest.raises(bench.cells.ResultError) as caught:
        bench.cells.first_phase(cell.training, evaluation, tmp_path / "models" / "model")
    told = f"{folder} cannot be loaded. Delete it, and run trains the model anew."
    assert str(caught.value) == told
    shutil.rmtree(folder)
    bench.cells.first_phase(cell.training, evaluation, tmp_path / "models" / "model")


def test_seconds_that_were_cut_short_do_not_stop_a_training_that_goes_on(bench, tmp_path):
    path = tmp_path / "model.part.json"
    assert bench.cells.seconds_of(path) == 0
    path.write_text("", encoding="utf-8")
    assert bench.cells.seconds_of(path) == 0
    bench.cells.write_json(path, 12.5)
    assert bench.cells.seconds_of(path) == 12.5


KILLED = """
import multiprocessing, sys, time
from types import SimpleNamespace

def forever(*_):
    print("begun", flush=True)
    time.sleep(300)

def cell(folder):
    sys.path.insert(0, folder)
    import _running

    _running.compute = forever
    _running.child(None, SimpleNamespace(training=SimpleNamespace(vocabulary=None)), None, None, 1)

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=cell, args=sys.argv[1:])
    process.start()
    process.join()
"""


def test_the_process_of_a_cell_ends_when_what_waits_for_it_is_killed(tmp_path):
    (tmp_path / "killed.py").write_text(KILLED, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "killed.py"), str(BENCHMARKS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "begun\n"
        parent.kill()
        out, _ = parent.communicate(timeout=60)  # both have the pipe: it ends with the last of them
    assert out == ""


@pytest.mark.parametrize("name", ["mcta", "usvd"])
def test_a_backbone_without_a_network_is_fitted_at_once(bench, release, tmp_path, name):
    text = TINY.replace("nmtm", name).replace("epochs = 2\n", "epochs = 2\n" if name == "mcta" else "")
    (cell,) = bench.configuration.read_cells(written(tmp_path, text))
    evaluation = bench.evaluation.Evaluation("ec_news", release)
    facts = bench.cells.train(cell.training, evaluation, None, tmp_path / "model")
    assert facts["epochs"] >= 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "model"]


def test_a_recipe_s_settings_are_those_of_the_backbone_and_its_own_epochs_are_the_published_ones(
    bench, release, tmp_path
):
    text = TINY + 'recipe = "llm-xtm"\n'
    (cell,) = bench.configuration.read_cells(written(tmp_path, text))
    evaluation = bench.evaluation.Evaluation("ec_news", release)
    facts = bench.cells.train(cell.training, evaluation, None, tmp_path / "model")
    assert (facts["epochs"], facts["published_epochs"]) == (2, 230)
    assert facts["backbone"] == NMTM.published("llm-xtm", max_epochs=2).get_params()
    assert cell.training.name != bench.configuration.read_cells(written(tmp_path, TINY))[0].training.name


def test_refinement_changes_the_features_of_networks_only(measured):
    plain, full = (of_cell(measured, "usvd", 0, variant) for variant in ("plain", "full"))
    assert plain["accuracies"] == full["accuracies"]
    assert plain["topics"] != full["topics"]
    assert of_cell(measured, "nmtm", 0, "plain")["topics"] != of_cell(measured, "nmtm", 0, "full")["topics"]


def result(seed, tu, cnpmi, accuracy, **settings):
    """Make the result of a cell that nobody computed."""
    backbone = {"batch_size": 128, "learning_rate": 0.001, "batch_norm_momentum": 0.001}
    return {
        "name": f"cell-{seed}",
        "settings": {
            "corpus": "ec_news",
            "backbone": "nmtm",
            "seed": seed,
            "match": "normal",
            "vocabulary": None,
            "components": 50,
            "epochs": None,
            "batch_size": None,
            "learning_rate": None,
            "shrink_schedule": False,
            "exact_statistics": False,
            "encoder_seed": None,
            "classifiers": ["rbf"],
            "variant": "plain",
            "refinement_epochs": None,
            "refine_every": None,
            "n_rounds": None,
            **settings,
        },
        "trained": {"epochs": 200, "published_epochs": 200, "backbone": backbone},
        "figures": {"TU": tu, "CNPMI": cnpmi, "TQ": tu * cnpmi},
        "accuracies": {"rbf": dict.fromkeys(("1-I", "1-C", "2-I", "2-C"), accuracy)},
        "words_kept": {"TU": tu, "CNPMI": cnpmi, "TQ": tu * cnpmi},
    }


def table_lines(text):
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]
    heads = next(row for row in rows if row[0] in ("backbone", "variant"))
    return [dict(zip(heads, row, strict=True)) for row in rows if row != heads and set(row) != {"---"}]


TUS, ACCURACIES = (0.5, 0.6, 0.85), (0.70, 0.72, 0.80)


def test_tables_show_mean_and_deviation_over_seeds_beside_the_published_figure(bench):
    cells = [result(seed, tu, 0.1, acc) for seed, (tu, acc) in enumerate(zip(TUS, ACCURACIES, strict=True))]
    tables = bench.tables.make_tables(cells)
    assert tables.keys() == {"quality", "accuracies"}
    (quality,), (accuracies,) = table_lines(tables["quality"]), table_lines(tables["accuracies"])
    assert mean(TUS) == pytest.approx(0.65)
    assert stdev(TUS) == pytest.approx((((0.15**2) + (0.05**2) + (0.2**2)) / 2) ** 0.5)
    assert quality == {
        "backbone": "nmtm",
        "lexicon": "normal",
        "seeds": "3",
        "epochs": "200 of 200",
        "batch": "128",
        "rate": "0.001",
        "halved every": "never",
        "statistics": "running",
        "TU": "0.650 ± 0.180 (0.818)",
        "CNPMI": "0.100 ± 0.000 (0.034*)",
        "TQ": "0.065 ± 0.018 (0.028*)",
    }
    assert (accuracies["seeds"], accuracies["SVM"]) == ("3", "rbf")
    assert accuracies["EN-C"] == "0.740 ± 0.053 (0.494)"


def test_seeds_of_one_row_that_were_computed_by_unlike_parameters_are_named(bench, tmp_path, capsys):
    cells = [result(seed, 0.5, 0.1, 0.7) for seed in range(3)]
    for cell, lam in zip(cells, (0.8, 0.8, 0.5), strict=True):
        cell["trained"]["backbone"]["lam"] = lam
    cells[0]["trained"]["backbone"]["smoothing"] = 1.0
    for cell in cells:
        bench.cells.write_json(tmp_path / "cells" / f"{cell['name']}.json", cell)
    assert bench.command.main(["tables", "--results", str(tmp_path)]) == 0
    remedy = "Delete the cells, and their models, that are not of today's parameters; run computes them anew."
    assert capsys.readouterr().err.splitlines() == [
        f"Cells of one row differ in their backbone's 'lam': 0.8 in cell-0, cell-1; 0.5 in cell-2. {remedy}",
        "Cells of one row differ in their backbone's 'smoothing': 1.0 in cell-0; missing in cell-1, cell-2. "
        f"{remedy}",
    ]
    (tmp_path / "cells" / "cell-0.json").unlink()
    (tmp_path / "cells" / "cell-2.json").unlink()
    assert bench.command.main(["tables", "--results", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""


def test_nothing_published_stands_beside_another_number_of_topics_and_one_seed_has_no_deviation(bench):
    (line,) = table_lines(bench.tables.make_tables([result(0, 0.5, 0.1, 0.7, components=20)])["quality"])
    assert (line["K"], line["TU"], line["CNPMI"]) == ("20", "0.500", "0.100")


@pytest.mark.parametrize(
    ("epochs", "published", "expected"),
    [
        ([187, 78, 250], [None] * 3, "78 to 250"),
        ([0, 0], [0, 0], "none"),
        ([100, 90], [100, 100], "90 to 100 of 100"),
        ([100, 100], [100, 200], "100 of 100 to 200"),
    ],
)
def test_epochs_that_differ_by_seed_are_told_of_all_seeds(bench, epochs, published, expected):
    cells = [result(seed, 0.5, 0.1, 0.7) for seed in range(len(epochs))]
    for cell, n_epochs, of in zip(cells, epochs, published, strict=True):
        cell["trained"] |= {"epochs": n_epochs, "published_epochs": of}
    (line,) = table_lines(bench.tables.make_tables(cells)["quality"])
    assert line["epochs"] == expected


def test_variants_stand_below_the_model_that_they_refine(bench):
    phase = {"refinement_epochs": 30, "refine_every": 8, "n_rounds": 5}
    cells = [result(0, 0.5, 0.1, 0.7)]
    cells += [result(0, 0.7, 0.1, 0.7, variant=name, **phase) for name in ("without words", "full")]
    cells += [result(0, 0.1, 0.1, 0.1, match="literal")]
    tables = bench.tables.make_tables(cells)
    lines = table_lines(tables["refinement"])
    assert [(line["variant"], line["epochs, every"], line["rounds"], line["TU"]) for line in lines] == [
        ("before", "", "", "0.500 (0.818)"),
        ("full", "30, 8", "5", "0.700 (0.821)"),
        ("words kept", "30, 8", "5", "0.700"),
        ("without words", "30, 8", "5", "0.700"),
    ]
    refined = [line["refined"] for line in table_lines(tables["quality"])]
    assert sorted(refined) == ["", "", "30, 8, R = 5"]


def test_tables_replace_what_stands_between_their_markers(bench, tmp_path):
    path = tmp_path / "page.md"
    path.write_text("above\n<!-- quality -->\nold\n<!-- /quality -->\nbelow\n", encoding="utf-8")
    assert bench.tables.put_into(path, {"quality": "new \\1", "accuracies": "other"}) == ["accuracies"]
    assert path.read_text(encoding="utf-8") == (
        "above\n<!-- quality -->\nnew \\1\n<!-- /quality -->\nbelow\n"
    )


def test_topics_are_rated_once_and_ratings_that_failed_again(bench, measured, tmp_path):
    results = bench.cells.Results(tmp_path)
    cells = measured.results.finished()[:2]

    def broken(request):
        return "no idea" if "similar" in request.messages[0][1] else "3"

    rate, n_topics, n_runs = bench.rating.rate, 3, 2
    with pytest.warns(UserWarning, match="6 of 6 requests have no answer that can be read"):
        failed = rate(cells, results, ScriptedChat(broken), "a/rater", n_runs)
    assert failed == {cell["name"]: n_topics * n_runs for cell in cells}
    chat = ScriptedChat(lambda request: "2")
    assert rate(cells, results, chat, "a/rater", n_runs) == {}
    assert len(chat.requests) == len(cells) * n_runs * n_topics * 3
    assert "The topics are of this data set: English and Chinese news." in chat.requests[0].messages[0][1]
    silent = ScriptedChat([])
    assert rate(cells, results, silent, "a/rater", n_runs) == {}
    assert silent.requests == []
    assert bench.rating.raters(results) == ["a_rater"]
    joined = bench.rating.read_ratings(results, "a_rater", [cell["name"] for cell in cells], "coherence")
    assert (joined.values.shape, joined.columns, joined.mean) == ((2, 6, 2), ("en", "zh"), 2.0)


def test_ratings_are_asked_and_answered_by_files(bench, measured, tmp_path, capsys):
    results = bench.cells.Results(tmp_path)
    for cell in measured.results.finished()[:2]:
        bench.cells.write_json(results.folder / "cells" / f"{cell['name']}.json", cell)
    batch = tmp_path / "batch"
    command = ["rate", "--results", str(tmp_path), "--model", "m", "--batch", str(batch), "--runs", "1"]
    assert bench.command.main(command) == 1
    assert capsys.readouterr().err.count("9 ratings of") == 2  # 3 topics in two languages, and across
    requests = [
        json.loads(line)
        for path in batch.glob("requests-*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    answers = [json.dumps({"custom_id": request["custom_id"], "content": "2"}) for request in requests]
    (batch / "answers.jsonl").write_text("\n".join(answers), encoding="utf-8")
    assert bench.command.main(command) == 0
    (rater,) = bench.rating.raters(results)
    names = [cell["name"] for cell in results.finished()]
    assert bench.rating.read_ratings(results, rater, names, "alignment").mean == 2


def test_the_command_rates_by_any_server(bench, measured, chat_server, tmp_path):
    cell = measured.results.finished()[0]
    results = bench.cells.Results(tmp_path)
    bench.cells.write_json(tmp_path / "cells" / f"{cell.pop('name')}.json", cell)
    chat_server.answer = lambda body: '{"rating": 1}'
    command = ["rate", "--results", str(tmp_path), "--model", "fake-1", "--base-url", chat_server.base_url]
    for _ in range(2):
        assert bench.command.main([*command, "--runs", "1"]) == 0
        assert chat_server.n_requests == 3 * 3
    (finished,) = results.finished()
    assert bench.rating.read_ratings(results, "fake-1", [finished["name"]], "alignment").mean == 1


def test_rows_are_named_by_what_tells_them_apart(bench):
    phase = {"refinement_epochs": 30, "refine_every": 8}
    cells = [result(0, 0.5, 0.1, 0.7), result(0, 0.5, 0.1, 0.7, epochs=5)]
    cells += [result(0, 0.5, 0.1, 0.7, variant="full", n_rounds=rounds, **phase) for rounds in (3, 5)]
    assert bench.tables.labels(bench.tables.rows_of(cells)) == [
        "nmtm, plain",
        "nmtm, full, n_rounds 3",
        "nmtm, full, n_rounds 5",
        "nmtm, epochs 5, plain",
    ]


def test_sensitivity_and_ratings_are_drawn(bench, measured, tmp_path):
    pytest.importorskip("matplotlib")
    cells = measured.results.finished()
    bench.rating.rate(cells, measured.results, ScriptedChat(lambda request: "2"), "rater", 1)
    command = ["tables", "--results", str(measured.results.folder), "--pictures", str(tmp_path)]
    assert bench.command.main(command) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ratings-ec_news-alignment-rater.png",
        "ratings-ec_news-coherence-rater.png",
        "sensitivity-ec_news.png",
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())


def test_a_curve_varies_one_setting_and_holds_the_other(bench):
    pictures = import_module("_pictures")
    phases = [(8, 1), (8, 3), (8, 5), (5, 5), (13, 5)]
    cells = [
        result(0, 0.5, 0.1, 0.7, variant="full", refinement_epochs=30, refine_every=every, n_rounds=rounds)
        for every, rounds in phases
    ]
    rows = bench.tables.rows_of(cells)
    for varied, places in (("n_rounds", [1, 3, 5]), ("refine_every", [5, 8, 13])):
        found = pictures.curves(rows, varied)
        assert {label: [place for place, _ in points] for label, points in found.items()} == {"nmtm": places}


def test_the_command_computes_in_processes_of_their_own_and_names_what_failed(
    bench, release, tmp_path, capsys
):
    text = TINY.replace('["ec_news"]', '["ec_news", "rakuten_amazon"]')
    command = ["run", str(written(tmp_path, text)), "--data-home", str(release), "--jobs", "2"]
    assert bench.command.main([*command, "--results", str(tmp_path)]) == 1
    printed = capsys.readouterr().err
    assert "FAILED rakuten_amazon-nmtm-s0-plain-" in printed
    assert f"InputError: Rakuten Amazon was not found: {release} has no folder" in printed
    (cell,) = bench.cells.Results(tmp_path).finished()
    assert cell["name"].startswith("ec_news-nmtm-s0-plain-")
    assert bench.command.main([*command, "--results", str(tmp_path), "--only", "ec_news"]) == 0


def test_the_command_judges_words_and_documents_and_goes_on_where_it_was(
    bench, measured, chat_server, release, tmp_path, capsys
):
    cell = of_cell(measured, "nmtm", 0, "plain")
    results = bench.cells.Results(tmp_path)
    bench.cells.write_json(tmp_path / "cells" / f"{cell['name']}.json", cell)
    (tmp_path / "models").symlink_to(measured.results.folder / "models")
    chat_server.answer = lambda body: '{"choice": 1}'
    command = ["judge", "--results", str(tmp_path), "--model", "fake-1", "--base-url", chat_server.base_url]
    command += ["--data-home", str(release), "--questions", "2"]
    assert bench.command.main(command) == 0
    n_asked = chat_server.n_requests
    assert bench.command.main(command) == 0
    assert chat_server.n_requests == n_asked
    table = capsys.readouterr().out
    measures = ["word intrusion", "redundancy", "topic intrusion", "document fit", "fit of other documents"]
    assert [
        line.split(" | ")[1] for line in table.splitlines() if line.startswith("| ec_news")
    ] == measures * 2
    path = bench.rating.file_of_rater(results, "judgements", "fake-1", cell["name"])
    written = json.loads(path.read_text(encoding="utf-8"))
    assert list(written["measures"]) == measures
    assert written["measures"]["document fit"]["score"] == 1.0
    assert written["measures"]["redundancy"]["columns"] == ["en", "zh", "en-zh"]
    assert len(written["measures"]["word intrusion"]["by_topic"]) == 3


def test_questions_about_topics_are_written_to_files_and_their_answers_read(
    bench, measured, tmp_path, capsys
):
    cell = of_cell(measured, "nmtm", 0, "full")
    bench.cells.write_json(tmp_path / "cells" / f"{cell['name']}.json", cell)
    batch = tmp_path / "batch"
    command = ["judge", "--results", str(tmp_path), "--model", "m", "--batch", str(batch), "--questions", "1"]
    assert bench.command.main(command) == 1
    requests = [
        json.loads(line)
        for path in batch.glob("requests-*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert f"{len(requests)} answers about the topics of" in capsys.readouterr().err
    answers = [json.dumps({"custom_id": request["custom_id"], "content": "2"}) for request in requests]
    (batch / "answers.jsonl").write_text("\n".join(answers), encoding="utf-8")
    assert bench.command.main(command) == 0
    assert capsys.readouterr().out.count(f"| {cell['name']} |") == 2


def test_topics_that_are_all_alike_cannot_be_asked_about_words_and_the_command_says_so(
    bench, measured, tmp_path, capsys
):
    cell = of_cell(measured, "nmtm", 0, "plain")
    cell["topics"] = [cell["topics"][0]] * 3
    results, chat = bench.cells.Results(tmp_path), ScriptedChat(lambda request: "1")
    assert bench.judging.judge([cell], results, chat, "rater", 1, 1, None) == {}
    assert f"{cell['name']}: There is nothing to ask: every top word of other" in capsys.readouterr().err
    assert "redundancy" in bench.judging.judgement_table(results, "rater", [cell["name"]])
