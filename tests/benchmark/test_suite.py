"""Suites: what their files say, and that ours can be trained."""

import pytest
import tiny
import tiny_suite
from mmengine.config import Config

from semgan_aug.benchmark import table, training_data
from semgan_aug.benchmark.suite import Suite
from semgan_aug.benchmark.training_data import apply_training_data
from semgan_aug.core.errors import InputError
from semgan_aug.engine.config import find_dicts


def test_unknown_suite_names_those_there_are(configs):
    message = "no suite 'cityscapes'; choose one of: tiny"
    with pytest.raises(InputError, match=message) as error:
        Suite.load('cityscapes')
    tiny.assert_one_sentence(str(error.value))


SUITES = sorted((tiny.REPO / 'mmseg_configs' / 'suites').glob('*.py'))


@pytest.mark.slow
@pytest.mark.parametrize('path', SUITES, ids=[p.stem for p in SUITES])
def test_suites_of_ours(path, semgan_data, monkeypatch):
    """Every row gives a config whose transforms exist, with the data of the row."""
    monkeypatch.setenv('SEMGAN_DATA', str(semgan_data))
    if 'cityscapes' in path.stem:  # of which there are but samples
        monkeypatch.setattr(training_data, 'number_of_frames', lambda dataset: 100)
    the_suite = Suite.load(path.stem)
    assert all(training.path.is_file() for training in the_suite.translators.values())
    assert {'source_only', 'source_few', 'color_transfer', 'semgan', 'oracle'} <= set(
        the_suite.rows
    )
    for name, row in the_suite.rows.items():
        assert name in table.TITLES and row.path.is_file()
        cfg = Config.fromfile(row.path)
        apply_training_data(cfg, row.training_data, 'trained.pth')
        ckpts = [step.ckpt for step in find_dicts(cfg, 'SemGANTranslate')]
        assert ckpts == ['trained.pth'] * (row.translator is not None)
        if name == 'semgan_5_few5':  # translator and segmenter see the same five labeled frames
            few = cfg.train_dataloader.dataset.datasets[1]
            key = 'train_dataloader.dataset.target.indices'
            options = the_suite.translators['semgan_5'].options
            assert few.get('dataset', few).indices == options[key] and len(options[key]) == 5


def test_a_suite_whose_row_wants_an_unknown_translator(configs):
    tiny_suite.change_suite(configs, ("translator='semgan'", "translator='unit'"))
    with pytest.raises(InputError, match="row 'semgan' of .* wants the translator 'unit'") as error:
        Suite.load('tiny')
    tiny.assert_one_sentence(str(error.value))


def test_labels_from_an_unknown_row(configs):
    tiny_suite.change_suite(configs, append=tiny_suite.PSEUDO)
    tiny_suite.change_suite(configs, ("semgan_pseudo='source_only'", "semgan_pseudo='x'"))
    with pytest.raises(InputError, match="'semgan_pseudo' of .* wants labels from the row 'x'"):
        Suite.load('tiny')


def test_options_of_all_translators(configs):
    options = "translator_options = {'train_cfg.max_iters': 7}\n"
    tiny_suite.change_suite(configs, append=options + tiny_suite.PSEUDO)
    translators = Suite.load('tiny').translators
    assert all(t.options['train_cfg.max_iters'] == 7 for t in translators.values())
    assert len(translators['semgan_no_dom'].options) == 2


@pytest.mark.parametrize('name', ['dusk', 'ministreets'])
def test_the_row_as_in_the_paper_is_the_base_model(name):
    """Its objective and layers; the widths, depths and classes are those of the suite."""
    training = Suite.load(name).translators['semgan_paper']
    cfg = Config.fromfile(training.path)
    cfg.merge_from_dict(training.options)
    base = Config.fromfile(tiny.REPO / 'mmseg_configs/_base_/models/semgan_r9w64.py').model
    assert cfg.model.weights == base.weights
    for key in ('class_colors', 'ema_decay', 'gan_mode', 'discriminator_sees', 'pool_size'):
        assert cfg.model[key] == base[key]
    assert not cfg.model.generator.get('skip') and not cfg.model.generator.get('residual')


def test_comments_change_no_digest_and_values_do(configs):
    path = configs / 'segmenter.py'
    before = Suite.load('tiny').rows['oracle'].digest()
    path.write_text('# A remark.\n\n' + path.read_text() + '\n    # Another.\n')
    assert Suite.load('tiny').rows['oracle'].digest() == before
    path.write_text(path.read_text() + 'launcher = 1\n')
    assert Suite.load('tiny').rows['oracle'].digest() != before


def test_variants_are_translators(configs):
    the_suite = Suite.load('tiny')
    full, without = (the_suite.translators[k] for k in ('semgan', 'semgan_no_dom'))
    assert without.config == full.config and without.options == {'model.weights.dom': 0.0}
    assert without.digest() != full.digest() and full.cost == 4
    assert list(the_suite.rows) == ['source_only', 'semgan', 'oracle']
