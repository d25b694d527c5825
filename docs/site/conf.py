"""Settings of the site that ``make site`` builds: the Markdown as it is, the notebooks, the Python interface."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent), str(Path(__file__).parents[1])]

import seqdl  # noqa: E402

project, author, release = "seqdl", "The seqdl developers", seqdl.__version__
project_copyright = author

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.linkcode", "beside"]
root_doc = "README"
include_patterns = [
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "data/README.md", "experiments/README.md"),
    *("docs/*.md", "docs/*.ipynb", "docs/site/*.md", "seqdl/trained/actors/README.md"),
]
exclude_patterns = [".*", "build", "dist", "runs"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

# Whatever needs these two is shown without them.
autodoc_mock_imports = ["sklearn", "aeon"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
numpydoc_show_class_members = False

html_theme = "furo"
html_title = "seqdl"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"
highlight_language = "none"

nitpicky = True
