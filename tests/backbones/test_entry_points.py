"""Backbones of other packages: registered by name, saved, loaded, and never in the way of ours."""

import json
import sys

import numpy as np
import pytest

from skxtm import CrossLingualTopicModel
from skxtm.backbones import NMTM, backbone_class, backbone_name, backbone_names
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, ModelFileError

MODULE = """
from skxtm.backbones import NMTM, USVD

class Mine(NMTM):
    pass

class Other(USVD):
    pass
"""


@pytest.fixture(scope="module")
def data():
    return make_multilingual_corpus(n_documents=20, n_components=3, vocabulary_sizes=25, random_state=0)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution with a module and entry points into a folder of its own, and return that."""

    def install(distribution, entries, source=MODULE):
        folder = tmp_path / distribution
        info = folder / f"{distribution}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
        (info / "entry_points.txt").write_text(f"[skxtm.backbones]\n{lines}")
        (folder / f"{distribution}_module.py").write_text(source)
        monkeypatch.syspath_prepend(folder)
        return folder

    yield install
    for name in [name for name in sys.modules if name.endswith("_module")]:
        del sys.modules[name]


def make_model(data, backbone):
    return CrossLingualTopicModel(3, backbone=backbone, lexicon=data.lexicon, max_epochs=1, random_state=0)


# each of the last two is a kind of its own in saved models
@pytest.mark.parametrize("name", ["mine", "lexicon", "array"])
@pytest.mark.parametrize("cls", ["Mine", "Other"])
def test_a_backbone_of_another_package_is_named_saved_and_loaded(install, data, tmp_path, name, cls):
    install("theirs", {name: f"theirs_module:{cls}"})
    assert name in backbone_names()
    assert backbone_name(backbone_class(name)) == name
    assert backbone_class(name).__name__ == cls
    for backbone in (name, backbone_class(name)()):
        model = make_model(data, backbone).fit(data.corpus)
        model.save(tmp_path / "model")
        loaded = CrossLingualTopicModel.load(tmp_path / "model")
        assert type(loaded.backbone_) is backbone_class(name)
        assert repr(loaded) == repr(model)
        np.testing.assert_array_equal(loaded.transform(data.corpus), model.transform(data.corpus))
    saved = json.loads((tmp_path / "model" / "model.json").read_text(encoding="utf-8"))
    assert saved["params"]["backbone"]["kind"] == f"backbone:{name}"


def test_a_saved_model_whose_package_is_not_installed_says_so(install, data, tmp_path, monkeypatch):
    folder = install("theirs", {"mine": "theirs_module:Mine"})
    make_model(data, "mine").fit(data.corpus).save(tmp_path / "model")
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(folder)])
    with pytest.raises(ModelFileError) as caught:
        CrossLingualTopicModel.load(tmp_path / "model")
    assert str(caught.value) == (
        "The saved model needs a backbone of another package. There is no backbone 'mine', only "
        f"{backbone_names()}. Check the name, or install the package that registers it."
    )


BROKEN = {
    "missing_module:Mine": "cannot be imported (ModuleNotFoundError: No module named 'missing_module')",
    "theirs_module:Absent": (
        "cannot be imported (AttributeError: module 'theirs_module' has no attribute 'Absent')"
    ),
    "json:JSONDecoder": "is not a subclass of skxtm.backbones.Backbone",
    "json:dumps": "is not a subclass of skxtm.backbones.Backbone",
}


@pytest.mark.parametrize("value", BROKEN)
def test_a_broken_entry_point_is_an_error_only_for_those_who_name_it(install, data, tmp_path, value):
    install("theirs", {"broken": value, "mine": "theirs_module:Mine"})
    assert {"broken", "mine", "nmtm"} <= set(backbone_names())
    for name in ("nmtm", "mine"):
        make_model(data, name).fit(data.corpus).save(tmp_path / "model")
        CrossLingualTopicModel.load(tmp_path / "model")
    expected = (
        f"The backbone 'broken', which the distribution 'theirs' registers as {value!r}, {BROKEN[value]}. "
        "Repair or uninstall that distribution."
    )
    for call in (lambda: backbone_class("broken"), lambda: make_model(data, "broken").fit(data.corpus)):
        with pytest.raises(InputError) as caught:
            call()
        assert str(caught.value) == expected


def test_a_name_that_two_packages_register_is_refused(install, data):
    install("theirs", {"mine": "theirs_module:Mine"})
    install("others", {"mine": "others_module:Mine"})
    with pytest.raises(InputError) as caught:
        make_model(data, "mine").fit(data.corpus)
    assert str(caught.value) == (
        "The backbone 'mine' is registered by the distributions 'others' and 'theirs'. Uninstall one of them, "
        "or import the class that is meant, and pass an instance of it."
    )
    assert backbone_names().count("mine") == 1


def test_where_a_package_takes_one_of_our_names_ours_is_used_with_a_warning(install):
    install("theirs", {"nmtm": "theirs_module:Mine"})
    with pytest.warns(UserWarning, match="registers a backbone 'nmtm'") as caught:
        assert backbone_class("nmtm") is NMTM
    assert [str(warning.message) for warning in caught] == [
        "The distribution 'theirs' registers a backbone 'nmtm', but skxtm has one of that name, which is used. "
        "Import the other class, and pass an instance of it."
    ]
    import theirs_module

    assert backbone_name(theirs_module.Mine) is None
    assert backbone_name(NMTM) == "nmtm"
    assert backbone_class("usvd").__name__ == "USVD"


class Unregistered(NMTM):
    """Any."""


def test_a_backbone_that_is_not_registered_can_be_fitted_but_not_saved(data, tmp_path):
    model = make_model(data, Unregistered()).fit(data.corpus)
    with pytest.raises(InputError) as caught:
        model.save(tmp_path / "model")
    assert str(caught.value) == (
        "The parameter 'backbone' holds 'Unregistered', which cannot be saved as data. Register the class as an "
        "entry point of the group 'skxtm.backbones', or pickle the model if you trust everybody who will load it."
    )


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(InputError) as caught:
        backbone_class("nntm")
    assert str(caught.value) == (
        f"There is no backbone 'nntm', only {backbone_names()}. Check the name, or install the package that "
        "registers it."
    )
