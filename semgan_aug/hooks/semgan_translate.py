"""Translates by the batch, on the GPU, the frames that SemGANTranslate has marked."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from torch import Tensor

from ..cached_translator import CachedTranslator
from ..errors import InputError
from ..transforms.semgan_translate import SemGANTranslate
from ..translation_order import MarkedPath, TranslationOrder
from ..translator import Translator, load_translator

#: Batches whose consistencies stay on the device before the log waits for them.
PENDING = 50
#: Threads that put translations into the cache, and translations that may wait for them.
WRITERS, WAITING = 2, 16


@HOOKS.register_module()
class SemGANTranslateHook(Hook):
    """The second line in a user's config that goes with ``SemGANTranslate(device='cuda')``.

    Batches come from the loader as raw uint8 frames; those that the transform marked are translated
    in the main process, before the model's data preprocessor sees them: with any worker start
    method, any number of workers, under DDP (each rank on its own GPU) and AMP. How many frames
    were translated, cached and gated goes into the training log, whichever way they took.

    Args:
        device: of the translators; None is that of the model.

    Raises:
        InputError: at start: a transform other than ``PackSegInputs`` follows the marking one (it
            would see the raw frame), or packing drops ``img_path``, which carries the mark.
    """

    def __init__(self, device: str | None = None):
        self.device = device and torch.device(device)
        self._steps: dict[str, list[SemGANTranslate]] = {}
        self._loaded: dict[str, Translator] = {}
        self._pending: list[tuple[SemGANTranslate, str, Tensor]] = []
        self._writers: ThreadPoolExecutor | None = None
        self._writing: list[Future] = []

    def before_run(self, runner: Runner) -> None:
        self.device = self.device or next(runner.model.parameters()).device
        for mode, loop in (
            ('train', runner._train_loop),
            ('val', runner._val_loop),
            ('test', runner._test_loop),
        ):
            dataset = getattr(getattr(loop, 'dataloader', None), 'dataset', None)
            self._steps[mode] = []
            for pipeline in pipelines(dataset):
                self._steps[mode] += _checked(list(_flat(pipeline)))
        for step in sum(self._steps.values(), []):
            for cached in step.translators if step.by_batch else ():
                self._translator(cached)

    def _translator(self, cached: CachedTranslator) -> Translator:
        if cached.ckpt not in self._loaded:
            self._loaded[cached.ckpt] = load_translator(cached.ckpt, str(self.device))
        return self._loaded[cached.ckpt]

    def _before_iter(self, runner, batch_idx: int, data_batch=None, mode: str = 'train') -> None:
        if not any(step.by_batch for step in self._steps[mode]):
            return
        groups = defaultdict(list)
        for i, sample in enumerate(data_batch['data_samples']):
            path = sample.metainfo.get('img_path')
            if isinstance(path, MarkedPath):
                order, size = path.order, tuple(data_batch['inputs'][i].shape)
                groups[order.transform, order.translator, size].append((i, path, order))
        for (transform, number, _), marked in groups.items():
            step = next(s for s in self._steps[mode] if s.name == transform)
            self._translate(step, step.translators[number], marked, data_batch)

    def _translate(
        self,
        step: SemGANTranslate,
        cached: CachedTranslator,
        marked: list[tuple[int, str, TranslationOrder]],
        batch: dict,
    ) -> None:
        """Translates the marked samples of a batch, all of one size and translator, in place."""
        inputs, samples = batch['inputs'], batch['data_samples']
        maps = [samples[i].gt_sem_seg for i, _, _ in marked]
        images = self._stack([inputs[i] for i, _, _ in marked])
        ids = self._stack([m.data[0] for m in maps]).to(torch.uint8)
        styles = [order.style or 0 for _, _, order in marked]
        made = self._translator(cached).translate_batch(images, ids, styles)
        step.counts.add('made', len(marked))
        for (i, path, order), target, *frame in zip(marked, maps, images, ids, *made):
            image, new_ids, agreement = order.finish(*frame)
            inputs[i] = image
            target.data = new_ids[None].to(target.data.dtype)
            if agreement is not None:
                self._pending.append((step, path, agreement))
            if order.key is not None:
                self._keep(cached, order.key, *frame[2:])
        if len(self._pending) > PENDING:
            self._name_gated()

    def _keep(self, cached: CachedTranslator, key: bytes, image: Tensor, ids: Tensor) -> None:
        self._writers = self._writers or ThreadPoolExecutor(WRITERS)
        if len(self._writing) >= WAITING:
            self._writing.pop(0).result()
        frame = image.permute(1, 2, 0).cpu().numpy(), ids.cpu().numpy()
        self._writing.append(self._writers.submit(cached.write, key, *frame))

    def _stack(self, tensors: list[Tensor]) -> Tensor:
        # Moved one by one: a loader that pins its batches then copies beside the GPU's work.
        return torch.stack([t.to(self.device, non_blocking=True) for t in tensors])

    def _name_gated(self) -> None:
        """Waits for the device, counts and names the frames below ``min_consistency``."""
        pending, self._pending = self._pending, []
        for step, path, agreement in pending:
            if agreement < step.min_consistency:
                step.name_gated(path, float(agreement))

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None):
        steps = self._steps['train']
        if not steps:
            return
        for key in ('made', 'cached', 'gated', 'left'):
            total = sum(step.counts.totals()[key] for step in steps)
            runner.message_hub.update_scalar(f'train/frames_{key}', total)

    def after_run(self, runner: Runner) -> None:
        self._name_gated()
        while self._writing:
            self._writing.pop(0).result()
        for step in sum(self._steps.values(), []):
            runner.logger.info(f'SemGANTranslate: {step.counts}')


def pipelines(dataset: object) -> Iterator[list]:
    """The lists of transforms of a dataset and of those that it wraps."""
    pipeline = getattr(dataset, 'pipeline', None)
    transforms = getattr(pipeline, 'transforms', pipeline)
    if isinstance(transforms, list):
        yield transforms
    for name, inner in getattr(dataset, '__dict__', {}).items():
        for one in inner if isinstance(inner, (list, tuple)) else [inner]:
            wrapped = hasattr(one, '__getitem__') and hasattr(one, '__dict__')
            if wrapped and name != 'pipeline' and not isinstance(one, Tensor):
                yield from pipelines(one)


def _flat(transforms: list) -> Iterator[object]:
    """Transforms in the order in which they run, out of wrappers such as RandomApply."""
    for transform in transforms:
        inner = getattr(transform, 'transforms', None)
        inner = getattr(inner, 'transforms', inner)
        yield from _flat(inner) if isinstance(inner, (list, tuple)) else [transform]


def _checked(transforms: list) -> list[SemGANTranslate]:
    """The SemGANTranslates of a pipeline, whose marks must reach the hook."""
    found = [t for t in transforms if isinstance(t, SemGANTranslate)]
    for step in found:
        if not step.by_batch:
            continue
        after = [type(t).__name__ for t in transforms[transforms.index(step) + 1 :]]
        others = [name for name in after if name != 'SemGANTranslate']
        if len(others) != 1 or not others[0].startswith('Pack'):
            raise InputError(
                f"after SemGANTranslate(device='cuda') comes {', '.join(others) or 'nothing'}, "
                'but only PackSegInputs may, for all else would see the raw frame: move '
                'SemGANTranslate, or leave out device to translate in the workers'
            )
        if 'img_path' not in getattr(transforms[-1], 'meta_keys', ('img_path',)):
            raise InputError(
                f'{others[0]} drops img_path, which tells SemGANTranslateHook what to translate: '
                "add 'img_path' to its meta_keys"
            )
    return found
