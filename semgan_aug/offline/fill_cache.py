"""Fills SemGANTranslate's cache before a training, so that its workers only read."""

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
    """What happened to the frames.

    Args:
        counts: ``read`` of translations that were there, ``written`` of new ones.
        unreadable: names of frames that cannot be read, and why.
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
        split: see :func:`dataset_config.dataset_leaves`.
        shard: this process among those that fill the same cache.
        workers: threads that read, and as many that write.
        begin: called with 0 and the number of frames.
        advance: called after each frame.
        compile: see :meth:`Translator.compile`.

    Raises:
        InputError: see :func:`filler.find_fillers`; or the cache takes no more frames.
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
    """A frame, those of its translations that are not in the cache, and how many are.

    Args:
        filler: of the frame's dataset.
        image: BGR uint8 (H, W, 3).
        ids: class ids and 255, uint8 (H, W).
        missing: key and style of each translation to make.
        found: translations in the cache.
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
    except ValueError as error:  # a transform's own
        raise InputError(str(error)) from error
    image, ids = results['img'], results['gt_seg_map']
    frame = frame_digest(image, ids)
    styles = filler.transform.styles(filler.cached, frame)
    keys = [(translation_key(frame, style), style) for style in styles]
    # Read, not just looked for: a broken file is translated again.
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
