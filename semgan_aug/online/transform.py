"""The one line in a user's config: source frames that look like the target."""

import os
import time
import uuid
import weakref
from collections.abc import Sequence
from numbers import Real
from pathlib import Path

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log
from mmengine.runner import Runner
from mmseg.registry import HOOKS, TRANSFORMS
from torch.utils.data import get_worker_info

from ..core.encoding import check_ids
from ..core.errors import InputError
from ..transforms.check_pair import pair_name, require_pair
from .build_context import building_dataset, building_runner
from .cache import FORMATS, frame_digest
from .cached_translator import MAX_STYLE, CachedTranslator, variant_style
from .counts import TranslationCounts
from .request import MarkedPath, TranslationRequest

LABELS = ('translated', 'source')
DEVICES = ('cpu', 'cuda')
HOOK = "custom_hooks=[dict(type='SemGANTranslateHook')]"


def default_cache_dir() -> str:
    """Where translated frames are kept: ``$SEMGAN_CACHE``, or below the user's cache folder."""
    home = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return str(Path(os.environ.get('SEMGAN_CACHE') or Path(home) / 'semgan_aug').expanduser())


@TRANSFORMS.register_module()
class SemGANTranslate(BaseTransform):
    """Translates the image and its class map with a trained SemGAN.

    Three ways, one result (docs/translation.md): frames that were seen before come from the cache;
    others are translated in the worker on one CPU core; or, with ``device='cuda'``, this transform
    only marks them, and :class:`SemGANTranslateHook` translates them on the GPU by the batch.

    Put it after ``LoadAnnotations`` and before photometric changes and normalization, and before
    random crops where the cache is to help; with ``device='cuda'``, right before
    ``PackSegInputs``. Checkpoints are loaded when the pipeline is built, so a wrong one stops the
    run at once. Both ``fork`` and ``spawn`` workers work.

    Required Keys:

    - img (np.uint8, (H, W, 3), BGR)
    - gt_seg_map (np.uint8, (H, W); 255 = ignore)

    Modified Keys:

    - img
    - gt_seg_map (with ``labels='translated'``)
    - img_path (with ``device='cuda'``: the same text, marked for the hook)

    Added Keys:

    - semgan_translated (bool): whether this sample is translated (with ``device='cuda'``, but for
      ``min_consistency``: will be).

    Args:
        ckpt: a checkpoint that ``tools/train_semgan.py`` wrote or its ``.safetensors`` export, as a
            path or a URI of mmengine's file backends; or several, of which one is drawn for each
            sample.
        prob: probability that a frame is translated, 0 ... 1; drawn per frame.
        labels: 'translated' takes the generator's own class map, which fits what it painted;
            'source' keeps the map that came in.
        style: whole number that chooses one target frame whose class colors every translation
            takes, if the translator was trained with ``class_colors``; None gives each frame
            ``variants`` of them.
        variants: how many translations a frame has, of which one is drawn each time that it is
            seen. A frame's variants are always the same.
        strength: share of the translation in the image, 0 ... 1, or (low, high), from which it is
            drawn; below one half the labels stay the source's.
        min_consistency: a frame is served as it was, counted and named in the log, where less than
            this share of its labeled pixels keeps its class in the translation, 0 ... 1.
        cache_dir: folder of the translated frames; any number of workers, ranks, machines and
            translators may share it. By default ``$SEMGAN_CACHE``, or ``semgan_aug`` below the
            user's cache folder; none with ``device='cuda'``, where frames are mostly random crops.
            '' keeps nothing.
        cache_max_bytes: what the folder may hold; frames beyond are translated each time.
        cache_format: 'png', or 'jpeg' (quality 95: less exact, faster, a third of the size).
        device: 'cpu', or 'cuda' for the hook.

    Raises:
        CheckpointError: at construction, see :func:`translator.load_translator`.
        ValueError: at construction: an argument outside its range; the checkpoint's classes
            differ from those of the dataset that the pipeline belongs to; ``device='cuda'`` in a
            run without the hook. At use: no image or class map yet, of unlike size, or with ids
            outside the classes.

    Example:
        >>> train_pipeline = [
        ...     dict(type='LoadImageFromFile'),
        ...     dict(type='LoadAnnotations'),
        ...     dict(type='SemGANTranslate', ckpt='work_dirs/semgan_gta/translator.safetensors'),
        ...     dict(type='PackSegInputs')]
    """

    def __init__(
        self,
        ckpt: str | Sequence[str],
        prob: float = 1.0,
        labels: str = 'translated',
        style: int | None = None,
        variants: int = 4,
        strength: float | Sequence[float] = 1.0,
        min_consistency: float = 0.0,
        cache_dir: str | None = None,
        cache_max_bytes: int = 50_000_000_000,
        cache_format: str = 'png',
        device: str = 'cpu',
    ) -> None:
        ckpts = list(ckpt) if isinstance(ckpt, (list, tuple)) else [ckpt]
        low_high = list(strength) if isinstance(strength, (list, tuple)) else [strength] * 2
        _require(
            'ckpt',
            ckpt,
            len(ckpts) > 0 and all(isinstance(c, (str, Path)) and str(c) for c in ckpts),
            'the path of one checkpoint, or a list of several, is needed',
        )
        _require('prob', prob, _is_share(prob), '0 ... 1 is allowed')
        _require('labels', labels, labels in LABELS, f'one of {LABELS} is allowed')
        _require(
            'style',
            style,
            style is None or _is_whole(style, 0, MAX_STYLE),
            f'None or a whole number from 0 to {MAX_STYLE} is allowed',
        )
        _require(
            'variants',
            variants,
            _is_whole(variants, 1, MAX_STYLE),
            f'a whole number from 1 to {MAX_STYLE} is allowed',
        )
        _require(
            'strength',
            strength,
            len(low_high) == 2 and all(map(_is_share, low_high)) and low_high[0] <= low_high[1],
            'a number or (low, high) within 0 ... 1 is allowed',
        )
        _require(
            'min_consistency', min_consistency, _is_share(min_consistency), '0 ... 1 is allowed'
        )
        _require(
            'cache_dir',
            cache_dir,
            cache_dir is None or isinstance(cache_dir, (str, Path)),
            'it must name a folder',
        )
        _require(
            'cache_max_bytes',
            cache_max_bytes,
            _is_number(cache_max_bytes) and 0 <= cache_max_bytes < 2**62,
            '0 or more is allowed',
        )
        _require(
            'cache_format',
            cache_format,
            cache_format in tuple(FORMATS),
            f'one of {tuple(FORMATS)} is allowed',
        )
        _require('device', device, device in DEVICES, f'one of {DEVICES} is allowed')
        self.ckpts = [str(c) for c in ckpts]
        self.prob = prob
        self.labels = labels
        self.style = style
        self.variants = variants
        self.strength = tuple(low_high)
        self.min_consistency = min_consistency
        if cache_dir is None:
            cache_dir = default_cache_dir() if device == 'cpu' else ''
        self.cache_dir = str(cache_dir)
        self.device = device
        runner, dataset = building_runner(), building_dataset()
        self.by_batch = device == 'cuda' and _has_hook(runner)
        self.translators = [
            CachedTranslator(
                path,
                self.cache_dir,
                int(cache_max_bytes),
                cache_format,
                'cuda' if device == 'cuda' and not self.by_batch else 'cpu',
            )
            for path in self.ckpts
        ]
        self._check_classes(getattr(dataset, '_metainfo', {}).get('classes'))
        #: That this transform belongs to; only in the process that built it.
        self._dataset = weakref.ref(dataset) if dataset is not None else None
        self.counts = TranslationCounts()
        #: By which marks find their transform again, in whatever process.
        self.name = uuid.uuid4().hex
        self._named: set[str] = set()
        if runner is not None:
            print_log(f'SemGANTranslate: {self.way()}', logger='current')
            if not _hooks(runner):  # it reports what was counted
                runner.register_hook(dict(type='SemGANTranslateHook'))
            _hooks(runner)[0].add(self)

    def _check_classes(self, wanted: list[str] | None) -> None:
        for translator in self.translators:
            wanted = list(wanted or translator.classes)
            if translator.classes != wanted:
                raise InputError(
                    f'{translator.ckpt} translates the classes {translator.classes}, but the '
                    f'dataset has {wanted}; use a checkpoint trained on the same classes in the '
                    'same order'
                )

    def way(self) -> str:
        """Where translations come from, and why, as a sentence for the log."""
        kept = f'kept in {self.cache_dir}' if self.cache_dir else 'not kept (cache_dir is empty)'
        if self.by_batch:
            return f"SemGANTranslateHook translates batches (device='cuda'); frames are {kept}"
        return (
            f'what is not in the cache is translated on the {self.device} by the process that '
            f"loads it (device='{self.device}'); frames are {kept}"
        )

    def transform(self, results: dict) -> dict:
        require_pair(results, 'SemGANTranslate')
        results['semgan_translated'] = bool(np.random.rand() < self.prob)
        if not results['semgan_translated']:
            self.counts.add('skipped')
            return results
        image, ids = results['img'], results['gt_seg_map']
        translator, request = self._draw(frame_digest(image, ids))
        found = None if request.key is None else translator.read(request.key)
        if found is not None:
            self.counts.add('cached')
        elif self.by_batch:
            check_ids(ids, len(translator.classes), f'the class map of {pair_name(results)}')
            results['img_path'] = MarkedPath.mark(results.get('img_path', ''), request)
            return results
        else:
            found = self._make(translator, request, image, ids, pair_name(results))
        served = [torch.from_numpy(np.ascontiguousarray(a)) for a in (image, ids, *found)]
        new_image, new_ids, agreement = request.finish(*served)
        if agreement is not None and agreement < self.min_consistency:
            results['semgan_translated'] = False
            self.name_rejected(pair_name(results), float(agreement))
        results['img'], results['gt_seg_map'] = new_image.numpy(), new_ids.numpy()
        return results

    def _draw(self, frame: bytes) -> tuple[CachedTranslator, TranslationRequest]:
        """All random choices for one frame."""
        number = np.random.randint(len(self.translators)) if len(self.translators) > 1 else 0
        translator = self.translators[number]
        style = self.style if translator.styled else None
        if translator.styled and style is None:
            style = variant_style(frame, np.random.randint(self.variants))
        low, high = self.strength
        return translator, TranslationRequest(
            self.name,
            number,
            style,
            low if low == high else np.random.uniform(low, high),
            self.labels,
            self.min_consistency,
            translator.key(frame, style) if self.cache_dir else None,
        )

    def styles(self, translator: CachedTranslator, frame: bytes) -> list[int | None]:
        """The style of each translation that a frame can have.

        Args:
            translator: one of :attr:`translators`.
            frame: :func:`cache.frame_digest` of it, as it comes into this transform.
        """
        if not translator.styled:
            return [None]
        if self.style is not None:
            return [self.style]
        return [variant_style(frame, k) for k in range(self.variants)]

    def _make(
        self,
        translator: CachedTranslator,
        request: TranslationRequest,
        image: np.ndarray,
        ids: np.ndarray,
        where: str,
    ) -> tuple[np.ndarray, np.ndarray]:
        info = get_worker_info()
        if self.device == 'cuda' and info is not None:
            raise InputError(
                "SemGANTranslate(device='cuda') in a worker process, where no GPU can be used: "
                f'add {HOOK} to the config and let the Runner build the dataset'
            )
        start = time.perf_counter()
        made = translator.translator.translate(image, ids, where, style=request.style or 0)
        self.counts.add('made', seconds=time.perf_counter() - start)
        return made if request.key is None else translator.write(request.key, *made)

    def expected(self, epochs: float) -> tuple[int, float]:
        """What so many passes over the dataset cost, at the rates seen so far, on one CPU core.

        With a cache, the first pass.

        Returns:
            The frames that workers translate anew, and the seconds that this takes; 0 where no
            worker translates.
        """
        totals = self.counts.totals()
        dataset = self._dataset and self._dataset()
        if dataset is None or self.by_batch or not totals['made']:
            return 0, 0.0
        missing = totals['made'] / (totals['made'] + totals['cached'])
        if self.cache_dir:
            epochs = min(epochs, 1)
        frames = round(len(dataset) * epochs * self.prob * missing)
        return frames, frames * self.counts.seconds() / totals['made']

    def name_rejected(self, where: str, agreement: float) -> None:
        """Counts a frame below ``min_consistency``; names it the first time in each process."""
        self.counts.add('rejected')
        if where not in self._named:
            self._named.add(where)
            print_log(
                f'SemGANTranslate: {where} served untranslated: {agreement:.1%} of its class map '
                f'survives translation, min_consistency is {self.min_consistency:.1%}',
                logger='current',
            )

    def __getstate__(self) -> dict:
        return self.__dict__ | dict(_dataset=None)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(ckpt={self.ckpts}, prob={self.prob}, '
            f'labels={self.labels!r}, style={self.style}, variants={self.variants}, '
            f'strength={self.strength}, min_consistency={self.min_consistency}, '
            f'cache_dir={self.cache_dir!r}, device={self.device!r})'
        )


def _hooks(runner: Runner) -> list:
    """The SemGANTranslateHooks of a runner."""
    kind = HOOKS.get('SemGANTranslateHook')
    return [hook for hook in runner.hooks if isinstance(hook, kind)]


def _has_hook(runner: Runner | None) -> bool:
    """Whether batches will be translated; stops a run that would train on raw frames."""
    if runner is None:
        return False
    if not _hooks(runner):
        raise InputError(
            "SemGANTranslate(device='cuda') only marks frames, and nothing translates them: add "
            f'{HOOK} to the config'
        )
    return True


def _require(name: str, value: object, holds: bool, allowed: str) -> None:
    if not holds:
        raise InputError(f'SemGANTranslate: {name} is {value!r}, but {allowed}')


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
