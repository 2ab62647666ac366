"""How Sphinx makes the documentation: ``tox -e docs``, then open docs/_build/html/index.html."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docutils.nodes import Element, TextElement
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "Product Importer"
author = copyright = "The Product Importer developers"  # noqa: A001 - the name that Sphinx wants
release = metadata.version("product-importer")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
suppress_warnings = ["misc.highlighting_failure"]  # csv is a language to others
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

# Our own names must resolve, except type variables. Others' documentation lies on the network, which building
# this must not need.
nitpick_ignore_regex = [
    (r"py:.*", r"(?!product_importer\b).*"),
    (r"py:class", r"product_importer\.[\w.]+\.[A-Z]"),
]


def resolve_anywhere(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: TextElement
) -> Element | None:
    """Docstrings say ``:class:`FileError``` without its module, wherever they stand."""
    if node.get("refdomain") != "py" or node.get("refspecific"):
        return None
    node["refspecific"] = True
    domain = env.domains["py"]
    target = str(node["reftarget"])
    return domain.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], target, node, content)


def setup(app: Sphinx) -> None:
    app.connect("missing-reference", resolve_anywhere)
