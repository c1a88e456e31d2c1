"""Translates by the batch, on the GPU, the frames that SemGANTranslate has marked."""

from collections import defaultdict
from collections.abc import Iterator, ValuesView
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from mmseg.structures import SegDataSample
from torch import Tensor

from ..core.errors import InputError
from ..translator.translator import Translator
from .cached_translator import CachedTranslator
from .cold_epoch_warning import ColdEpoch
from .counts import COUNTED
from .request import MarkedPath, TranslationRequest
from .transform import SemGANTranslate

#: Frames whose consistencies stay on the device before the log waits for them.
PENDING = 50
#: Threads that put translations into the cache, and translations that may wait for them.
WRITERS, WAITING = 2, 16


class Marked(NamedTuple):
    """A sample of a batch that waits for its translation."""

    inputs: list | Tensor
    index: int
    sample: SegDataSample
    path: str
    request: TranslationRequest


@HOOKS.register_module()
class SemGANTranslateHook(Hook):
    """The second line in a user's config that goes with ``SemGANTranslate(device='cuda')``.

    Batches come from the loader as raw uint8 frames; those that the transform marked are translated
    in the main process, before the model's data preprocessor sees them: with any worker start
    method, any number of workers, under DDP (each rank on its own GPU) and AMP. How many frames
    were translated, cached and gated goes into the training log, whichever way they took.

    Args:
        device: of the translators; None is that of the model.
        compile: see :meth:`Translator.compile`; for batches and crops of one size.

    Raises:
        InputError: at start: a transform other than ``PackSegInputs`` follows the marking one (it
            would see the raw frame), packing drops ``img_path``, which carries the mark, or the
            transform is inside something that this hook cannot look into. At use: a marked sample
            of a transform that no loader of this run has.
    """

    def __init__(self, device: str | None = None, compile: bool = False) -> None:
        self.device = device and torch.device(device)
        self.compile = compile
        self._steps: dict[str, SemGANTranslate] = {}
        self._loaded: dict[str, CachedTranslator] = {}
        self._pending: list[tuple[SemGANTranslate, str, Tensor]] = []
        self._writers: ThreadPoolExecutor | None = None
        self._writing: list[Future] = []
        self._cold_epoch = ColdEpoch()

    def add(self, step: SemGANTranslate) -> None:
        """Takes care of a transform of this run; it says so itself when it is built."""
        self._steps[step.name] = step

    def before_run(self, runner: Runner) -> None:
        self.device = self.device or next(runner.model.parameters()).device
        seen: set[int] = set()
        found = [
            step.name
            for loop in (runner._train_loop, runner._val_loop, runner._test_loop)
            for pipeline in pipelines(getattr(loop, 'dataloader', None), seen)
            for step in _check_order(list(_flat(pipeline)))
        ]
        for step in self._steps.values():
            if step.by_batch and step.name not in found:
                raise InputError(
                    "SemGANTranslate(device='cuda') is inside a dataset or transform that "
                    'SemGANTranslateHook cannot look into, so what follows it is not known: put '
                    'it into the pipeline itself, right before PackSegInputs'
                )
            for cached in step.translators if step.by_batch else ():
                self._translator(cached)

    def _translator(self, cached: CachedTranslator) -> Translator:
        """On the hook's device; loaded once, however many transforms use it."""
        if cached.ckpt not in self._loaded:
            self._loaded[cached.ckpt] = cached.on(str(self.device), self.compile)
        return self._loaded[cached.ckpt].translator

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        self._cold_epoch.begin_step()
        super().before_train_iter(runner, batch_idx, data_batch)

    def _before_iter(self, runner, batch_idx: int, data_batch=None, mode: str = 'train') -> None:
        groups = defaultdict(list)
        for inputs, samples in _batches(data_batch):
            for i, sample in enumerate(samples):
                path = sample.metainfo.get('img_path')
                if isinstance(path, MarkedPath):
                    sample.set_metainfo(dict(img_path=str(path)))  # done once
                    group = path.request.transform, path.request.translator, tuple(inputs[i].shape)
                    groups[group].append(Marked(inputs, i, sample, str(path), path.request))
        for (transform, number, _), marked in groups.items():
            step = self._steps.get(transform)
            if step is None:
                raise InputError(
                    f'{marked[0].path} is marked by a SemGANTranslate that this Runner did not '
                    'build; let the Runner build the dataset from the config'
                )
            self._translate(step, step.translators[number], marked)

    def _translate(
        self, step: SemGANTranslate, cached: CachedTranslator, marked: list[Marked]
    ) -> None:
        """Translates marked samples, all of one size and translator, in place."""
        maps = [m.sample.gt_sem_seg for m in marked]
        images = self._stack([m.inputs[m.index] for m in marked])
        ids = self._stack([m.data[0] for m in maps]).to(torch.uint8)
        styles = [m.request.style or 0 for m in marked]
        made = self._translator(cached).translate_batch(images, ids, styles)
        step.counts.add('made', len(marked))
        for one, target, *frame in zip(marked, maps, images, ids, *made):
            image, new_ids, agreement = one.request.finish(*frame)
            one.inputs[one.index] = image
            target.data = new_ids[None].to(target.data.dtype)
            if agreement is not None:
                self._pending.append((step, one.path, agreement))
            if one.request.key is not None:
                self._keep(cached, one.request.key, *frame[2:])
        if len(self._pending) > PENDING:
            self._name_rejected()

    def _keep(self, cached: CachedTranslator, key: bytes, image: Tensor, ids: Tensor) -> None:
        self._writers = self._writers or ThreadPoolExecutor(WRITERS)
        if len(self._writing) >= WAITING:
            self._writing.pop(0).result()
        frame = image.permute(1, 2, 0).cpu().numpy(), ids.cpu().numpy()
        self._writing.append(self._writers.submit(cached.write, key, *frame))

    def _stack(self, tensors: list[Tensor]) -> Tensor:
        # Moved one by one: a loader that pins its batches then copies beside the GPU's work.
        return torch.stack([t.to(self.device, non_blocking=True) for t in tensors])

    def _name_rejected(self) -> None:
        """Waits for the device, counts and names the frames below ``min_consistency``."""
        pending, self._pending = self._pending, []
        for step, path, agreement in pending:
            if agreement < step.min_consistency:
                step.name_rejected(path, float(agreement))

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None):
        self._cold_epoch.end_step(runner, self._steps.values())
        totals = [step.counts.totals() for step in self._steps.values()]
        for key in COUNTED if totals else ():
            runner.message_hub.update_scalar(f'train/frames_{key}', sum(t[key] for t in totals))

    def after_run(self, runner: Runner) -> None:
        self._name_rejected()
        while self._writing:
            self._writing.pop(0).result()
        for step in self._steps.values():
            runner.logger.info(f'SemGANTranslate({", ".join(step.ckpts)}): {step.counts}')


def _batches(data_batch: object) -> Iterator[tuple]:
    """Inputs and samples of a batch, of one domain or of several."""
    if not isinstance(data_batch, dict) or 'data_samples' not in data_batch:
        return
    inputs, samples = data_batch['inputs'], data_batch['data_samples']
    if isinstance(samples, dict):
        for domain in samples:
            yield inputs[domain], samples[domain]
    else:
        yield inputs, samples


def pipelines(owner: object, seen: set[int]) -> Iterator[list]:
    """The lists of transforms of a dataset, or loader, and of the datasets that it wraps.

    Args:
        owner: where to begin.
        seen: ids of what was looked into; grows.
    """
    if id(owner) in seen:
        return
    seen.add(id(owner))
    pipeline = getattr(owner, 'pipeline', None)
    transforms = getattr(pipeline, 'transforms', pipeline)
    if isinstance(transforms, list):
        yield transforms
    for name, value in getattr(owner, '__dict__', {}).items():
        inner = value.values() if isinstance(value, dict) else value
        for one in inner if isinstance(inner, (list, tuple, ValuesView)) else [inner]:
            wrapped = hasattr(one, '__getitem__') and hasattr(one, '__dict__')
            if wrapped and name != 'pipeline' and not isinstance(one, Tensor):
                yield from pipelines(one, seen)


def _flat(transforms: list) -> Iterator[object]:
    """Transforms in the request in which they run, out of wrappers such as RandomApply."""
    for transform in transforms:
        inner = getattr(transform, 'transforms', None)
        inner = getattr(inner, 'transforms', inner)
        yield from _flat(inner) if isinstance(inner, (list, tuple)) else [transform]


def _check_order(transforms: list) -> list[SemGANTranslate]:
    """The transforms of a pipeline that mark; raises InputError unless packing comes next."""
    marking = [t for t in transforms if isinstance(t, SemGANTranslate) and t.by_batch]
    for step in marking:
        after = transforms[transforms.index(step) + 1 :]
        names = [type(t).__name__ for t in after]
        if len(names) != 1 or not names[0].startswith('Pack'):
            raise InputError(
                f"after SemGANTranslate(device='cuda') comes {', '.join(names) or 'nothing'}, but "
                'only PackSegInputs may, for all else would see the raw frame: move '
                'SemGANTranslate, or leave out device to translate in the workers'
            )
        if 'img_path' not in getattr(after[0], 'meta_keys', ('img_path',)):
            raise InputError(
                f'{names[0]} drops img_path, which tells SemGANTranslateHook what to translate: '
                "add 'img_path' to its meta_keys"
            )
    return marking
