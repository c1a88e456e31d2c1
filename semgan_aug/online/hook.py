"""SemGANTranslateHook: translates marked frames by the batch, on the GPU."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, cast

import torch
from mmengine.hooks import Hook
from mmengine.hooks.hook import DATA_BATCH
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from mmseg.structures import SegDataSample
from torch import Tensor

from ..core.errors import InputError
from ..translator.translator import Translator
from .cached_translator import CachedTranslator
from .cold_epoch_warning import ColdEpochWarning
from .counts import COUNTED
from .marked_path import MarkedPath
from .pipelines import marking_transforms
from .request import TranslationRequest
from .transform import SemGANTranslate

#: Number of frames whose consistencies stay on the device before the hook waits for them.
PENDING = 50
#: Number of threads that write translations to the cache.
WRITERS = 2
#: Greatest number of translations that wait for these threads.
WAITING = 16


class Marked(NamedTuple):
    """A sample of a batch that waits for its translation.

    Args:
        inputs: images of the batch; the translated image replaces the one at ``index``.
        index: index of the sample in the batch.
        sample: the sample's class map and metainfo.
        path: path of the sample's image.
        request: the choices for its translation.
    """

    inputs: list | Tensor
    index: int
    sample: SegDataSample
    path: str
    request: TranslationRequest


@HOOKS.register_module()
class SemGANTranslateHook(Hook):
    """Translates the frames that ``SemGANTranslate(device='cuda')`` has marked; logs the counts.

    A user adds this hook as a second line to the config. Batches come from the loader as raw uint8
    frames. The marked frames are translated in the main process, before the model's data
    preprocessor gets them. This works with any start method and number of workers, with DDP (each
    rank on its own GPU) and with AMP. The training log gets the numbers of frames that were
    translated, cached, rejected and skipped, by the hook and by the workers.

    Args:
        device: device of the translators; None is the device of the model.
        compile: see :meth:`Translator.compile`; useful for batches and crops of one size.

    Raises:
        InputError: at start: the transform after the marking one is not ``PackSegInputs`` (it would
            get the raw frame); packing drops ``img_path``, which carries the mark; or the
            transform is inside an object that this hook cannot inspect. At use: no transform of
            this run has marked the sample.

    Example:
        >>> custom_hooks = [dict(type='SemGANTranslateHook', compile=False)]
        >>> HOOKS.build(custom_hooks[0]).compile
        False
    """

    def __init__(self, device: str | None = None, compile: bool = False) -> None:
        self.device = None if device is None else torch.device(device)
        self.compile = compile
        self._transforms: dict[str, SemGANTranslate] = {}
        self._loaded: dict[str, CachedTranslator] = {}
        self._pending: list[tuple[SemGANTranslate, str, Tensor]] = []
        self._writers: ThreadPoolExecutor | None = None
        self._writing: list[Future] = []
        self._cold_epoch = ColdEpochWarning()

    def add(self, transform: SemGANTranslate) -> None:
        """Registers a transform. SemGANTranslate calls this in its constructor."""
        self._transforms[transform.name] = transform

    def before_run(self, runner: Runner) -> None:
        self.device = self.device or next(runner.model.parameters()).device
        loops = (runner._train_loop, runner._val_loop, runner._test_loop)
        found = marking_transforms([getattr(loop, 'dataloader', None) for loop in loops])
        names = {transform.name for transform in found}
        for transform in self._transforms.values():
            if transform.by_batch and transform.name not in names:
                raise InputError(
                    "SemGANTranslate(device='cuda') is inside a dataset or transform that "
                    'SemGANTranslateHook cannot look into, so what follows it is not known: put '
                    'it into the pipeline itself, right before PackSegInputs'
                )
            for cached in transform.translators if transform.by_batch else ():
                self._translator(cached)

    def _translator(self, cached: CachedTranslator) -> Translator:
        """The translator on the hook's device; it is loaded once for all transforms that use it."""
        if cached.ckpt not in self._loaded:
            self._loaded[cached.ckpt] = cached.on(str(self.device), self.compile)
        return self._loaded[cached.ckpt].translator

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: DATA_BATCH = None
    ) -> None:
        self._cold_epoch.begin_step()
        super().before_train_iter(runner, batch_idx, data_batch)

    def _before_iter(
        self, runner: Runner, batch_idx: int, data_batch: DATA_BATCH = None, mode: str = 'train'
    ) -> None:
        groups = defaultdict(list)
        for inputs, samples in _batches(data_batch):
            for i, sample in enumerate(samples):
                path = sample.metainfo.get('img_path')
                if isinstance(path, MarkedPath):
                    sample.set_metainfo(dict(img_path=str(path)))  # a second hook finds no mark
                    group = path.request.transform, path.request.translator, tuple(inputs[i].shape)
                    groups[group].append(Marked(inputs, i, sample, str(path), path.request))
        for (name, number, _), marked in groups.items():
            transform = self._transforms.get(name)
            if transform is None:
                raise InputError(
                    f'{marked[0].path} is marked by a SemGANTranslate that this Runner did not '
                    'build; let the Runner build the dataset from the config'
                )
            self._translate(transform, transform.translators[number], marked)

    def _translate(
        self, transform: SemGANTranslate, cached: CachedTranslator, marked: list[Marked]
    ) -> None:
        """Translates marked samples of one size and one translator, in place."""
        maps = [cast(Any, m.sample.gt_sem_seg) for m in marked]  # its fields are set at run time
        images = self._stack([m.inputs[m.index] for m in marked])
        ids = self._stack([m.data[0] for m in maps]).to(torch.uint8)
        styles = [m.request.style or 0 for m in marked]
        made = self._translator(cached).translate_batch(images, ids, styles)
        transform.counts.add('made', len(marked))
        for one, target, *frame in zip(marked, maps, images, ids, *made):
            image, new_ids, agreement = one.request.finish(*frame)
            one.inputs[one.index] = image
            target.data = new_ids[None].to(target.data.dtype)
            if agreement is not None:
                self._pending.append((transform, one.path, agreement))
            if cached.cache is not None:
                self._keep(cached, one.request.key, *frame[2:])
        if len(self._pending) > PENDING:
            self._name_rejected()

    def _keep(self, cached: CachedTranslator, key: bytes, image: Tensor, ids: Tensor) -> None:
        """Writes a translation to the cache, in another thread."""
        self._writers = self._writers or ThreadPoolExecutor(WRITERS)
        if len(self._writing) >= WAITING:
            self._writing.pop(0).result()
        frame = image.permute(1, 2, 0).cpu().numpy(), ids.cpu().numpy()
        self._writing.append(self._writers.submit(cached.write, key, *frame))

    def _stack(self, tensors: list[Tensor]) -> Tensor:
        # Moved one by one, so that pinned batches are copied while the GPU computes.
        return torch.stack([t.to(self.device, non_blocking=True) for t in tensors])

    def _name_rejected(self) -> None:
        """Waits for the device, then counts and logs the frames below ``min_consistency``."""
        pending, self._pending = self._pending, []
        for transform, path, agreement in pending:
            if agreement < transform.min_consistency:
                transform.counts.reject(path, float(agreement), transform.min_consistency)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: DATA_BATCH = None,
        outputs: dict | None = None,
    ) -> None:
        self._cold_epoch.end_step(runner, self._transforms.values())
        totals = [transform.counts.totals() for transform in self._transforms.values()]
        for key in COUNTED if totals else ():
            runner.message_hub.update_scalar(f'train/frames_{key}', sum(t[key] for t in totals))

    def after_run(self, runner: Runner) -> None:
        self._name_rejected()
        while self._writing:
            self._writing.pop(0).result()
        for transform in self._transforms.values():
            ckpts = ', '.join(transform.ckpts)
            runner.logger.info(f'SemGANTranslate({ckpts}): {transform.counts}')


def _batches(data_batch: object) -> Iterator[tuple]:
    """Yields inputs and samples of a batch, for its one domain (mmseg) or several domains."""
    if not isinstance(data_batch, dict) or 'data_samples' not in data_batch:
        return
    inputs, samples = data_batch['inputs'], data_batch['data_samples']
    if isinstance(samples, dict):
        for domain in samples:
            yield inputs[domain], samples[domain]
    else:
        yield inputs, samples
