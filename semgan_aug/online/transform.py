"""SemGANTranslate: the transform in a user's config that translates source frames."""

import time
import uuid
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log
from mmengine.runner import Runner
from mmseg.registry import HOOKS, TRANSFORMS
from torch.utils.data import get_worker_info

from ..core.checks import (
    is_number,
    is_whole,
    require,
    require_choice,
    require_share,
    require_whole,
)
from ..core.encoding import check_ids
from ..core.errors import InputError
from ..core.pair_checks import pair_name, require_pair
from .build_context import building_dataset, building_runner
from .cache_entry import FORMATS
from .cache_folder import default_cache_dir
from .cached_translator import CachedTranslator
from .counts import TranslationCounts
from .keys import MAX_STYLE, frame_digest, translation_key, variant_style
from .marked_path import MarkedPath
from .request import TranslationRequest

if TYPE_CHECKING:
    from .hook import SemGANTranslateHook

LABELS = ('translated', 'source')
DEVICES = ('cpu', 'cuda')
HOOK = "custom_hooks=[dict(type='SemGANTranslateHook')]"


@TRANSFORMS.register_module()
class SemGANTranslate(BaseTransform):
    """Translates the image and its class map with a trained SemGAN.

    A translation comes from one of three places (docs/translation.md): from the cache, if the frame
    was translated before; from the worker, on one CPU core; or, with ``device='cuda'``, from
    :class:`SemGANTranslateHook`, which translates batches of marked frames on the GPU.

    Put the transform after ``LoadAnnotations`` and before photometric changes and normalization.
    Put it before random crops, because the cache helps only if frames come again. With
    ``device='cuda'``, put it right before ``PackSegInputs``. Checkpoints are loaded when the
    pipeline is built, so a wrong one stops the run at once. Workers may be started with ``fork`` or
    ``spawn``.

    Required Keys:

    - img (np.uint8, (H, W, 3), BGR)
    - gt_seg_map (np.uint8, (H, W); 255 = ignore)

    Modified Keys:

    - img
    - gt_seg_map (with ``labels='translated'``)
    - img_path (with ``device='cuda'``: the same text with a mark for the hook)

    Added Keys:

    - semgan_translated (bool): whether this sample is translated (with ``device='cuda'``: whether
      it will be, unless ``min_consistency`` rejects it).

    Args:
        ckpt: a checkpoint of ``tools/train_semgan.py`` or its ``.safetensors`` export, as a path or
            a URI of mmengine's file backends; or a list of these, of which one is drawn for each
            sample.
        prob: probability that a frame is translated, 0 ... 1. It is drawn anew each time a frame is
            loaded.
        labels: 'translated' uses the generator's class map, which fits the translated image;
            'source' keeps the class map of the source frame.
        style: number of a target frame. All translations take its class colors. None: each frame
            has ``variants`` styles. No effect without class colors.
        variants: number of different translations of a frame. One of them is drawn each time the
            frame is loaded. A frame always has the same variants.
        min_consistency: 0 ... 1. If less than this share of the labeled pixels keeps its class, the
            source frame is used instead. Such frames are counted and named in the log.
        cache_dir: folder of the translated frames. Any number of workers, ranks, machines and
            translators may share it. None: ``$SEMGAN_CACHE``, or ``semgan_aug`` in the user's cache
            folder; but no cache with ``device='cuda'``, where frames are mostly random crops. '':
            no cache.
        cache_max_bytes: greatest size of this folder. Each worker measures the folder before its
            first file, and again after it has written 1/16 of the free space. If the folder is
            full, further frames are translated each time.
        cache_format: 'png', or 'jpeg' (quality 95: less exact, faster, a third of the size).
        device: 'cpu'; or 'cuda': the hook translates on the GPU.

    Raises:
        CheckpointError: at construction: as in :func:`translator.load_translator`.
        InputError: at construction: an argument is not allowed; the checkpoint's classes differ
            from those of the pipeline's dataset; or ``device='cuda'`` in a run without the hook. At
            use: image or class map is missing, they differ in size, or the class map holds ids
            outside the classes.

    Example:
        >>> train_pipeline = [
        ...     dict(type='LoadImageFromFile'),
        ...     dict(type='LoadAnnotations'),
        ...     dict(type='SemGANTranslate', ckpt='translator.safetensors', prob=1.0),
        ...     dict(type='PackSegInputs')]
        >>> step = TRANSFORMS.build(train_pipeline[2])
        >>> frame = dict(
        ...     img=np.zeros((32, 64, 3), np.uint8), gt_seg_map=np.zeros((32, 64), np.uint8))
        >>> results = step(frame)
        >>> results['img'].shape, results['gt_seg_map'].shape, results['semgan_translated']
        ((32, 64, 3), (32, 64), True)
    """

    def __init__(
        self,
        ckpt: str | Sequence[str],
        prob: float = 1.0,
        labels: str = 'translated',
        style: int | None = None,
        variants: int = 4,
        min_consistency: float = 0.0,
        cache_dir: str | None = None,
        cache_max_bytes: float = 50_000_000_000,
        cache_format: str = 'png',
        device: str = 'cpu',
    ) -> None:
        ckpts = list(ckpt) if isinstance(ckpt, (list, tuple)) else [ckpt]
        owner = 'SemGANTranslate'
        named = len(ckpts) > 0 and all(isinstance(c, (str, Path)) and str(c) for c in ckpts)
        require(owner, 'ckpt', ckpt, 'the path of one checkpoint or a list of several', named)
        require_share(owner, 'prob', prob)
        require_choice(owner, 'labels', labels, LABELS)
        allowed = f'None or a whole number from 0 to {MAX_STYLE}'
        require(owner, 'style', style, allowed, style is None or is_whole(style, 0, MAX_STYLE))
        require_whole(owner, 'variants', variants, 1, MAX_STYLE)
        require_share(owner, 'min_consistency', min_consistency)
        named = cache_dir is None or isinstance(cache_dir, (str, Path))
        require(owner, 'cache_dir', cache_dir, 'None or the name of a folder', named)
        fits = is_number(cache_max_bytes) and 0 <= cache_max_bytes < 2**62
        require(owner, 'cache_max_bytes', cache_max_bytes, '0 or more', fits)
        require_choice(owner, 'cache_format', cache_format, tuple(FORMATS))
        require_choice(owner, 'device', device, DEVICES)
        self.ckpts = [str(c) for c in ckpts]
        self.prob = prob
        self.labels = labels
        self.style = style
        self.variants = variants
        self.min_consistency = min_consistency
        if cache_dir is None:
            cache_dir = default_cache_dir() if device == 'cpu' else ''
        self.cache_dir = str(cache_dir)
        self.device = device
        runner, dataset = building_runner(), building_dataset()
        #: Whether this transform only marks frames, which the hook then translates.
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
        self._dataset = weakref.ref(dataset) if dataset is not None else None
        self.counts = TranslationCounts()
        #: A unique id. A marked frame carries it, so that the hook finds the transform in the main
        #: process.
        self.name = uuid.uuid4().hex
        if runner is not None:
            print_log(f'SemGANTranslate: {self.source_of_translations()}', logger='current')
            if not _hooks(runner):  # the hook logs the counts, so a run without it gets one
                runner.register_hook(dict(type='SemGANTranslateHook'))
            _hooks(runner)[0].add(self)

    def _check_classes(self, wanted: Sequence[str] | None) -> None:
        """Raises InputError unless all translators have the dataset's classes.

        Args:
            wanted: classes of the dataset. None: all translators must have equal classes.
        """
        for translator in self.translators:
            wanted = list(wanted or translator.classes)
            if translator.classes != wanted:
                raise InputError(
                    f'{translator.ckpt} translates the classes {translator.classes}, but the '
                    f'dataset has {wanted}; use a checkpoint trained on the same classes in the '
                    'same order'
                )

    def source_of_translations(self) -> str:
        """A sentence for the log: where translations come from, and the reason."""
        kept = f'kept in {self.cache_dir}' if self.cache_dir else 'not kept (cache_dir is empty)'
        if self.by_batch:
            return f"SemGANTranslateHook translates batches (device='cuda'); frames are {kept}"
        return (
            f'what is not in the cache is translated on the {self.device} by the process that '
            f"loads it (device='{self.device}'); frames are {kept}"
        )

    def dataset(self) -> BaseDataset | None:
        """The dataset of this transform's pipeline; known only in the process that built it."""
        return None if self._dataset is None else self._dataset()

    def transform(self, results: dict) -> dict:
        """Translates a sample, or marks it for the hook.

        Args:
            results: the sample in the pipeline; changed in place.

        Returns:
            ``results`` in one of three forms. Translated: image and class map are replaced,
            ``semgan_translated`` is True. Marked for the hook (``device='cuda'`` and not in the
            cache): image and class map are the source's, ``img_path`` carries the request,
            ``semgan_translated`` is True. Untranslated (not drawn, or below ``min_consistency``):
            image and class map are the source's, ``semgan_translated`` is False.

        Raises:
            InputError: see the class.
        """
        require_pair(results, 'SemGANTranslate')
        results['semgan_translated'] = bool(np.random.rand() < self.prob)
        if not results['semgan_translated']:
            self.counts.add('skipped')
            return results
        image, ids = results['img'], results['gt_seg_map']
        translator, request = self._draw(frame_digest(image, ids))
        found = translator.read(request.key)
        if found is not None:
            self.counts.add('cached')
        elif self.by_batch:
            check_ids(ids, len(translator.classes), f'the class map of {pair_name(results)}')
            results['img_path'] = MarkedPath.mark(results.get('img_path', ''), request)
            return results
        else:
            found = self._translate(translator, request, image, ids, pair_name(results))
        frame = [torch.from_numpy(np.ascontiguousarray(a)) for a in (image, ids, *found)]
        new_image, new_ids, agreement = request.finish(*frame)
        if agreement is not None and agreement < self.min_consistency:
            results['semgan_translated'] = False
            self.counts.reject(pair_name(results), float(agreement), self.min_consistency)
        results['img'], results['gt_seg_map'] = new_image.numpy(), new_ids.numpy()
        return results

    def _draw(self, frame: bytes) -> tuple[CachedTranslator, TranslationRequest]:
        """Makes all random choices for one frame.

        Args:
            frame: :func:`keys.frame_digest` of the frame.
        """
        number = np.random.randint(len(self.translators)) if len(self.translators) > 1 else 0
        translator = self.translators[number]
        style = self.style if translator.styled else None
        if translator.styled and style is None:
            style = variant_style(frame, np.random.randint(self.variants))
        key = translation_key(frame, style)
        return translator, TranslationRequest(
            self.name, number, style, self.labels, self.min_consistency, key
        )

    def styles(self, translator: CachedTranslator, frame: bytes) -> list[int | None]:
        """Lists the styles of all translations that a frame can have.

        Args:
            translator: one of :attr:`translators`.
            frame: :func:`keys.frame_digest` of the frame that enters this transform.
        """
        if not translator.styled:
            return [None]
        if self.style is not None:
            return [self.style]
        return [variant_style(frame, k) for k in range(self.variants)]

    def _translate(
        self,
        translator: CachedTranslator,
        request: TranslationRequest,
        image: np.ndarray,
        ids: np.ndarray,
        where: str,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Translates a frame in this process and stores the translation in the cache."""
        if self.device == 'cuda' and get_worker_info() is not None:
            raise InputError(
                "SemGANTranslate(device='cuda') in a worker process, where no GPU can be used: "
                f'add {HOOK} to the config and let the Runner build the dataset'
            )
        start = time.perf_counter()
        made = translator.translator.translate(image, ids, where, style=request.style or 0)
        self.counts.add('made', seconds=time.perf_counter() - start)
        return translator.write(request.key, *made)

    def __getstate__(self) -> dict:
        return self.__dict__ | dict(_dataset=None)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(ckpt={self.ckpts}, prob={self.prob}, '
            f'labels={self.labels!r}, style={self.style}, variants={self.variants}, '
            f'min_consistency={self.min_consistency}, cache_dir={self.cache_dir!r}, '
            f'device={self.device!r})'
        )


def _hooks(runner: Runner) -> list['SemGANTranslateHook']:
    """The SemGANTranslateHooks of a runner."""
    kind = cast(type['SemGANTranslateHook'], HOOKS.get('SemGANTranslateHook'))
    return [hook for hook in runner.hooks if isinstance(hook, kind)]


def _has_hook(runner: Runner | None) -> bool:
    """Whether a Runner builds the transform; raises InputError if that Runner lacks the hook."""
    if runner is None:
        return False
    if not _hooks(runner):
        raise InputError(
            "SemGANTranslate(device='cuda') only marks frames, and nothing translates them: add "
            f'{HOOK} to the config'
        )
    return True
