"""SemGANTranslate: in a pipeline, in workers, with each of its arguments."""

import pickle

import cv2
import numpy as np
import pytest
import tiny
import torch
from mmseg.registry import DATASETS, TRANSFORMS
from online_training import LINE, loaded, pipeline
from torch.utils.data import DataLoader, Dataset

from semgan_aug import load_translator
from semgan_aug.core.errors import InputError, user_message
from semgan_aug.online import SemGANTranslate
from semgan_aug.transforms import CheckPair
from semgan_aug.translator.checkpoint import CheckpointError


def test_is_found_by_an_mmseg_config(ckpt):
    step = TRANSFORMS.build(dict(type='SemGANTranslate', ckpt=str(ckpt)))
    assert isinstance(step, SemGANTranslate)


def test_gives_what_the_translator_gives(ckpt, pair):
    image, ids = load_translator(ckpt).translate(*pair)
    results = SemGANTranslate(ckpt, style=0)(loaded(pair))
    assert np.array_equal(results['img'], image) and np.array_equal(results['gt_seg_map'], ids)
    assert not np.array_equal(image, pair[0]) and not np.array_equal(ids, pair[1])
    assert results['semgan_translated'] is True
    assert results['img_path'] == 'images/7.png'


def test_labels_source_keeps_the_map(ckpt, pair):
    results = SemGANTranslate(ckpt, labels='source', style=0)(loaded(pair))
    assert np.array_equal(results['img'], load_translator(ckpt).translate(*pair)[0])
    assert np.array_equal(results['gt_seg_map'], pair[1])


def test_prob(ckpt, pair):
    step = SemGANTranslate(ckpt, prob=0)
    results = step(loaded(pair))
    assert results['semgan_translated'] is False
    assert np.array_equal(results['img'], pair[0])
    assert np.array_equal(results['gt_seg_map'], pair[1])
    assert all(SemGANTranslate(ckpt, prob=1)(loaded(pair))['semgan_translated'] for _ in range(9))
    step = SemGANTranslate(ckpt, prob=0.3)
    np.random.seed(0)
    drawn = [step(loaded(pair)) for _ in range(60)]
    translated = [r['semgan_translated'] for r in drawn]
    assert 8 <= sum(translated) <= 30  # 18 expected, three deviations
    assert [not np.array_equal(r['img'], pair[0]) for r in drawn] == translated


def test_each_frame_has_its_own_style(ckpt, pair):
    step = SemGANTranslate(ckpt)
    np.random.seed(0)
    drawn = [step(loaded(pair))['img'] for _ in range(8)]
    np.random.seed(0)
    assert all(np.array_equal(step(loaded(pair))['img'], image) for image in drawn)
    assert len({image.tobytes() for image in drawn}) > 1


def test_prob_draws_from_the_seeded_generator(ckpt, pair):
    step = SemGANTranslate(ckpt, prob=0.5)
    runs = []
    for _ in range(2):
        np.random.seed(3)
        runs.append([step(loaded(pair))['semgan_translated'] for _ in range(10)])
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    'arguments, message',
    [
        (dict(prob=1.5), 'prob is 1.5, but 0 ... 1 is allowed'),
        (dict(prob='0.5'), "prob is '0.5', but 0 ... 1 is allowed"),
        (dict(style=-1), 'style is -1, but None or a whole number'),
        (dict(style=0.5), 'style is 0.5, but None or a whole number'),
        (dict(style=True), 'style is True, but None or a whole number'),
        (dict(variants=0), 'variants is 0, but a whole number from 1'),
        (dict(cache_dir=5), 'cache_dir is 5, but None or the name of a folder'),
        (dict(cache_max_bytes=float('inf')), 'cache_max_bytes is inf'),
        (dict(cache_max_bytes=-1), 'cache_max_bytes is -1, but 0 or more'),
        (dict(cache_format='gif'), "cache_format is 'gif', but one of"),
        (dict(style=2**64), 'style is 18446744073709551616, but None'),
        (dict(prob=-0.1), 'prob is -0.1'),
        (dict(labels='none'), r"labels is 'none', but one of \('translated', 'source'\)"),
        (dict(device='tpu'), "device is 'tpu', but one of"),
        (dict(ckpt=[]), r'ckpt is \[\], but the path of one checkpoint'),
        (dict(ckpt=None), 'ckpt is None, but the path'),
        (dict(ckpt={'a': 1}), 'but the path of one'),
        (dict(cache_format=['png']), 'but one of'),
        (dict(cache_max_bytes=True), 'cache_max_bytes is True'),
        (dict(min_consistency=70), 'min_consistency is 70, but 0 ... 1'),
    ],
)
def test_wrong_arguments(ckpt, arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        SemGANTranslate(**dict(ckpt=ckpt) | arguments)
    tiny.assert_one_sentence(str(error.value))


def test_weights_are_loaded_once(ckpt, pair):
    step = SemGANTranslate(ckpt)
    first = step.translators[0]._translator
    step(loaded(pair))
    assert first is not None and step.translators[0]._translator is first


def test_wrong_weights_stop_at_construction(ckpt, tmp_path):
    checkpoint = torch.load(ckpt, weights_only=True)
    del checkpoint['state_dict']['colors_T.count']
    torch.save(checkpoint, tmp_path / 'changed.pth')
    with pytest.raises(CheckpointError, match='weights do not fit'):
        SemGANTranslate(tmp_path / 'changed.pth')


def test_pickle_ships_no_weights(ckpt, pair):
    step = SemGANTranslate(ckpt, prob=0.75, style=1)
    expected = step(loaded(pair))
    data = pickle.dumps(step)
    assert len(data) < 8000
    copy = pickle.loads(data)
    assert copy.translators[0]._translator is None and repr(copy) == repr(step)
    copy.prob = 1
    assert np.array_equal(copy(loaded(pair))['img'], expected['img'])


class Frames(Dataset):
    """Two frames through a transform; module level, so that spawned workers find it."""

    def __init__(self, step, pair):
        self.step, self.pair = step, pair

    def __len__(self):
        return 2

    def __getitem__(self, index):
        results = self.step(loaded(self.pair))
        return results['img'], results['gt_seg_map']


@pytest.mark.slow
@pytest.mark.parametrize('method', ['fork', 'spawn'])
def test_in_workers(ckpt, pair, method):
    step = SemGANTranslate(ckpt, style=0)
    expected = step(loaded(pair))  # so the parent's weights are loaded before it forks
    loader = DataLoader(
        Frames(step, pair), num_workers=1, multiprocessing_context=method, timeout=120
    )
    for image, ids in loader:
        assert np.array_equal(image[0].numpy(), expected['img'])
        assert np.array_equal(ids[0].numpy(), expected['gt_seg_map'])


def test_repr(ckpt):
    assert repr(SemGANTranslate(ckpt, prob=0.5, labels='source', cache_dir='')) == (
        f"SemGANTranslate(ckpt=['{ckpt}'], prob=0.5, labels='source', style=None, variants=4, "
        "min_consistency=0.0, cache_dir='', device='cpu')"
    )


def test_before_load_annotations(ckpt, pair):
    for key, loader in (('gt_seg_map', 'LoadAnnotations'), ('img', 'LoadImageFromFile')):
        results = loaded(pair)
        del results[key]
        with pytest.raises(ValueError, match=f'put it after {loader}') as error:
            SemGANTranslate(ckpt)(results)
        assert 'images/7.png' in str(error.value)
        tiny.assert_one_sentence(str(error.value))


@pytest.mark.parametrize('prob', [0, 1])
@pytest.mark.parametrize('step_type', [SemGANTranslate, CheckPair])
@pytest.mark.parametrize(
    'spoil, message',
    [
        (lambda r: r.update(img=r['img'][..., 0]), r'image of .* is uint8 \(16, 24\)'),
        (lambda r: r.update(img=r['img'][..., [0, 1, 2, 2]]), r'image of .*\(16, 24, 4\)'),
        (lambda r: r.update(img=r['img'].astype(np.uint16)), 'image of .* is uint16'),
        (lambda r: r.update(img=r['img'].astype(np.float32)), 'to_float32=False'),
        (lambda r: r.update(gt_seg_map=r['gt_seg_map'][1:]), '24 x 16 and the class map 24 x 15'),
    ],
    ids=['grayscale', '4-channel', '16-bit', 'float', 'size'],
)
def test_pairs_that_do_not_fit(ckpt, pair, step_type, prob, spoil, message):
    """CheckPair and SemGANTranslate say the same, whether a frame is drawn or not."""
    step = CheckPair() if step_type is CheckPair else SemGANTranslate(ckpt, prob=prob)
    results = loaded(pair)
    spoil(results)
    with pytest.raises(ValueError, match=message) as error:
        step(results)
    assert 'images/7.png and labels/7.png' in str(error.value)
    tiny.assert_one_sentence(str(error.value))


def test_ids_outside_the_classes(ckpt, pair):
    results = loaded(pair)
    results['gt_seg_map'][0, 0] = 33
    with pytest.raises(ValueError, match=r'labels/7.png holds the ids \[33\]') as error:
        SemGANTranslate(ckpt)(results)
    tiny.assert_one_sentence(str(error.value))


def steps_of(ckpt) -> list[dict]:
    steps = ['LoadImageFromFile', 'LoadAnnotations', 'SemGANTranslate', 'PackSegInputs']
    return [dict(type=s, **(dict(ckpt=str(ckpt), style=0) if 'SemGAN' in s else {})) for s in steps]


def test_in_the_pipeline_of_a_dataset(ckpt, frames):
    cfg = dict(type='MiniStreetsDataset', domain='game', num_frames=2, size=(24, 32))
    dataset = DATASETS.build(cfg | dict(data_root=str(frames), pipeline=steps_of(ckpt)))
    info = dataset.get_data_info(0)
    image, ids = cv2.imread(info['img_path']), cv2.imread(info['seg_map_path'], 0)
    image, ids = load_translator(ckpt).translate(image, ids)
    sample = dataset[0]
    assert np.array_equal(sample['inputs'].permute(1, 2, 0).numpy(), image)
    assert np.array_equal(sample['data_samples'].gt_sem_seg.data[0].numpy(), ids)


@pytest.mark.parametrize('wrapped', [False, True], ids=['dataset', 'inside RepeatDataset'])
@pytest.mark.parametrize('classes', [('a', 'b', 'c'), 'reversed'], ids=['others', 'other order'])
def test_checkpoint_of_other_classes_stops_at_construction(ckpt, tmp_path, wrapped, classes):
    tiny.write_frames(tmp_path, [np.zeros((16, 16))])
    if classes == 'reversed':
        classes = load_translator(ckpt).classes[::-1]
    cfg = tiny.folder_dataset(tmp_path, classes, steps_of(ckpt))
    cfg = dict(type='RepeatDataset', times=2, dataset=cfg) if wrapped else cfg
    with pytest.raises(ValueError, match='use a checkpoint trained on the same classes') as error:
        DATASETS.build(cfg)
    assert str(ckpt) in str(error.value) and str(list(classes)) in str(error.value)
    tiny.assert_one_sentence(str(error.value))


def test_wrong_checkpoint_stops_at_construction(tmp_path):
    torch.save(dict(state_dict={}), tmp_path / 'other.pth')
    (tmp_path / 'cut.pth').write_bytes(b'PK\3\4')
    for name, message in (
        ('none', 'there is no checkpoint'),
        ('other', 'of another model'),
        ('cut', 'truncated'),
    ):
        with pytest.raises(CheckpointError, match=message):
            SemGANTranslate(str(tmp_path / f'{name}.pth'))


def test_frames_below_min_consistency_are_served_as_they_were(ckpt, pair):
    kept = (load_translator(ckpt).translate(*pair, style=0)[1] == pair[1])[pair[1] != 255].mean()
    for least, served in ((kept - 0.01, False), (kept + 0.01, True)):
        step = SemGANTranslate(ckpt, style=0, min_consistency=float(least))
        results = step(loaded(pair))
        assert np.array_equal(results['img'], pair[0]) == served
        assert np.array_equal(results['gt_seg_map'], pair[1]) == served
        assert step.counts.totals()['rejected'] == served


def test_one_of_several_checkpoints(ckpt, pair, tmp_path):
    checkpoint = torch.load(ckpt, weights_only=True)
    next(v for n, v in checkpoint['state_dict'].items() if n.startswith('G.')).mul_(-1)
    torch.save(checkpoint, tmp_path / 'other.pth')
    paths = [ckpt, tmp_path / 'other.pth']
    expected = {load_translator(p).translate(*pair, style=0)[0].tobytes() for p in paths}
    step = SemGANTranslate(paths, style=0)
    assert len(expected) == 2
    assert {step(loaded(pair))['img'].tobytes() for _ in range(20)} == expected


def test_checkpoints_of_unlike_classes(ckpt, tmp_path):
    checkpoint = torch.load(ckpt, weights_only=True)
    checkpoint['semgan_aug']['classes'].reverse()
    torch.save(checkpoint, tmp_path / 'other.pth')
    with pytest.raises(ValueError, match='other.pth translates the classes'):
        SemGANTranslate([ckpt, tmp_path / 'other.pth'])


def test_without_the_hook_the_run_stops_at_start(build, ckpt):
    runner = build(pipeline(ckpt), hooks=())
    with pytest.raises(InputError, match=LINE) as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))
    assert not runner.model.seen


def test_a_loader_without_runner_never_passes_raw_frames(ckpt, folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    cfg = tiny.folder_dataset(folder, load_translator(ckpt).classes, pipeline(ckpt))
    with pytest.raises(InputError, match='no CUDA device is here') as error:
        DATASETS.build(cfg)
    tiny.assert_one_sentence(str(error.value))


def test_a_worker_without_hook_says_what_to_add(ckpt, folder):
    cfg = tiny.folder_dataset(folder, load_translator(ckpt).classes, pipeline(ckpt))
    for step in cfg['pipeline']:
        step.pop('device', None)
    dataset = DATASETS.build(cfg)
    dataset.pipeline.transforms[2].device = 'cuda'  # as on a machine with a GPU
    with pytest.raises(ValueError, match=LINE) as error:
        next(iter(DataLoader(dataset, num_workers=1, collate_fn=list)))
    tiny.assert_one_sentence(user_message(error.value))
