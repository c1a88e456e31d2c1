"""What is published: every row and seed in one file, and nothing of this machine."""

import json

import pytest
import tiny
import tiny_suite

from semgan_aug.benchmark import scheduler
from semgan_aug.benchmark.results import collect, write_results
from semgan_aug.benchmark.suite import Suite
from semgan_aug.benchmark.table import Table, markdown


def test_every_row_and_seed(configs, tmp_path):
    suite = Suite.load('tiny')
    jobs = tiny_suite.write_results(suite, tmp_path, seeds=(1, 0))
    unfinished = scheduler.plan(suite, tmp_path, [2], ['semgan'])
    found = collect(suite, [*jobs, *unfinished], dict(semgan=dict(kept=99.0)))
    assert list(found['rows']) == ['source_only', 'semgan', 'oracle']
    assert all(set(seeds) == {'0', '1'} for seeds in found['rows'].values())
    assert found['rows']['semgan']['1']['metrics']['IoU.road'] == 30.0
    assert set(found['translators']) == {'semgan'} and found['classes'] == ['road', 'sky']
    assert found['subsets'] == {'mIoU-2': ['road', 'sky']}
    assert found['label_consistency'] == dict(semgan=dict(kept=99.0))


def test_nothing_says_where_this_machine_keeps_its_data(configs, tmp_path):
    suite = Suite.load('tiny')
    (job,) = scheduler.plan(suite, tmp_path, [3], ['oracle'])
    own = tiny_suite.result(1.5, 2.5, road=1.0, sky=2.0) | dict(
        config='segmenter', seed=3, seconds=4.5, hardware='a card', commit='abc', config_digest='d'
    )
    local = dict(text="data_root = '/my/disk/data'", checkpoint='/my/disk/iter_2.pth')
    job.result_file.write_text(json.dumps(own | local))
    write_results(collect(suite, [job]), tmp_path / 'out')
    text = (tmp_path / 'out' / 'tiny.json').read_text()
    assert '/my/disk' not in text
    del own['seed']  # is the key
    assert json.loads(text)['rows']['oracle'] == {'3': own}
    assert sorted(p.name for p in (tmp_path / 'out').iterdir()) == [
        'tiny.json',
        'tiny.md',
        'tiny.svg',
    ]


PUBLISHED = sorted((tiny.REPO / 'results').glob('*.md'))
PUBLISHED = [path for path in PUBLISHED if path.read_text().startswith('Suite ')]


@pytest.mark.parametrize('path', PUBLISHED, ids=[path.stem for path in PUBLISHED])
def test_our_tables_are_those_of_their_json(path):
    results = json.loads(path.with_suffix('.json').read_text())
    assert markdown(Table(results)) == path.read_text()


def test_ours_are_published():
    assert {'dusk', 'gta', 'ministreets', 'ministreets_all'} <= {path.stem for path in PUBLISHED}
