"""Fills the cache of SemGANTranslate before a training, so that its workers only read."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from torch import Tensor

from ..core.encoding import check_ids
from ..core.errors import InputError
from ..datasets.fixed_steps import is_random, type_name
from ..datasets.reading import reading
from ..datasets.sampler import SampleIndex, random_numbers_of
from ..online.cached_translator import CachedTranslator
from ..online.keys import frame_digest, translation_key
from ..online.transform import SemGANTranslate
from ..transforms.check_pair import pair_name, require_pair
from ..translator.translator import Translator
from .source import build_dataset, dataset_leaves
from .thread_pipeline import Shard, run_thread_pipeline
from .translate_dataset import to_arrays, translate_styles

TRANSFORM = 'SemGANTranslate'
#: Passes over a first frame that must agree, for random transforms of other names.
TRIALS = 4


@dataclass
class Filled:
    """What became of the frames.

    Args:
        counts: ``read`` of translations that were there, ``written`` of new ones.
        unreadable: names of the files, and why.
    """

    counts: Counter = field(default_factory=Counter)
    unreadable: dict[str, str] = field(default_factory=dict)


def fill_cache(
    cfg: Config,
    path: Path,
    device: str,
    split: str | None = None,
    shard: Shard | None = None,
    workers: int = 2,
    begin: Callable[[int, int], None] = lambda done, total: None,
    advance: Callable[[], None] = lambda: None,
    compile: bool = False,
) -> Filled:
    """Puts every translation that a training's frames can have into its cache.

    Args:
        cfg: of the training; its datasets' pipelines hold SemGANTranslate, with a cache.
        path: of the config, for messages.
        device: that translates.
        split: see :func:`source.dataset_leaves`.
        shard: this process among those that fill the same cache.
        workers: threads that read, and that write.
        begin: called with 0 and the frames to look at.
        advance: called after each frame.
        compile: see :meth:`Translator.compile`.

    Raises:
        InputError: no pipeline has SemGANTranslate, something random comes before it, it keeps no
            cache, or the cache takes no more frames.
    """
    fillers = [
        filler
        for leaf in dataset_leaves(cfg, path, split)
        if TRANSFORM in map(type_name, leaf.get('pipeline', []))
        for filler in _fillers(leaf, path, device, compile)
    ]
    if not fillers:
        raise InputError(
            f'no pipeline of {path} has a {TRANSFORM} outside of other transforms, so there is no '
            f"cache to fill; put dict(type='{TRANSFORM}', ckpt=...) right into the pipeline "
            '(prob= does what RandomApply would)'
        )
    todo = (shard or Shard()).of([(f, i) for f in fillers for i in range(len(f.dataset))])
    begin(0, len(todo))
    filled = Filled()
    for counts, problem in run_thread_pipeline(todo, _read, _translate, _write, workers):
        filled.counts.update(counts)
        filled.unreadable |= problem
        advance()
        for filler in fillers:
            filler.check_room()
    return filled


@dataclass
class _Filler:
    """A dataset whose pipeline ends before SemGANTranslate, and one translator of that."""

    dataset: BaseDataset
    steps: list
    transform: SemGANTranslate
    cached: CachedTranslator
    translator: Translator

    def load(self, index: int) -> dict:
        """A frame as it comes into SemGANTranslate."""
        results = self.dataset.get_data_info(index)
        with reading(dict(results)):
            for step in self.steps:
                results = step(results)
        require_pair(results, TRANSFORM)
        ids, names = results['gt_seg_map'], self.translator.classes
        check_ids(ids, len(names), f'the class map of {pair_name(results)}')
        return results

    def check_room(self) -> None:
        if self.cached.cache.full is not None:
            raise InputError(
                f'the cache {self.transform.cache_dir} takes no more frames: '
                f'{self.cached.cache.full}; make room (tools/translation_cache.py prune) or '
                'raise cache_max_bytes, and the same command goes on from here'
            )


@dataclass
class _Missing:
    """A frame and those of its translations that are not in the cache, ``(key, style)``."""

    filler: _Filler
    image: np.ndarray
    ids: np.ndarray
    missing: list[tuple[bytes, int | None]]
    found: int


def _fillers(leaf: dict, path: Path, device: str, compile: bool) -> list[_Filler]:
    names = [type_name(step) for step in leaf['pipeline']]
    if names.count(TRANSFORM) > 1:
        raise InputError(
            f'a pipeline of {path} has {names.count(TRANSFORM)} {TRANSFORM}s, of which the second '
            'sees what the first has made; give one of them several checkpoints (ckpt=[...])'
        )
    place = names.index(TRANSFORM)
    for step in leaf['pipeline'][:place]:
        if is_random(step):
            raise _is_random(path, type_name(step))
    step = dict(leaf['pipeline'][place])
    if step.pop('device', 'cpu') == 'cuda':  # where nothing is kept unless a folder is named
        step.setdefault('cache_dir', '')
    # Built inside its dataset, the transform compares its classes with the dataset's.
    dataset = build_dataset(leaf | dict(pipeline=[*leaf['pipeline'][:place], step]), path)
    *steps, transform = dataset.pipeline.transforms
    if not transform.cache_dir:
        raise InputError(
            f"{path}: {TRANSFORM} keeps nothing (cache_dir='', or device='cuda' and no cache_dir); "
            'name a cache_dir'
        )
    fillers = [
        _Filler(dataset, steps, transform, cached, cached.on(device, compile).translator)
        for cached in transform.translators
    ]
    _check_fixed(fillers[0], path)
    return fillers


def _check_fixed(filler: _Filler, path: Path) -> None:
    """Raises InputError if the first frame that can be read is not always the same."""
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
        return  # it is listed with the others that cannot be read
    for place, digests in seen.items():
        if len(digests) > 1:
            raise _is_random(path, type(filler.steps[place]).__name__)


def _is_random(path: Path, name: str) -> InputError:
    return InputError(
        f'{path}: {name} is random and comes before {TRANSFORM}, so hardly a frame comes twice and '
        f'a cache cannot help; move {name} after {TRANSFORM}'
    )


def _read(item: tuple[_Filler, int]) -> _Missing | dict[str, str]:
    filler, index = item
    try:
        results = filler.load(index)
    except ValueError as error:  # an InputError, or a transform's own
        return {filler.dataset.get_data_info(index)['img_path']: str(error)}
    image, ids = results['img'], results['gt_seg_map']
    frame = frame_digest(image, ids)
    styles = filler.transform.styles(filler.cached, frame)
    keys = [(translation_key(frame, style), style) for style in styles]
    # Read, not just looked for: a broken file is made again.
    missing = [(key, style) for key, style in keys if filler.cached.read(key) is None]
    return _Missing(filler, image, ids, missing, len(keys) - len(missing))


def _translate(
    item: _Missing | dict[str, str],
) -> tuple[_Missing, list[tuple[int, Tensor, Tensor]]] | dict[str, str]:
    if isinstance(item, dict):
        return item
    styles = [style or 0 for _, style in item.missing]
    return item, translate_styles(item.filler.translator, item.image, item.ids, styles)


def _write(
    item: tuple[_Missing, list[tuple[int, Tensor, Tensor]]] | dict[str, str],
) -> tuple[dict[str, int], dict[str, str]]:
    if isinstance(item, dict):
        return {}, item
    frame, outputs = item
    for (key, _), (_, *output) in zip(frame.missing, outputs, strict=True):
        frame.filler.cached.write(key, *to_arrays(*output))
    return dict(read=frame.found, written=len(outputs)), {}
