"""Which dataset and which Runner a transform is built in."""

import tiny
from mmseg.registry import DATASETS, TRANSFORMS
from online_training import pipeline

from semgan_aug.online.build_context import building_dataset, building_runner

FOUND = []


class Asks:
    """A transform that notes what it is built in."""

    def __init__(self):
        FOUND.append((building_dataset(), building_runner()))

    def __call__(self, results):
        return results


def test_outside_of_both():
    assert building_dataset() is None and building_runner() is None


def test_a_dataset_alone(folder):
    TRANSFORMS.register_module(name='Asks', module=Asks, force=True)
    cfg = tiny.folder_dataset(folder, pipeline=[dict(type='Asks')])
    FOUND.clear()
    dataset = DATASETS.build(dict(type='RepeatDataset', times=2, dataset=cfg))
    assert [(dataset.dataset, None)] == FOUND


def test_a_dataset_in_a_runner(build, ckpt):
    TRANSFORMS.register_module(name='Asks', module=Asks, force=True)
    runner = build(pipeline(ckpt, before=['Asks']))
    FOUND.clear()
    runner.train()
    assert [(runner.train_dataloader.dataset, runner)] == FOUND
