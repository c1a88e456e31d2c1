"""The package, its metadata and CITATION.cff name one version."""

import re
import runpy

import tiny

import semgan_aug


def test_citation_names_the_version():
    found = re.search(r'^version: (\S+)$', (tiny.REPO / 'CITATION.cff').read_text(), re.MULTILINE)
    assert found is not None and found[1] == semgan_aug.__version__


def test_version_file_runs_alone():
    # setup.py reads it before the package can be imported.
    path = tiny.REPO / 'semgan_aug' / 'version.py'
    assert runpy.run_path(str(path))['__version__'] == semgan_aug.__version__
