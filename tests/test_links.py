"""Links between the Markdown pages lead to files that exist, and to headings in them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docs/results/*.md", "benchmarks/*.md", "skxtm/datasets/data/*.md")
    for path in ROOT.glob(pattern)
)


def prose(text):
    """Leave out code, in which brackets are no links."""
    return re.sub(r"`[^`\n]*`", "", without_blocks(text))


def without_blocks(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def links(text):
    """Targets of the links and pictures of a page that stay within the project."""
    return re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", prose(text))


def anchors(text):
    """What headings are called in links, by repository browsers and by the site alike."""
    headings = re.findall(r"^#+ +(.*?) *$", without_blocks(text), re.MULTILINE)
    plain = [re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def dead_links(page, text):
    """Links of a page that lead nowhere."""
    dead = []
    for link in links(text):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        is_known = target.exists() and (
            not anchor or anchor in anchors(text if target == page else target.read_text(encoding="utf-8"))
        )
        if not is_known:
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_project_lead_to_files_and_headings(page):
    assert dead_links(page, page.read_text(encoding="utf-8")) == []


def test_links_to_missing_files_and_headings_are_found_and_code_is_no_link():
    text = "# One `two`, [three](x.md)\n[a](#one-two-three) [b](#two) [c](missing.md) `[d](e)`\n```\n[f](g)\n```\n"
    assert dead_links(ROOT / "README.md", text) == ["x.md", "#two", "missing.md"]
