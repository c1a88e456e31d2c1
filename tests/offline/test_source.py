"""The frames of a dataset, and datasets whose frames cannot be translated to files."""

import shutil

import pytest
import tiny
from offline_data import Inverter, config, refused, translate

from semgan_aug.core.classes import CITYSCAPES19, CLASS_SETS


@pytest.mark.slow
def test_datasets_that_do_not_fit(gta5, tmp_path):
    def of(dataset, **kwargs):
        path = config(tmp_path, dataset)
        return lambda: translate(path, tmp_path / 'dst', **kwargs)

    plain_gta5 = dict(type='GTA5Dataset', data_root=str(gta5))
    ministreets = Inverter(CLASS_SETS['ministreets'].classes)
    letters = Inverter('abc')
    refused(lambda: translate(gta5, tmp_path / 'dst', letters), 'but GTA5 labels are read as')
    refused(of(plain_gta5, translator=ministreets), 'but the dataset has')
    refused(lambda: translate(gta5 / 'images', tmp_path / 'dst'), 'holds no images/')
    refused(lambda: translate(tmp_path / 'no', tmp_path / 'dst'), 'neither a GTA5 folder nor')
    refused(lambda: translate(gta5, tmp_path / 'dst', split='val'), "--split is 'val', but")
    refused(of(plain_gta5, split='val'), 'has no val_dataloader.dataset')
    refused(of(dict(plain_gta5, type='NoDataset')), 'NoDataset is not in')
    refused(of(dict(plain_gta5, data_root='nowhere')), "'nowhere/images' does not exist")
    refused(of(dict(plain_gta5, data_prefix=dict(img_path='images'))), 'has no label')
    refused(
        of(dict(type='PseudoLabelDataset', dataset=plain_gta5, folder='x')),
        'is a PseudoLabelDataset',
    )
    refused(of(dict(type='MultiImageMixDataset', dataset=plain_gta5)), 'is a MultiImageMixDataset')
    other = shutil.copytree(gta5, tmp_path / 'other')
    roots = [plain_gta5, dict(plain_gta5, data_root=str(other))]
    refused(of(dict(type='ConcatDataset', datasets=roots)), 'one folder can take the place of one')
    apart = dict(img_path='images', seg_map_path=str(other / 'labels'))
    refused(of(dict(plain_gta5, data_prefix=apart)), 'does not lie below data_root')
    suffixes = dict(type='BaseSegDataset', img_suffix='.txt', metainfo=CITYSCAPES19.metainfo)
    (gta5 / 'images/1.txt').write_text('')
    refused(of(dict(plain_gta5, **suffixes)), "images/1.txt ends in none of ('.png'")
    tiny.write_pair(gta5, '15188', [7])
    refused(of(plain_gta5), "leave them out with bad_pairs='skip'")
    (tmp_path / 'config.py').write_text('dataset = dict(')
    refused(lambda: translate(tmp_path / 'config.py', tmp_path / 'dst'), 'cannot be read')
    assert not (tmp_path / 'dst').exists()
