"""Checkpoints that a training goes on from as if it had never stopped."""

from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from torch import Tensor

from .. import atomic_backend
from ..checkpoint import CheckpointError
from ..errors import InputError
from ..models.pool import PairPool
from ..models.wrapper import unwrap

POOLS = 'semgan_pools'


@HOOKS.register_module()
class SemGANCheckpointHook(CheckpointHook):
    """mmengine's CheckpointHook, with the pools of all ranks, and written atomically.

    Weights that do not fit the model to the last key stop the run. A checkpoint of N ranks is
    resumed by M: the pooled pairs are dealt out anew.

    Args:
        kwargs: of CheckpointHook.
    """

    def __init__(self, **kwargs):
        kwargs.setdefault('backend_args', dict(backend=atomic_backend.NAME))
        super().__init__(**kwargs)
        self._pools: dict[str, list] = {}

    def _save_checkpoint(self, runner: Runner) -> None:
        # Here all ranks pass; before_save_checkpoint is rank 0's alone.
        states = {name: pool.state_dict() for name, pool in _pools(runner).items()}
        ranks = all_gather_object(states)
        self._pools = {name: PairPool.merge([rank[name] for rank in ranks]) for name in states}
        super()._save_checkpoint(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        checkpoint[POOLS] = self._pools

    def before_train(self, runner: Runner) -> None:
        super().before_train(runner)
        for name, wrapper in runner.optim_wrapper.items():
            if self.interval % wrapper._accumulative_counts:
                raise InputError(
                    f'checkpoints are saved every {self.interval} iterations, but {name} gather '
                    f'gradients over {wrapper._accumulative_counts}, and half-gathered ones are '
                    'not saved; make checkpoint.interval a multiple of accumulative_counts'
                )

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        # Called before mmengine loads the weights, which it does without complaint at any key.
        _require_weights_that_fit(unwrap(runner.model).state_dict(), checkpoint['state_dict'])
        if runner._resume:  # other trainings start with empty pools
            for name, state in checkpoint.get(POOLS, {}).items():
                _pools(runner)[name].load_state_dict(state, get_rank(), get_world_size())


def _pools(runner: Runner) -> dict[str, PairPool]:
    pools = vars(unwrap(runner.model)).items()
    return {name: value for name, value in pools if isinstance(value, PairPool)}


def _require_weights_that_fit(own: dict[str, Tensor], given: dict[str, Tensor]) -> None:
    """Raises CheckpointError, naming what differs first, unless keys and shapes are the same."""
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
