"""Complete checkpoints: on a CPU, a resumed training is bit-identical to an uninterrupted one."""

from pathlib import Path
from typing import cast

import torch
from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import CheckpointHook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from torch import Tensor

from ...core import files
from ...core.checks import require_whole
from ...core.errors import InputError
from ...models.pools import PairPool
from ...translator.checkpoint import CheckpointError
from ..ddp import unwrap
from .losses import NonFiniteLossError

POOLS = 'semgan_pools'
RATES = 'semgan_learning_rates'


@HOOKS.register_module()
class SemGANCheckpointHook(CheckpointHook):
    """mmengine's CheckpointHook that also saves the pools of all ranks, and writes atomically.

    M ranks can resume a checkpoint of N ranks: the pooled pairs are divided among them.

    Args:
        kwargs: arguments of CheckpointHook.

    Raises:
        InputError: at construction: ``interval`` is not a whole number. Before training:
            ``max_keep_ckpts`` is 1; a checkpoint would fall into an incomplete cycle of gradient
            accumulation, whose gradients are not saved; or the ranks are at different iterations.
        CheckpointError: when a checkpoint is loaded: keys or shapes of its weights are not those of
            the model.
        NonFiniteLossError: when a checkpoint is saved: a weight is not finite.

    Example:
        >>> cfg = dict(type='SemGANCheckpointHook', by_epoch=False, interval=1000)
        >>> HOOKS.build(cfg).interval
        1000
    """

    def __init__(self, **kwargs) -> None:
        kwargs.setdefault('backend_args', dict(backend=files.NAME))
        super().__init__(**kwargs)
        require_whole('SemGANCheckpointHook', 'interval', self.interval, -1)
        self._pools: dict[str, list] = {}
        self._saved_rates: dict[str, float] = {}

    def _save_checkpoint(self, runner: Runner) -> None:
        require_finite(runner)
        # All ranks call this method; rank 0 alone calls before_save_checkpoint.
        states = {name: pool.state_dict() for name, pool in _pools(runner).items()}
        ranks = all_gather_object(states)
        self._pools = {name: PairPool.merge([rank[name] for rank in ranks]) for name in states}
        super()._save_checkpoint(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        checkpoint[POOLS] = self._pools
        checkpoint[RATES] = learning_rates(runner)

    def before_train(self, runner: Runner) -> None:
        super().before_train(runner)
        if self.max_keep_ckpts == 1:
            raise InputError(
                'checkpoint.max_keep_ckpts is 1, but the only checkpoint would be deleted before '
                'the next one is written; use 2 or more, or -1 for all'
            )
        for name, wrapper in _optimizers(runner).items():
            for what, count in (
                ('checkpoint.interval', self.interval),
                ('max_iters', runner.max_iters),
            ):
                if count > 0 and count % wrapper._accumulative_counts:
                    raise InputError(
                        f'{what} is {count}, but {name} accumulate gradients over '
                        f'{wrapper._accumulative_counts} iterations, and gradients of an '
                        f'incomplete accumulation cycle are not saved; make {what} a multiple of '
                        'accumulative_counts'
                    )
        iterations = all_gather_object(runner.iter)
        if len(set(iterations)) > 1:
            raise InputError(
                f'the processes are at the iterations {iterations}, but all must go on from one '
                f'checkpoint; put the work dir ({runner.work_dir}) on a disk that all nodes share'
            )
        take_learning_rates(runner, self._saved_rates)
        if get_rank() == 0:
            # Files of a run that was killed while it saved.
            for part in Path(runner.work_dir).glob('.iter_*.part'):
                part.unlink(missing_ok=True)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        # mmengine loads the weights after this call, and ignores keys that do not fit.
        # Checkpoints of version 0.1.0 have the British spelling in the names of two modules.
        state = checkpoint['state_dict']
        for key in [key for key in state if key.startswith('colours_')]:
            state[key.replace('colours_', 'colors_', 1)] = state.pop(key)
        _require_weights_that_fit(unwrap(runner.model).state_dict(), checkpoint['state_dict'])
        if runner._resume:  # load_from alone starts with empty pools and the config's rates
            self._saved_rates = checkpoint.get(RATES, {})
            for name, state in checkpoint.get(POOLS, {}).items():
                _pools(runner)[name].load_state_dict(state, get_rank(), get_world_size())


def require_finite(runner: Runner) -> None:
    """Raises NonFiniteLossError if a weight is not finite, so that no checkpoint contains it."""
    state = unwrap(runner.model).state_dict()
    finite = torch.stack([value.isfinite().all().cpu() for value in state.values()])
    if not finite.all():
        name = next(name for name, good in zip(state, finite.tolist()) if not good)
        raise NonFiniteLossError(
            f'not finite after the update of iteration {runner.iter + 1}: the weights {name}; the '
            f'checkpoints in {runner.work_dir} are from before: go on from the last one with '
            '--resume and a lower learning rate or without --amp'
        )


def learning_rates(runner: Runner) -> dict[str, float]:
    """Learning rates in the config, by the name of the optimizer."""
    rates = {
        name: runner.cfg.optim_wrapper[name].get('optimizer', {}).get('lr')
        for name in _optimizers(runner).keys()  # noqa: SIM118  (the wrapper itself is not iterable)
    }
    return {name: rate for name, rate in rates.items() if rate}


def take_learning_rates(runner: Runner, saved: dict[str, float]) -> None:
    """Applies learning rates of the config that have changed since the checkpoint was saved.

    mmengine restores the learning rates of the checkpoint. This function multiplies rates and
    schedules by new / old.

    Args:
        runner: the runner, after it has loaded its checkpoint.
        saved: :func:`learning_rates` at the time when the checkpoint was saved.
    """
    for name, new in learning_rates(runner).items():
        old, wrapper = saved.get(name, new), _optimizers(runner)[name]
        if new == old:
            continue
        runner.logger.info(f'the learning rate of the {name} is {new} from here on, not {old}')
        for group in wrapper.optimizer.param_groups:
            for key in {'lr', 'initial_lr'} & set(group):
                group[key] *= new / old
        schedulers = runner.param_schedulers
        for scheduler in schedulers.get(name, []) if isinstance(schedulers, dict) else []:
            scheduler.base_values = [value * new / old for value in scheduler.base_values]
            scheduler._last_value = [
                g[scheduler.param_name] for g in wrapper.optimizer.param_groups
            ]


def _optimizers(runner: Runner) -> OptimWrapperDict:
    return cast(OptimWrapperDict, runner.optim_wrapper)


def _pools(runner: Runner) -> dict[str, PairPool]:
    pools = vars(unwrap(runner.model)).items()
    return {name: value for name, value in pools if isinstance(value, PairPool)}


def _require_weights_that_fit(own: dict[str, Tensor], given: dict[str, Tensor]) -> None:
    """Raises CheckpointError, which names the first difference, unless keys and shapes agree."""
    for what, keys in (('lacks', own.keys() - given.keys()), ('has', given.keys() - own.keys())):
        if keys:
            raise CheckpointError(
                f'the checkpoint {what} {sorted(keys)[0]} (and {len(keys) - 1} more), '
                f'which the model {"has" if what == "lacks" else "lacks"}; use the config that it '
                'was trained with'
            )
    for key, value in own.items():
        if value.shape != given[key].shape:
            raise CheckpointError(
                f'{key} is {tuple(given[key].shape)} in the checkpoint and {tuple(value.shape)} '
                'in the model; use the config that it was trained with'
            )
