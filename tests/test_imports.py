"""A folder of the package imports only folders below it."""

import ast

import tiny

PACKAGE = tiny.REPO / 'semgan_aug'
#: From the lowest to the highest.
FOLDERS = (
    'core',
    'transforms',
    'datasets',
    'models',
    'translator',
    'engine',
    'online',
    'evaluation',
    'offline',
    'benchmark',
)


def imported_folders(path):
    """The folders of the package that a module imports."""
    package = ('semgan_aug', *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = package[: len(package) - node.level + 1] if node.level else ()
        parts = [*base, *(node.module or '').split('.')]
        parts = [part for part in parts if part]
        if parts[0] == 'semgan_aug':
            yield from parts[1:2] or [alias.name for alias in node.names]


def test_every_folder_has_a_place():
    found = {path.parent.name for path in PACKAGE.glob('*/__init__.py')}
    assert found == set(FOLDERS)


def test_imports_go_down():
    for path in PACKAGE.rglob('*/*.py'):
        folder = path.relative_to(PACKAGE).parts[0]
        allowed = FOLDERS[: FOLDERS.index(folder) + 1]
        above = set(imported_folders(path)) & set(FOLDERS) - set(allowed)
        assert not above, f'{path.relative_to(PACKAGE)} imports {sorted(above)}, which is above it'
