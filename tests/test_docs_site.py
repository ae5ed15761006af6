"""The documentation as a site: every page has a place in it, and every link leads somewhere."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parent.parent / "docs"
NAV = tomllib.loads((DOCS / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]


def named(nav: Any) -> list[str]:
    """The pages of a navigation, however deep."""
    if isinstance(nav, str):
        return [nav]
    inner = nav.values() if isinstance(nav, dict) else nav
    return [page for each in inner for page in named(each)]


def test_every_page_has_a_place() -> None:
    pages = {page.name for page in DOCS.glob("*.md")} | {"providers/index.md"}
    assert sorted(named(NAV)) == sorted(pages)


def test_every_provider_is_reached_from_their_list() -> None:
    text = (DOCS / "providers" / "index.md").read_text(encoding="utf-8")
    pages = {page.name for page in (DOCS / "providers").glob("*.md")} - {"index.md"}
    assert sorted(page for page in pages if f"({page})" not in text) == []


def test_the_site_names_no_file_outside_of_it(tmp_path: Path) -> None:
    runpy.run_path(str(DOCS / "site.py"))["lay_out"](tmp_path)
    text = (tmp_path / "docs" / "operating.md").read_text(encoding="utf-8")
    assert "](../" not in text and (tmp_path / "docs" / "repository" / "CHANGELOG.md").is_file()


def test_every_picture_comes_along_with_its_page(tmp_path: Path) -> None:
    runpy.run_path(str(DOCS / "site.py"))["lay_out"](tmp_path)
    picture = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")
    pages = sorted((tmp_path / "docs").rglob("*.md"))
    shown = [(page, link) for page in pages for link in picture.findall(page.read_text(encoding="utf-8"))]
    assert {page.name for page, _ in shown} >= {"dashboard.md", "README.md"}
    assert [link for page, link in shown if not (page.parent / link).is_file()] == []


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    program = shutil.which("zensical", path=str(Path(sys.executable).parent)) or shutil.which("zensical")
    if program is None:
        pytest.skip("needs: pip install 'webhook-gateway[docs]'")
    runpy.run_path(str(DOCS / "site.py"))["lay_out"](tmp_path)
    command = [program, "build", "--strict", "--config-file", str(tmp_path / "zensical.toml")]
    built = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stdout + built.stderr
    page = (tmp_path / "site" / "dashboard.html").read_text(encoding="utf-8")
    assert 'src="images/overview.webp"' in page and (tmp_path / "site" / "images" / "overview.webp").is_file()
