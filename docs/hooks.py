"""MkDocs hooks: add files from outside docs/ to the site, and find undocumented public names.

Pages link to files of the repository (``../results/README.md``, ``../semgan_aug/models/losses.py``)
as a reader of the repository needs it. The site has these files at the same place, below its root.
"""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
DOCS = 'docs/'
LINK = re.compile(r'(\]\()([^)\s#]+)(#[^)\s]*)?(\))')

log = logging.getLogger('mkdocs.hooks.semgan_aug')


def on_pre_build(config: MkDocsConfig) -> None:
    """Warns of each undocumented public name; with ``--strict`` a warning fails the build."""
    for path in undocumented(griffe.load('semgan_aug', search_paths=[str(ROOT)])):
        log.warning('%s is public and has no docstring', path)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the files outside docs/ that pages link to, and those that these link to."""
    pages = [DOCS + file.src_uri for file in files.documentation_pages()]
    pages += [item for item in _nav_files(config.nav) if not (ROOT / DOCS / item).exists()]
    seen = set()
    while pages:
        page = pages.pop()
        if page in seen or not (ROOT / page).is_file():
            continue  # MkDocs itself reports what is missing
        seen.add(page)
        if not page.startswith(DOCS):
            files.append(File.generated(config, page, abs_src_path=str(ROOT / page)))
        if page.endswith('.md'):
            text = (ROOT / page).read_text(encoding='utf-8')
            pages += [linked(page, match[2]) for match in LINK.finditer(text)]
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrites links of the repository to links of the site."""
    here = repository_path(page.file.src_uri)

    def rewrite(match: re.Match) -> str:
        target = linked(here, match[2])
        if not (ROOT / target).is_file():
            return match[0]
        path = os.path.relpath(site_path(target), Path(page.file.src_uri).parent)
        return f'{match[1]}{path}{match[3] or ""}{match[4]}'

    return LINK.sub(rewrite, markdown)


def linked(page: str, target: str) -> str:
    """The repository path of a link's target.

    Args:
        page: repository path of the page with the link.
        target: the link, without its anchor.
    """
    return os.path.normpath(Path(page).parent / target)


def site_path(path: str) -> str:
    """The place in the site of a file of the repository."""
    return path.removeprefix(DOCS)


def repository_path(path: str) -> str:
    """The file of the repository at a place in the site."""
    return DOCS + path if (ROOT / DOCS / path).is_file() else path


def _nav_files(nav: object) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, (list, dict)):
        for item in nav.values() if isinstance(nav, dict) else nav:
            yield from _nav_files(item)


def undocumented(owner: griffe.Module | griffe.Class) -> Iterator[str]:
    """Public modules, classes, functions and methods without a docstring.

    A method may have the docstring of the method that it overrides. Of a class with a base outside
    the package, which is not read here, methods are not checked.
    """
    for name, member in owner.members.items():
        if name.startswith('_') or member.is_alias or member.is_attribute:
            continue
        if isinstance(owner, griffe.Class) and not _documents_methods(owner):
            continue
        if not member.has_docstring and not _inherits_docstring(owner, name):
            yield member.path
        if isinstance(member, (griffe.Module, griffe.Class)):
            yield from undocumented(member)


def _documents_methods(owner: griffe.Class) -> bool:
    """Whether every base of a class, and of its bases, is in the package."""
    return all(len(cls.resolved_bases) == len(cls.bases) for cls in (owner, *owner.mro()))


def _inherits_docstring(owner: griffe.Module | griffe.Class, name: str) -> bool:
    return isinstance(owner, griffe.Class) and any(
        name in cls.members and cls.members[name].has_docstring for cls in owner.mro()
    )
