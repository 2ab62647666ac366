"""Plugins of the pages: found, checked, listed, and seen in a browser's answer."""

import asyncio
import logging
import sys
import textwrap
from importlib import metadata

import pytest
from click.testing import CliRunner
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from product_importer.cli.maintenance import plugins_command
from product_importer.errors import PluginError
from product_importer_web import figures
from product_importer_web.app import create_app
from product_importer_web.extensions import Figures, Panel, WebPlugin, load_web_plugins
from product_importer_web.navigation import NavigationItem
from product_importer_web.routing import Permission, Route
from product_importer_web.settings import WebSettings

CODE = """
    from pathlib import Path

    from aiohttp import web
    from prometheus_client.core import GaugeMetricFamily
    from product_importer_web.extensions import Figures, Panel, WebPlugin
    from product_importer_web.navigation import NavigationItem
    from product_importer_web.rendering import render
    from product_importer_web.routing import Permission, Route

    HERE = Path(__file__).parent / "acme_files"


    async def show(request):
        return render(request, "acme/hello.html", {"name": "<world>"})


    async def numbers(request):
        return {"number": 42}


    async def figures(request):
        return [GaugeMetricFamily("product_importer_acme_answer", "The answer.", 42)]


    plugin = WebPlugin(
        name="acme",
        routes=(Route("GET", "/acme", show, Permission.VIEW, "acme"),),
        navigation=(NavigationItem("Acme", "/acme"),),
        templates=HERE / "templates",
        static=HERE / "static",
        panels=(Panel("acme-numbers", "Numbers", "acme/numbers.html", numbers),),
        figures=(Figures("acme", figures),),
    )
"""
FILES = {
    "templates/acme/hello.html": """
        {% extends "base.html" %}
        {% block title %}Hello{% endblock %}
        {% block content %}<p>Hello, {{ name }}! {{ static("acme/acme.css") }}</p>{% endblock %}
    """,
    "templates/acme/numbers.html": "<p>The number is {{ context.number }}.</p>",
    "templates/error.html": "<p>Acme says: {{ problem.detail }}</p>",
    "static/acme.css": "p { color: green }",
}
HTML = {"Accept": "text/html"}
OTHERS = {entry.name for entry in metadata.entry_points(group="product_importer.web")}
"""What is installed besides."""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """``install(code, name="acme")``: a distribution whose entry point is the module's ``plugin``."""

    def add(code=CODE, name="acme"):
        module = f"{name}_web"
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(code))
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-web\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[product_importer.web]\n{name} = {module}:plugin\n")
        for path, content in FILES.items():
            file = tmp_path / "acme_files" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(content))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, module, raising=False)

    return add


@pytest.fixture
def open_app(shop, queues):
    async def make(*plugins):
        return create_app(await shop.open(), WebSettings(), queues, plugins)

    return make


@pytest.fixture
async def client(install, open_app, aiohttp_client):
    install()
    return await aiohttp_client(await open_app(*load_web_plugins(OTHERS)))


async def test_a_page_of_its_own(client):
    page = await (await client.get("/acme", headers=HTML)).text()
    assert "Hello, &lt;world&gt;!" in page
    assert '<a href="/acme" aria-current="page">Acme</a>' in page
    address = page.partition("! ")[2].partition("<")[0]
    assert await (await client.get(address)).text() == FILES["static/acme.css"]


async def test_a_panel_of_the_dashboard(client):
    page = await (await client.get("/dashboard", headers=HTML)).text()
    assert "Background work" in page
    assert "The number is 42." in page


async def test_a_panel_that_fails_leaves_the_others(open_app, aiohttp_client, caplog):
    async def broken(_):
        raise RuntimeError("secret")

    client = await aiohttp_client(
        await open_app(WebPlugin("acme", panels=(Panel("p", "Broken", "p.html", broken),)))
    )
    page = await (await client.get("/dashboard", headers=HTML)).text()
    assert "Background work" in page
    assert "No import is running or waiting." in page
    assert "This can't be shown just now." in page
    assert "secret" not in page
    assert "The panel 'p' of the dashboard fails" in caplog.text


OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


@pytest.mark.parametrize(
    ("headers", "parse"),
    [({}, text_string_to_metric_families), (OPENMETRICS, openmetrics_families)],
    ids=["text", "openmetrics"],
)
async def test_figures_of_its_own(client, headers, parse):
    response = await client.get("/metrics", headers=headers)
    found = {family.name: family for family in parse(await response.text())}
    (sample,) = found["product_importer_acme_answer"].samples
    assert sample.value == 42
    (sample,) = found["product_importer_figures_up"].samples
    assert (sample.labels, sample.value) == ({"figures": "acme"}, 1)


async def raises():
    raise RuntimeError("out of order")


async def is_slow():
    await asyncio.sleep(3600)


async def is_no_figure():
    return ["seven"]


async def counts_in_words():
    family = GaugeMetricFamily("product_importer_acme", "In words.")
    family.add_metric([], "seven")
    return [family]


async def takes_ours():
    return [GaugeMetricFamily("product_importer_imports", "Ours?", 7)]


async def says_it_twice():
    return [GaugeMetricFamily("product_importer_acme", "Twice.", 7)] * 2


@pytest.mark.parametrize("fault", [raises, is_slow, is_no_figure, counts_in_words, takes_ours, says_it_twice])
async def test_figures_that_fail_leave_the_others(open_app, aiohttp_client, caplog, monkeypatch, fault):
    monkeypatch.setattr(figures, "_SECONDS", 0.3)
    faults = [fault, is_fine, fault]

    async def is_fine_at_times(_):
        return await faults.pop(0)()

    async def is_always_fine(_):
        return [GaugeMetricFamily("product_importer_other", "Fine.", 7)]

    plugin = WebPlugin("acme", figures=(Figures("acme", is_fine_at_times), Figures("other", is_always_fine)))
    client = await aiohttp_client(await open_app(plugin))

    async def shown():
        text = await (await client.get("/metrics")).text()
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if family.name.removeprefix("product_importer_") in ("acme", "other", "figures_up")
        }

    up, others = "product_importer_figures_up", {("product_importer_other",): 7}
    assert await shown() == {(up, "acme"): 0, (up, "other"): 1, **others}
    assert caplog.text.count("The figures 'acme' are left out") == 1
    assert await shown() == {(up, "acme"): 1, (up, "other"): 1, ("product_importer_acme",): 1, **others}
    assert await shown() == {(up, "acme"): 0, (up, "other"): 1, **others}
    assert caplog.text.count("The figures 'acme' are left out") == 2


async def is_fine():
    return [GaugeMetricFamily("product_importer_acme", "Fine.", 1)]


async def test_a_template_in_place_of_ours(client):
    response = await client.get("/nowhere", headers=HTML)
    assert await response.text() == "<p>Acme says: There is nothing at this address.</p>"


def test_it_is_listed(install):
    install()
    listed = CliRunner().invoke(plugins_command).output
    assert "acme  (acme-web 1.0)\n" in listed
    for line in ("route: GET /acme", "page: Acme", "dashboard panel: acme-numbers", "figures: acme"):
        assert f"  {line}\n" in listed


def test_it_can_be_disabled(install, monkeypatch, caplog):
    install()
    assert load_web_plugins({"acme", *OTHERS}) == ()
    monkeypatch.setenv("PRODUCT_IMPORTER_DISABLED_PLUGINS", "acme")
    assert "acme" not in CliRunner().invoke(plugins_command).output
    assert "no such plugin" not in caplog.text


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('broken on purpose')", "RuntimeError: broken on purpose"),
        ("plugin = 'a text'", "it gives 'a text', which is no WebPlugin."),
        ("", "AttributeError"),
    ],
)
def test_what_can_not_be_used_is_left_out_and_said(install, caplog, code, reason):
    install(code)
    with caplog.at_level(logging.WARNING):
        assert load_web_plugins(OTHERS) == ()
    assert "The plugin 'acme' (acme-web 1.0) is left out" in caplog.text
    assert reason in caplog.text
    assert "acme was left out" in CliRunner().invoke(plugins_command).output


def test_two_of_one_name(install):
    install()
    install(name="other")
    with pytest.raises(
        PluginError, match=r"Two plugins bring a WebPlugin 'acme': acme-web 1.0 and other-web 1.0"
    ):
        load_web_plugins(OTHERS)


async def nothing(_): ...


@pytest.mark.parametrize(
    ("route", "clash"),
    [
        (Route("GET", "/products", nothing, Permission.VIEW, "acme"), "GET /products"),
        (Route("GET", "/acme", nothing, Permission.VIEW, "healthz"), "healthz"),
    ],
)
async def test_a_route_that_is_there_already(open_app, route, clash):
    with pytest.raises(
        PluginError, match=f"'acme' brings the route '{clash}', which Product Importer itself"
    ):
        await open_app(WebPlugin("acme", routes=(route,)))


async def test_one_route_of_two_plugins(open_app):
    route = Route("GET", "/acme", nothing, Permission.VIEW, "acme")
    with pytest.raises(PluginError, match="which the plugin 'one' has already"):
        await open_app(WebPlugin("one", routes=(route,)), WebPlugin("two", routes=(route,)))


def test_what_it_brings_by_kind():
    panel = Panel("p", "P", "p.html", nothing)
    path = r"/a/{id:[1-9]\d{0,17}}/b/{name}"
    route = Route("GET", path, nothing, Permission.VIEW, "acme")
    plugin = WebPlugin("acme", (route,), (NavigationItem("A", "/a"),), panels=(panel,))
    assert {kind: names for kind, names in plugin.brings.items() if names} == {
        "route": ("GET /a/{id}/b/{name}",),
        "page": ("A",),
        "dashboard panel": ("p",),
    }
