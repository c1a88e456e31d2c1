"""Datasets inside the wrappers and splits of a config."""

import pytest

from semgan_aug.core.classes import CITYSCAPES19
from semgan_aug.offline import open_source


@pytest.mark.slow
def test_wrappers_and_splits(gta5, tmp_path):
    def part(**more):
        return dict(
            type='GTA5Dataset', data_root=str(gta5), pipeline=[dict(type='Nothing')], **more
        )

    (gta5 / 'few.txt').write_text('00002\n00005\n')
    few = part(ann_file='few.txt')
    path = tmp_path / 'config.py'
    both = dict(
        type='ConcatDataset', datasets=[dict(type='RepeatDataset', times=3, dataset=few), few]
    )
    unpaired = dict(type='UnpairedDataset', source=part(), target=dict(type='Anything'))
    path.write_text(
        f'train_dataloader = dict(dataset={both!r})\n'
        f'val_dataloader = dict(dataset={unpaired!r})\n'
        f'dataset = {part(indices=1)!r}\n'
    )
    for split, count in (None, 2), ('train', 2), ('val', 6):
        source = open_source(path, list(CITYSCAPES19.classes), split)
        assert len(source.frames) == count
    path.write_text(f'dataset = {part(indices=1)!r}\n')
    assert len(open_source(path, list(CITYSCAPES19.classes)).frames) == 1
