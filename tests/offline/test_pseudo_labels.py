"""Pseudo labels: which pixels keep a label, and where the labels are used."""

import json

import cv2
import numpy as np
import pytest
import tiny
import torch
from mmengine.config import Config
from mmengine.structures import PixelData
from mmseg.registry import DATASETS

from semgan_aug.benchmark import job
from semgan_aug.core.encoding import hide_unlabeled
from semgan_aug.core.errors import InputError
from semgan_aug.datasets import PseudoLabelDataset
from semgan_aug.engine.hooks import ClassColorsHook
from semgan_aug.evaluation.segmenter import load_segmenter
from semgan_aug.offline.pseudo_labels import _thresholds, write_pseudo_labels
from semgan_aug.translator.checkpoint import CheckpointError

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


class TwoClasses(torch.nn.Module):
    """Sees class 1 where blue is above 100, surer the further away from it; else class 0."""

    def test_step(self, data):
        sample = data['data_samples'][0]
        score = (data['inputs'][0][0].float() - 100) / 25
        sample.seg_logits = PixelData(data=torch.stack([torch.zeros_like(score), score]))
        return [sample]


@pytest.fixture
def camvid(tmp_path):
    """Two frames of equal rows: clear class 0 and unclear class 1; all four kinds."""
    rows = dict(a=[0, 0, 110, 120], b=[0, 95, 130, 240])
    for folder in ('images', 'labels'):
        (tmp_path / folder).mkdir()
    for stem, row in rows.items():
        image = np.repeat(np.array([row, row], np.uint8)[..., None], 3, 2)
        cv2.imwrite(str(tmp_path / f'images/{stem}.png'), image)
        cv2.imwrite(str(tmp_path / f'labels/{stem}.png'), np.full((2, 4), 11, np.uint8))
    return dict(
        type='CamVidDataset',
        data_root=str(tmp_path),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        img_suffix='.png',
        metainfo=dict(classes=['Sky', 'Building']),
        pipeline=LOAD,
    )


def test_the_sure_and_the_best_of_each_class_are_kept(camvid, tmp_path):
    def label(stem):
        rows = cv2.imread(str(tmp_path / f'out/{stem}.png'), -1).tolist()
        assert rows[0] == rows[1]
        return rows[0]

    # Probabilities of class 1: .60, .69, .77, .996; of class 0: .98 three times, .55.
    calls = []
    shares = write_pseudo_labels(
        TwoClasses(), DATASETS.build(camvid), tmp_path / 'out', 0.9, 0.5, calls.append
    )
    assert shares == dict(Sky=0.75, Building=0.5) and calls == [1] * 4
    assert [label(s) for s in 'ab'] == [[0, 0, 255, 255], [0, 255, 1, 1]]
    # share=0: by confidence alone; 1: everything.
    write_pseudo_labels(TwoClasses(), DATASETS.build(camvid), tmp_path / 'out', 0.9, 0.0)
    assert label('b') == [0, 255, 255, 1]
    write_pseudo_labels(TwoClasses(), DATASETS.build(camvid), tmp_path / 'out', 0.9, 1.0)
    assert label('a') == [0, 0, 1, 1]


def test_thresholds():
    counts = np.zeros((3, 1001), int)
    counts[0, [200, 400, 600, 800]] = 1
    counts[1, 1000] = 7
    assert _thresholds(counts, 0.5).tolist() == [0.6, 1.0, 1.0]
    assert _thresholds(counts, 1.0).tolist()[0] == 0.2


def test_labels_are_read_in_place_of_the_datasets_own(camvid, tmp_path):
    write_pseudo_labels(TwoClasses(), DATASETS.build(camvid), tmp_path / 'out')
    dataset = DATASETS.build(
        dict(type='PseudoLabelDataset', dataset=camvid, folder=str(tmp_path / 'out'))
    )
    labels = [dataset[i]['gt_seg_map'][0].tolist() for i in range(2)]
    assert labels == [[0, 0, 255, 255], [0, 255, 1, 1]]
    assert DATASETS.build(camvid)[0]['gt_seg_map'].tolist() == [[255] * 4] * 2
    (tmp_path / 'out/b.png').unlink()
    with pytest.raises(InputError, match=r'holds no label for b\.png; write them') as error:
        PseudoLabelDataset(camvid, str(tmp_path / 'out'))
    tiny.assert_one_sentence(str(error.value))


@pytest.mark.parametrize(
    'kwargs, message',
    [(dict(confidence=2), 'confidence is 2'), (dict(share=-1), 'share is -1')],
)
def test_wrong_arguments(camvid, tmp_path, kwargs, message):
    with pytest.raises(InputError, match=message):
        write_pseudo_labels(TwoClasses(), DATASETS.build(camvid), tmp_path, **kwargs)


def test_segmenter_of_other_classes(camvid, tmp_path):
    dataset = DATASETS.build(dict(camvid, metainfo=dict(classes=['Sky', 'Building', 'Car'])))
    with pytest.raises(InputError, match='the segmenter has 2 classes, but the dataset 3'):
        write_pseudo_labels(TwoClasses(), dataset, tmp_path)


def test_discriminators_see_no_class_map_where_either_is_unlabeled():
    pair = torch.arange(10.0).view(1, 5, 1, 2)
    seen = hide_unlabeled(pair, torch.tensor([[[3, 255]]]))
    assert seen[0, :, 0, 0].tolist() == [0, 2, 4, 6, 8]
    assert seen[0, :, 0, 1].tolist() == [1, 3, 5, -1, -1]


def test_discriminators_are_shown_as_many_holes(make_runner):
    """Real and fake pairs are unlabeled in the same places, whatever each domain leaves out."""
    runner = make_runner()
    ClassColorsHook().before_train(runner)
    model, data = runner.model, tiny.batch(size=(32, 32))
    for samples in data['data_samples'].values():
        samples[0].gt_sem_seg.data[:] = 1
    data['data_samples']['source'][0].gt_sem_seg.data[..., :8] = 255
    data['data_samples']['target'][0].gt_sem_seg.data[..., 20:] = 255
    batch = model.data_preprocessor(data)
    a, b = batch['source'], batch['target']
    _, fake_b, fake_a = model.generator_losses(a, b)
    seen = {}
    model.judge = lambda name, real, fake: seen.update({name: (real, fake)})
    model.discriminator_losses(a, b, fake_b, fake_a)
    for real, fake in seen.values():
        for pair in (real, fake):
            holes = (pair[0, 3:] == -1).all(0)
            assert holes[:, :8].all() and holes[:, 20:].all() and not holes[:, 8:20].any()


def test_labels_of_others_are_not_overwritten(camvid, tmp_path):
    before = {p: p.read_bytes() for p in (tmp_path / 'labels').iterdir()}
    with pytest.raises(InputError, match='holds labels that were not written here') as error:
        write_pseudo_labels(TwoClasses(), DATASETS.build(camvid), tmp_path / 'labels')
    tiny.assert_one_sentence(str(error.value))
    assert {p: p.read_bytes() for p in (tmp_path / 'labels').iterdir()} == before


def test_two_frames_of_one_name(camvid, tmp_path):
    for folder in ('images', 'labels'):
        (tmp_path / folder / 'sub').mkdir()
        (tmp_path / folder / 'sub/a.png').write_bytes((tmp_path / folder / 'a.png').read_bytes())
    for use in (
        lambda: write_pseudo_labels(TwoClasses(), DATASETS.build(camvid), tmp_path / 'out'),
        lambda: PseudoLabelDataset(camvid, str(tmp_path / 'out')),
    ):
        with pytest.raises(InputError, match=r'a\.png and .*a\.png have the same name'):
            use()


def test_a_checkpoint_that_does_not_fit(ckpt, tmp_path):
    text = "model = dict(type='mmseg.DRN', arch='D-22', widths=(4,) * 8)"
    with pytest.raises(CheckpointError, match='does not fit the segmenter of the config') as error:
        load_segmenter(text, str(ckpt))
    tiny.assert_one_sentence(str(error.value))
    torch.save({'a': torch.zeros(1)}, tmp_path / 'plain.pth')
    with pytest.raises(CheckpointError, match='does not fit the segmenter'):
        load_segmenter(text, str(tmp_path / 'plain.pth'))


def test_job_labels_once(tmp_path, camvid, monkeypatch):
    """A translator's job writes the labels, trains on all target frames, and keeps them."""
    text = f'target_all = {camvid!r}\n'.replace(
        "{'type': 'LoadAnnotations'}]", "{'type': 'LoadAnnotations'}, {'type': 'PackSegInputs'}]"
    )
    calls = []
    monkeypatch.setattr(job, 'load_segmenter', lambda *args: calls.append(args) or TwoClasses())
    for _ in range(2):
        cfg = Config(
            dict(train_dataloader=dict(dataset=dict(target=dict(type='Few', pipeline=LOAD))))
        )
        job.use_pseudo_labels(cfg, dict(text=text, checkpoint='c.pth'), tmp_path)
        target = DATASETS.build(cfg.train_dataloader.dataset.target)
        assert target[0]['gt_seg_map'][0].tolist() == [0, 0, 255, 255]
    assert calls == [(text, 'c.pth')]
    assert json.loads((tmp_path / 'pseudo_labels_kept.json').read_text())['Sky'] == 0.75
