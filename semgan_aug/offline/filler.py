"""Fillers: the datasets of a training, each with its pipeline up to SemGANTranslate."""

from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from mmengine.dataset import BaseDataset

from ..core.encoding import check_ids
from ..core.errors import InputError
from ..core.pair_checks import pair_name, require_pair
from ..datasets.fixed_steps import is_random, type_name
from ..datasets.reading import reading
from ..datasets.sampler import SampleIndex, random_numbers_of
from ..online.cache import TranslationCache
from ..online.cached_translator import CachedTranslator
from ..online.keys import frame_digest
from ..online.transform import SemGANTranslate
from ..translator.translator import Translator
from .dataset_config import build_dataset, dataset_leaves

TRANSFORM = 'SemGANTranslate'
#: Number of times that the first frame is loaded, to find random transforms whose names do not
#: tell that they are random.
TRIALS = 4


@dataclass
class Filler:
    """A dataset whose pipeline ends before SemGANTranslate, and one translator of that transform.

    Args:
        dataset: dataset of the training.
        steps: the transforms before SemGANTranslate.
        transform: the SemGANTranslate.
        cached: one of the transform's translators.
        cache: cache of this translator.
        translator: the same translator on the device that fills the cache.
    """

    dataset: BaseDataset
    steps: list
    transform: SemGANTranslate
    cached: CachedTranslator
    cache: TranslationCache
    translator: Translator

    def load(self, index: int) -> dict:
        """Loads a frame up to SemGANTranslate.

        Raises:
            InputError: the frame cannot be read, image and class map do not fit, or the class map
                holds ids outside the classes.
            ValueError: raised by a transform of the pipeline.
        """
        results = self.dataset.get_data_info(index)
        with reading(dict(results)):
            for step in self.steps:
                results = step(results)
        require_pair(results, TRANSFORM)
        ids, names = results['gt_seg_map'], self.translator.classes
        check_ids(ids, len(names), f'the class map of {pair_name(results)}')
        return results

    def check_room(self) -> None:
        """Raises InputError if the cache is full or cannot be written."""
        if self.cache.full is not None:
            raise InputError(
                f'the cache {self.transform.cache_dir} takes no more frames: {self.cache.full}; '
                'make room (tools/translation_cache.py prune) or raise cache_max_bytes, and the '
                'same command goes on from here'
            )


def find_fillers(
    cfg: Config, path: Path, split: str | None, device: str, compile: bool
) -> list[Filler]:
    """Builds a filler for each dataset of a config and each translator of its SemGANTranslate.

    Args:
        cfg: config of the training.
        path: path of the config, for messages.
        split: see :func:`dataset_config.dataset_leaves`.
        device: device that translates.
        compile: see :meth:`Translator.compile`.

    Raises:
        InputError: no pipeline contains SemGANTranslate, a pipeline contains it twice, a random
            transform comes before it, or it has no cache.
    """
    fillers = [
        filler
        for leaf in dataset_leaves(cfg, path, split)
        if TRANSFORM in map(type_name, leaf.get('pipeline', []))
        for filler in _fillers_of_dataset(leaf, path, device, compile)
    ]
    if not fillers:
        raise InputError(
            f'no pipeline of {path} has a {TRANSFORM} outside of other transforms, so there is no '
            f"cache to fill; put dict(type='{TRANSFORM}', ckpt=...) right into the pipeline "
            '(prob= does what RandomApply would)'
        )
    return fillers


def _fillers_of_dataset(leaf: dict, path: Path, device: str, compile: bool) -> list[Filler]:
    names = [type_name(step) for step in leaf['pipeline']]
    if names.count(TRANSFORM) > 1:
        raise InputError(
            f'a pipeline of {path} has {names.count(TRANSFORM)} {TRANSFORM}s, of which the second '
            'sees what the first has made; give one of them several checkpoints (ckpt=[...])'
        )
    place = names.index(TRANSFORM)
    for step in leaf['pipeline'][:place]:
        if is_random(step):
            raise _random_before(path, type_name(step))
    step = dict(leaf['pipeline'][place])
    if step.pop('device', 'cpu') == 'cuda':  # then only a named folder is a cache
        step.setdefault('cache_dir', '')
    # The transform is built inside its dataset, so it compares its classes with the dataset's.
    dataset = build_dataset(leaf | dict(pipeline=[*leaf['pipeline'][:place], step]), path)
    *steps, transform = dataset.pipeline.transforms
    assert isinstance(transform, SemGANTranslate)
    fillers = [
        Filler(
            dataset, steps, transform, cached, cached.cache, cached.on(device, compile).translator
        )
        for cached in transform.translators
        if cached.cache is not None
    ]
    if not fillers:
        raise InputError(
            f"{path}: {TRANSFORM} keeps nothing (cache_dir='', or device='cuda' and no cache_dir); "
            'name a cache_dir'
        )
    _check_fixed(fillers[0], path)
    return fillers


def _check_fixed(filler: Filler, path: Path) -> None:
    """Raises InputError if the first frame differs when it is loaded again."""
    seen: dict[int, set] = {}
    try:
        for trial in range(TRIALS):
            with random_numbers_of(SampleIndex(0, trial)):
                results = filler.dataset.get_data_info(0)
                for place, step in enumerate(filler.steps):
                    results = step(results)
                    if 'img' in results and 'gt_seg_map' in results:
                        digest = frame_digest(results['img'], results['gt_seg_map'])
                        seen.setdefault(place, set()).add(digest)
    except (AssertionError, OSError, ValueError):
        return  # the frame will be listed with the others that cannot be read
    for place, digests in seen.items():
        if len(digests) > 1:
            raise _random_before(path, type(filler.steps[place]).__name__)


def _random_before(path: Path, name: str) -> InputError:
    return InputError(
        f'{path}: {name} is random and comes before {TRANSFORM}, so hardly a frame comes twice and '
        f'a cache cannot help; move {name} after {TRANSFORM}'
    )
