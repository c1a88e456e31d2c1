"""Fills SemGANTranslate's cache before a training, so that workers only read translations."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from mmengine.config import Config
from torch import Tensor

from ..core.errors import InputError
from ..online.keys import frame_digest, translation_key
from .filler import Filler, find_fillers
from .shard import Shard
from .thread_pipeline import run_thread_pipeline
from .translate_styles import to_arrays, translate_styles


@dataclass
class Filled:
    """The result of filling a cache.

    Args:
        counts: number of translations that were in the cache (``read``) and of new ones
            (``written``).
        unreadable: the reason for each frame that cannot be read, by its path.
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
    """Writes all translations that a training's frames can have to its cache.

    Args:
        cfg: config of the training; its datasets' pipelines contain SemGANTranslate with a cache.
        path: path of the config, for messages.
        device: device that translates.
        split: see :func:`dataset_config.dataset_leaves`.
        shard: the share of this process, if several processes fill the same cache.
        workers: number of threads that read, and of threads that write.
        begin: called with 0 and the number of frames.
        advance: called after each frame.
        compile: see :meth:`Translator.compile`.

    Raises:
        InputError: as in :func:`filler.find_fillers`, or the cache is full.
    """
    fillers = find_fillers(cfg, path, split, device, compile)
    todo = (shard or Shard()).of([(f, i) for f in fillers for i in range(len(f.dataset))])
    begin(0, len(todo))
    filled = Filled()
    for (filler, index), result in run_thread_pipeline(todo, _read, _translate, _write, workers):
        if isinstance(result, InputError):
            filled.unreadable[filler.dataset.get_data_info(index)['img_path']] = str(result)
        else:
            filled.counts.update(result)
        advance()
        for one in fillers:
            one.check_room()
    return filled


@dataclass
class _Missing:
    """A frame and its translations that are not in the cache.

    Args:
        filler: filler of the frame's dataset.
        image: BGR uint8 (H, W, 3).
        ids: class ids and 255, uint8 (H, W).
        missing: key and style of each translation that is not in the cache.
        found: number of the frame's translations in the cache.
    """

    filler: Filler
    image: np.ndarray
    ids: np.ndarray
    missing: list[tuple[bytes, int | None]]
    found: int


def _read(item: tuple[Filler, int]) -> _Missing:
    filler, index = item
    try:
        results = filler.load(index)
    except InputError:
        raise
    except ValueError as error:  # raised by a transform
        raise InputError(str(error)) from error
    image, ids = results['img'], results['gt_seg_map']
    frame = frame_digest(image, ids)
    styles = filler.transform.styles(filler.cached, frame)
    keys = [(translation_key(frame, style), style) for style in styles]
    # Each file is read, because a broken file has to be translated again.
    missing = [(key, style) for key, style in keys if filler.cache.read(key) is None]
    return _Missing(filler, image, ids, missing, len(keys) - len(missing))


def _translate(frame: _Missing) -> tuple[_Missing, list[tuple[Tensor, Tensor]]]:
    styles = [style or 0 for _, style in frame.missing]
    return frame, translate_styles(frame.filler.translator, frame.image, frame.ids, styles)


def _write(item: tuple[_Missing, list[tuple[Tensor, Tensor]]]) -> dict[str, int]:
    frame, outputs = item
    for (key, _), output in zip(frame.missing, outputs, strict=True):
        frame.filler.cache.write(key, *to_arrays(*output))
    return dict(read=frame.found, written=len(outputs))
