"""The pages name only what exists: files, links, options of tools, make targets, valid Python."""

import ast
import re
import runpy
import textwrap
from types import SimpleNamespace

import griffe
import pytest
import tiny
from test_imports import FOLDERS

REPO = tiny.REPO
PAGES = sorted(
    [REPO / 'README.md', REPO / 'CONTRIBUTING.md', *(REPO / 'docs').rglob('*.md')]
    + [REPO / 'results' / 'README.md', REPO / 'results' / 'lab_notebook.md']
)
TOOLS = sorted(path.stem for path in (REPO / 'tools').glob('*.py'))
#: Folders of the repository: a name in code that begins with one is a path of it.
TOP = ('semgan_aug/', 'tools/', 'tests/', 'mmseg_configs/', 'docs/', 'results/', '.ci/')
#: Characters of a path; a path with a placeholder, such as docs/<page>.md, is not one.
NAMED = re.compile(r'(?<![\w/.-])(?:' + '|'.join(map(re.escape, TOP)) + r')[\w./<>*{}-]*')
LINK = re.compile(r'\]\(([^)\s#]+)(?:#[^)\s]*)?\)')
FENCE = re.compile(r'^ *```(\w*)\n(.*?)^ *```', re.MULTILINE | re.DOTALL)
#: Configs that a page tells the reader to write.
OF_THE_READER = {'mmseg_configs/semgan/semgan_streets.py'}

pages = pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(REPO)))


def paths_named(text: str) -> set[str]:
    """The paths of the repository in a text."""
    found = {name.rstrip('.') for name in NAMED.findall(text)}
    return {name for name in found if not set('<>*{}') & set(name)} - OF_THE_READER


def links(text: str) -> set[str]:
    """The targets of a text's links, without addresses."""
    return {target for target in LINK.findall(text) if '://' not in target}


def commands(text: str) -> list[str]:
    """The lines of a text that call one of the tools, each from the tool's name on."""
    text = text.replace('\\\n', ' ')
    return re.findall(r'tools/(\w+\.(?:py|sh)[^\n`#]*)', text)


def messages(code: str) -> set[str]:
    """The text constants of a module; what an f-string fills in is '…'."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else '…' for part in node.values]
            found.add(''.join(parts))
    return found


def quotes(quoted: str, message: str) -> bool:
    """Whether a message has the parts of a quotation in their order; '…' stands for any text."""
    return re.search('.*'.join(map(re.escape, quoted.split('…'))), message) is not None


def test_messages_are_those_of_the_code():
    text = (REPO / 'docs' / 'troubleshooting.md').read_text()
    table = text.split('| message |')[1].split('\n\n')[0]
    quoted = [row.split('|')[1] for row in table.splitlines()[2:]]
    quoted = [match for cell in quoted for match in re.findall('`([^`]+)`', cell)]
    quoted = set(quoted) - {'BN', 'SyncBN'}  # errors of torch
    modules = (REPO / 'semgan_aug').rglob('*.py')
    code = {message for module in modules for message in messages(module.read_text())}
    missing = {one for one in quoted if not any(quotes(one, message) for message in code)}
    assert len(quoted) > 10 and not missing


@pages
def test_paths_exist(page):
    missing = {name for name in paths_named(page.read_text()) if not (REPO / name).exists()}
    assert not missing


@pages
def test_links_lead_somewhere(page):
    missing = {to for to in links(page.read_text()) if not (page.parent / to).exists()}
    assert not missing


@pages
def test_python_blocks_parse(page):
    for language, code in FENCE.findall(page.read_text()):
        if language == 'python':
            ast.parse(textwrap.dedent(code))


@pages
def test_make_targets_exist(page):
    targets = set(re.findall(r'^([\w-]+):', (REPO / 'Makefile').read_text(), re.MULTILINE))
    text = page.read_text()
    inline = re.findall(r'`make ([\w-]+)', text)
    blocks = ''.join(code for _, code in FENCE.findall(text))
    assert {*inline, *re.findall(r'^ *make ([\w-]+)', blocks, re.MULTILINE)} <= targets


@pytest.mark.parametrize('tool', TOOLS)
def test_options_of_tools_exist(tool, run_tool):
    named = {
        option
        for page in PAGES
        for command in commands(page.read_text())
        if command.startswith(f'{tool}.py')
        for option in re.findall(r'(?<![\w-])--[a-z][\w-]*', command)
    }
    if named:
        text = run_tool(tool, '--help')
        for choices in re.findall(r'{([\w,]+)}', text):  # commands of a tool among them
            text += ''.join(run_tool(tool, choice, '--help') for choice in choices.split(','))
        assert named <= set(re.findall(r'--[a-z][\w-]*', text))


def test_the_readme_is_short():
    assert len((REPO / 'README.md').read_text().split()) < 900


def test_the_picture_of_the_layers_is_theirs():
    picture = (REPO / 'docs' / 'layers.svg').read_text()
    named = re.findall(r'class="folder"[^>]*>(\w+)<', picture)
    assert tuple(reversed(named)) == FOLDERS


def test_every_folder_has_an_api_page():
    for folder in FOLDERS:
        assert f'::: semgan_aug.{folder}\n' in (REPO / 'docs/api' / f'{folder}.md').read_text()
        assert f'api/{folder}.md' in (REPO / 'mkdocs.yml').read_text()


@pytest.fixture(scope='module')
def hooks():
    """What docs/hooks.py defines."""
    return SimpleNamespace(**runpy.run_path(str(REPO / 'docs' / 'hooks.py')))


FULL = '''
"""A module."""
from torch import nn

def f(): pass
def _private(): pass
class A:
    """A class."""
    def has(self):
        """Has one."""
    def has_none(self): pass
class B(A):
    """Overrides."""
    def has(self): pass
    def has_none(self): pass
class C(nn.Module):
    """Its base is outside the package."""
    def forward(self): pass
'''


def test_undocumented_names_are_found(hooks, tmp_path):
    package = tmp_path / 'some_package'
    package.mkdir()
    (package / '__init__.py').write_text('"""A package."""')
    (package / 'bare.py').write_text('value = 1\n')
    (package / 'full.py').write_text(FULL)
    found = set(hooks.undocumented(griffe.load('some_package', search_paths=[str(tmp_path)])))
    names = ('bare', 'full.f', 'full.A.has_none', 'full.B.has_none')
    assert found == {f'some_package.{name}' for name in names}


def test_links_of_the_repository_become_links_of_the_site(hooks):
    def rewritten(place: str, text: str) -> str:
        page = SimpleNamespace(file=SimpleNamespace(src_uri=place))
        return hooks.on_page_markdown(text, page, None, None)

    assert rewritten('training.md', '[a](../CHANGELOG.md#x)') == '[a](CHANGELOG.md#x)'
    assert rewritten('training.md', '[a](translation.md)') == '[a](translation.md)'
    assert rewritten('api/index.md', '[a](../architecture.md)') == '[a](../architecture.md)'
    assert rewritten('CONTRIBUTING.md', '![a](docs/demo.jpg)') == '![a](demo.jpg)'
    assert rewritten('training.md', '[a](../none.md)') == '[a](../none.md)'


def test_what_is_missing_is_seen():
    text = '`tools/none.py --x`, [a](b.md), ![c](d.png), docs/<page>.md, tools/*.py'
    assert paths_named(text) == {'tools/none.py'}
    assert links(text) == {'b.md', 'd.png'}
    assert commands(text) == ['none.py --x']
    (message,) = messages("f'{path} is {size} long'") - {' is ', ' long'}
    assert quotes('… long', message) and not quotes('… short', message)
