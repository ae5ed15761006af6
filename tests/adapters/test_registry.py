"""names() and load(): this folder, a local folder, installed packages."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import adapters
from adapters import BrokenAdapter, UnknownAdapter, load, names

HERE = Path(adapters.__file__).parent
GOOD = """
from adapters.base import Adapter

class Good(Adapter):
    name, title, docs = "{name}", "Good", "https://example.com"

adapter = Good
"""


def write(folder: Path, name: str, text: str = GOOD) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(text.replace("{name}", name))
    return folder


def install(site: Path, monkeypatch, **entries: str) -> None:
    """A distribution with entry points, as an installer would leave it in `site`."""
    info = site / "plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in entries.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{adapters.GROUP}]", *lines]))
    monkeypatch.syspath_prepend(str(site))


def test_finds_the_adapters_of_this_folder_and_nothing_else():
    assert {"basic", "github", "hmac", "standard_webhooks", "stripe", "token"} <= set(names())
    assert not {"base", "batch", "conformance", "github_samples", "schemes"} & set(names())


def test_loads_each_of_them():
    for name in names():
        assert load(name).name == name


@pytest.mark.parametrize(("alias", "name"), adapters.ALIASES.items())
def test_an_alias_is_another_word_for_an_adapter(alias, name):
    assert load(alias) is load(name)
    assert alias not in names()


def test_an_unused_sdk_is_not_imported():
    code = "import sys, adapters as a; a.names(); a.load('github'); sys.exit('stripe' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, check=True, timeout=60)


UNKNOWN = [
    # name, what the message says
    ("strip", "Did you mean 'stripe'?"),
    ("github_", "Did you mean 'github'?"),
    ("zzz", "There are: "),
    # modules of this folder that are no adapters
    ("base", "There are"),
    ("schemes", "There are"),
    ("__init__", "There are"),
    # no names at all
    ("", "There are"),
    ("../stripe", "There are"),
    ("os.path", "There are"),
]


@pytest.mark.parametrize(("name", "message"), UNKNOWN)
def test_an_unknown_name_gets_advice(name, message, tmp_path):
    with pytest.raises(UnknownAdapter, match=re.escape(message)):
        load(name, tmp_path)


def test_a_local_folder_adds_adapters_and_goes_first(tmp_path):
    write(tmp_path, "crm")
    write(tmp_path, "stripe")
    assert {"crm", "stripe", "github"} <= set(names(tmp_path))
    assert load("crm", tmp_path).title == "Good"
    assert load("stripe", tmp_path).title == "Good"
    assert load("stripe").title == "Stripe"


def test_a_name_cannot_leave_the_folder(tmp_path):
    write(tmp_path, "crm")
    inner = write(tmp_path / "inner", "erp")
    with pytest.raises(UnknownAdapter):
        load("../crm", inner)


def test_a_changed_local_file_is_read_anew(tmp_path):
    write(tmp_path, "crm")
    assert load("crm", tmp_path).title == "Good"
    write(tmp_path, "crm", GOOD.replace('"Good"', '"Better than before"'))
    assert load("crm", tmp_path).title == "Better than before"


BROKEN = [
    # the text of the file, what the message says
    ("adapter = 1 +", "SyntaxError"),
    ("import no_such_sdk\nadapter = None", "no_such_sdk"),
    ("raise RuntimeError('boom')\nadapter = None", "RuntimeError: boom"),
    ("adapter = None", "gives None"),
    ("adapter = 'text'", "gives 'text'"),
    ("nothing = 1", "gives None"),
    (GOOD.replace("{name}", "other"), "calls itself 'other'"),
    (GOOD.replace("name, title, docs", "name, x, docs"), "does not state its title"),
    (GOOD.replace("name, title, docs", "x, y, z"), "does not state its name and title and docs"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_plug_in_is_named_and_harms_no_other(text, message, tmp_path):
    write(tmp_path, "crm", text)
    write(tmp_path, "good")
    with pytest.raises(BrokenAdapter, match=re.escape(message)) as error:
        load("crm", tmp_path)
    assert "'crm'" in str(error.value)
    assert load("good", tmp_path).name == "good"


def test_an_installed_package_adds_adapters(tmp_path, monkeypatch):
    write(tmp_path, "plugin_crm", GOOD.replace("{name}", "crm"))
    install(tmp_path, monkeypatch, crm="plugin_crm", gone="plugin_that_is_not_there")
    assert {"crm", "gone", "stripe"} <= set(names())
    assert load("crm").name == "crm"
    with pytest.raises(BrokenAdapter, match="'gone'.*plugin_that_is_not_there"):
        load("gone")


def test_an_entry_point_may_name_the_class(tmp_path, monkeypatch):
    write(tmp_path, "plugin_erp", GOOD.replace("{name}", "erp"))
    install(tmp_path, monkeypatch, erp="plugin_erp:Good")
    assert load("erp").name == "erp"


def test_an_installed_package_cannot_take_a_name_of_ours(tmp_path, monkeypatch):
    write(tmp_path, "plugin_evil", GOOD.replace("{name}", "stripe"))
    install(tmp_path, monkeypatch, stripe="plugin_evil")
    with pytest.warns(UserWarning, match="'stripe' is hidden"):
        assert names().count("stripe") == 1
    assert load("stripe").title == "Stripe"


def test_an_unusable_name_is_warned_of(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, **{"My-CRM": "plugin_x"})
    with pytest.warns(UserWarning, match="'My-CRM' has no usable name"):
        assert "My-CRM" not in names()
