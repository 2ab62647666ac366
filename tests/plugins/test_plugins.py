import logging
import subprocess
import sys
import textwrap
import threading
from types import ModuleType

import pytest

from product_importer import hookimpl
from product_importer.errors import PluginError, SettingsError, UsageError
from product_importer.plugins import FailedPlugin, load_plugins
from product_importer.ports import Validator


class OneArgument:
    name = "ean"

    def open(self, _path):
        return self


class Named:
    def __init__(self, name="ean"):
        self.name = name

    def check(self, _batch):
        return ()


def plugin(name, **hooks):
    """A module with these hooks: each a list to return, or a function."""
    module = ModuleType(name)
    for hook, returned in hooks.items():
        function = returned if callable(returned) else lambda returned=returned: returned
        setattr(module, f"product_importer_{hook}", hookimpl(_without_arguments(function)))
    return module


def _without_arguments(function):
    def hook():
        return function()

    return hook


def load(*plugins, **options):
    return load_plugins(plugins, entry_points=False, **options)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a distribution with one module on the import path, as pip would."""

    def add(distribution, code, *, entry_points=None, version="1.0"):
        module = distribution.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(code))
        info = tmp_path / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(
            entry_points or f"[product_importer]\n{distribution.removeprefix('acme-')} = {module}\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, module, raising=False)

    return add


GOOD = """
    from product_importer import hookimpl

    class Ean:
        name = "ean"

        def check(self, batch):
            return ()

    @hookimpl
    def product_importer_validators():
        return [Ean()]
"""


def test_the_built_in_objects_come_as_a_plugin():
    plugins = load()

    assert list(plugins.dedupe_policies) == ["last", "first", "error"]
    assert list(plugins.parsers) == ["csv", "arrow"]
    assert list(plugins.validators) == ["product-sku", "product-name"]
    assert list(plugins.event_sinks) == []
    (builtin,) = plugins.loaded
    assert (builtin.name, builtin.distribution) == ("builtin", "built in")
    assert builtin.registered["dedupe policy"] == ("last", "first", "error")
    assert plugins.failed == ()


def test_events_are_logged_where_that_is_asked_for(monkeypatch):
    monkeypatch.setenv("PRODUCT_IMPORTER_LOG_EVENTS", "true")
    assert list(load().event_sinks) == ["log"]

    monkeypatch.setenv("PRODUCT_IMPORTER_LOG_EVENTS", "no")
    assert list(load().event_sinks) == []

    monkeypatch.setenv("PRODUCT_IMPORTER_LOG_EVENTS", "sometimes")
    with pytest.raises(SettingsError, match="LOG_EVENTS is 'sometimes'; it has to be true or false"):
        load()


def test_an_installed_plugin_is_listed_with_its_distribution(install):
    install("acme-checks", GOOD)

    plugins = load_plugins()

    assert isinstance(plugins.validators["ean"], Validator)
    assert list(plugins.validators)[:2] == ["product-sku", "product-name"]
    (acme,) = [each for each in plugins.loaded if each.name == "checks"]
    assert acme.distribution == "acme-checks 1.0"
    assert dict(acme.registered) == {"validator": ("ean",)}
    assert plugins.origin("validator", "ean") == "acme-checks 1.0"
    assert plugins.origin("dedupe policy", "last") == "built in"


def test_the_set_is_frozen():
    plugins = load()

    with pytest.raises(TypeError):
        plugins.validators["ean"] = Named()
    with pytest.raises(AttributeError):
        plugins.validators = {}


def test_a_plugin_that_cant_be_imported_is_reported_and_left_out(install, caplog):
    install("acme-broken", "import a_module_that_does_not_exist")
    install("acme-checks", GOOD)

    plugins = load_plugins()

    assert plugins.failed == (
        FailedPlugin(
            "broken",
            "acme-broken 1.0",
            "ModuleNotFoundError: No module named 'a_module_that_does_not_exist'",
        ),
    )
    assert "ean" in plugins.validators
    assert "last" in plugins.dedupe_policies
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("The plugin 'broken' (acme-broken 1.0) is left out: ModuleNotFound")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise SystemExit('no licence')", "SystemExit: no licence"),
        ("x = (", "SyntaxError"),
        ("", "it has no hooks; mark its functions with product_importer.hookimpl."),
        (
            GOOD.replace("validators", "validatros"),
            "there is no hook product_importer_validatros; did you mean product_importer_validators?",
        ),
        (GOOD.replace("return [Ean()]", "raise ValueError('two\\nlines')"), "ValueError: two lines"),
        (GOOD.replace("validators()", "validators(config)"), "PluginValidationError: "),
    ],
)
def test_whatever_is_wrong_with_a_plugin_the_rest_goes_on(install, code, reason):
    install("acme-broken", code)

    plugins = load_plugins()

    (failed,) = plugins.failed
    assert failed.distribution == "acme-broken 1.0"
    assert failed.reason.startswith(reason)
    assert "\n" not in failed.reason
    assert "ean" not in plugins.validators
    assert "last" in plugins.dedupe_policies


@pytest.mark.parametrize(
    "entry_points",
    ["[product_importer]\nchecks = acme_broken:missing\n", "[product_importer]\nchecks = ???\n"],
)
def test_an_entry_point_to_nowhere_is_reported(install, entry_points):
    install("acme-broken", "", entry_points=entry_points)

    (failed,) = load_plugins().failed

    assert (failed.name, failed.distribution) == ("checks", "acme-broken 1.0")


def test_an_unreadable_entry_points_file_hides_no_other_plugin(install):
    install("acme-broken", "", entry_points="[product_importer]\na line without a value\n")
    install("acme-checks", GOOD)

    plugins = load_plugins()

    assert "ean" in plugins.validators
    (failed,) = plugins.failed
    assert (failed.name, failed.distribution) == ("acme-broken", "acme-broken 1.0")
    assert "entry_points.txt" in failed.reason


def test_a_distribution_that_is_on_the_path_twice_counts_once(install, tmp_path, monkeypatch):
    install("acme-checks", GOOD)
    monkeypatch.setattr(sys, "path", [*sys.path, f"{tmp_path}/"])

    assert [each.name for each in load_plugins().loaded].count("checks") == 1


@pytest.mark.parametrize(
    ("hooks", "reason"),
    [
        ({"validators": [object()]}, "gave a object, which is no Validator: it lacks name and check."),
        ({"validators": [Named]}, "gave the class Named; give an instance of it."),
        ({"validators": [Named("")]}, "gave a validator whose name is ''; give it a name."),
        ({"validators": [Named(3)]}, "gave a validator whose name is 3; give it a name."),
        ({"validators": [Named(), Named()]}, "gave two objects named 'ean'."),
        ({"validators": lambda: None}, "returned None; return a list or tuple of objects."),
        ({"validators": "ean"}, "returned 'ean'; return a list or tuple of objects."),
        ({"migrations": [Named()]}, "gave a Named, which is no MigrationSet: it lacks directory."),
        ({"parsers": [Named()]}, "gave a Named, which is no Parser: it lacks open."),
        (
            {"parsers": [OneArgument()]},
            "gave the parser 'ean', whose open() can't be called as open(file, options): "  # noqa: ISC004
            "too many positional arguments.",
        ),
        ({"commands": [Named()]}, "gave a Named, which is no Command: it lacks command."),
    ],
)
def test_an_object_that_does_not_fit_its_hook_is_reported(hooks, reason):
    (hook,) = hooks

    plugins = load(plugin("acme", **hooks), plugin("good", validators=[Named("good")]))

    assert plugins.failed == (FailedPlugin("acme", "given in code", f"product_importer_{hook} {reason}"),)
    assert "good" in plugins.validators


def test_a_plugin_with_one_bad_object_brings_none():
    plugins = load(plugin("acme", validators=[Named()], event_sinks=[object()]))

    assert "ean" not in plugins.validators


def test_a_class_as_plugin_and_a_wrapper_are_reported():
    class Plugin:
        @hookimpl
        def product_importer_validators(self):
            return [Named()]

    class Wrapper:
        @hookimpl(wrapper=True)
        def product_importer_validators(self):
            return (yield)

    plugins = load(Plugin, Wrapper(), Plugin())

    assert [each.reason for each in plugins.failed] == [
        "Plugin is a class; name a module or an object with hooks.",
        "product_importer_validators is a wrapper; hooks only register, there is nothing to wrap.",
    ]
    assert plugins.origin("validator", "ean") == "Plugin, given in code"


def test_a_hook_may_yield_its_objects():
    def hook():
        yield Named()

    assert "ean" in load(plugin("acme", validators=hook)).validators


def test_two_objects_of_one_kind_and_name_are_an_error_that_names_both_packages(install):
    install("acme-checks", GOOD)
    install("acme-more", GOOD, version="2.1")

    with pytest.raises(PluginError) as caught:
        load_plugins()

    assert str(caught.value) == (
        "Two plugins bring a validator 'ean': acme-checks 1.0 and acme-more 2.1. "
        "Uninstall or disable one of them."
    )
    assert caught.value.plugin == "acme-more 2.1"
    assert "ean" in load_plugins(disabled=["more"]).validators


def test_objects_of_different_kinds_may_share_a_name():
    class Policy(Named):
        rejects = False

        def rank(self, batch):
            return batch["line"]

    plugins = load(plugin("a", validators=[Named()]), plugin("b", dedupe_policies=[Policy()]))

    assert "ean" in plugins.validators
    assert "ean" in plugins.dedupe_policies


class Fetcher(Named):
    schemes = ("sftp", "ftp")

    async def fetch(self, url, into):
        into.write_text(url)


def test_a_source_is_found_by_the_scheme_of_a_url():
    plugins = load(plugin("acme", sources=[Fetcher("files")]))

    assert plugins.source_for("SFTP://host/products.csv") is plugins.sources["files"]
    with pytest.raises(UsageError, match=r"fetches gopher: URLs\. Known schemes: ftp, http, https, sftp\."):
        plugins.source_for("gopher://host/")


def test_two_sources_for_one_scheme_clash():
    with pytest.raises(PluginError, match="source for the scheme 'sftp': a, given in code and b, given"):
        load(plugin("a", sources=[Fetcher("files")]), plugin("b", sources=[Fetcher("others")]))


def test_a_disabled_plugin_is_not_even_imported(install, caplog):
    install("acme-broken", "raise RuntimeError")

    plugins = load_plugins(disabled=["broken", "brokn"])

    assert plugins.failed == ()
    assert [record.getMessage() for record in caplog.records] == [
        "The plugin 'brokn' is to be disabled, but there is no such plugin."
    ]


def test_a_plugin_that_hangs_is_given_up():
    released = threading.Event()

    def hang():
        released.wait()
        return []

    try:
        plugins = load(
            plugin("slow", validators=hang), plugin("good", validators=[Named("good")]), timeout=0.3
        )
    finally:
        released.set()

    assert [(each.name, each.reason) for each in plugins.failed] == [
        ("slow", "it has not finished loading within 0.3 seconds.")
    ]
    assert "good" in plugins.validators


def test_a_plugins_own_timeout_is_told_as_such():
    def hook():
        raise TimeoutError("no answer")

    assert load(plugin("acme", validators=hook)).failed[0].reason == "TimeoutError: no answer"


def test_importing_the_package_is_cheap():
    heavy = "{'pyarrow', 'asyncpg', 'pluggy', 'numpy', 'click'}"
    program = f"import sys, product_importer; print(sorted({heavy} & sys.modules.keys()))"
    program += f"; product_importer.hookimpl; print(sorted({heavy} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout.splitlines() == ["[]", "['pluggy']"]
