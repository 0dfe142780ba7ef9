"""How sphinx builds the site: `make docs`.

The sources begin at the root of the checkout, so that a link between two Markdown files leads to the same
place in a repository browser and on the site.
"""

import re
from pathlib import Path

from skxtm import __version__

HERE = Path(__file__).parent

project = "skxtm"
author = "the skxtm maintainers"
copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
root_doc = "docs/index"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "benchmarks/README.md",
    "skxtm/datasets/data/README.md",
    "docs/*",
    "docs/results/*",
    "docs/api/*",
    "docs/gallery/*",
]
exclude_patterns = ["docs/_*"]
templates_path = [str(HERE / "_templates")]  # sphinx looks from here, autosummary from the root
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"skxtm {version}"
html_extra_path = ["_root"]  # leads from the root of the site to its first page
html_copy_source = False

autosummary_ignore_module_all = False
autodoc_typehints = "none"
numpydoc_xref_param_type = False
numpydoc_show_class_members = False  # autoclass lists them
default_role = "autolink"  # a name in single backticks is a link, where it is one of ours
nitpicky = True
nitpick_ignore_regex = [
    ("py:obj", r"\w+"),  # a parameter or an attribute of what is described
    ("py:obj", r"(numpy|scipy|sklearn|torch)\..*"),
]

sphinx_gallery_conf = {
    "examples_dirs": "examples/gallery",
    "gallery_dirs": "docs/gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "doc_module": ("skxtm",),
    "reference_url": {"skxtm": None},
    "write_computation_times": False,
    "min_reported_time": 1e9,  # times are those of the machine that built the site
    "show_signature": False,
}


def link_gallery(app, name, source):
    """Let links to scripts of the gallery, which a repository browser shows, lead to their pages."""
    source[0] = re.sub(r"\]\([\w./]*examples/gallery/(\w+)\.py\)", r"](/docs/gallery/\1.rst)", source[0])


def skip_inherited(app, kind, name, value, skip, options):
    """Leave out what classes inherit from other libraries, which tell of it themselves."""
    function = getattr(value, "fget", value)  # of a property
    owner = getattr(function, "__objclass__", function)
    home = getattr(owner, "__module__", None) or project
    return None if home.startswith(project) else True


def setup(app):
    """Register what this file adds to sphinx."""
    app.connect("source-read", link_gallery)
    app.connect("autodoc-skip-member", skip_inherited)
