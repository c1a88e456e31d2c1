"""Checkpoints that a training goes on from as if it had never stopped."""

from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import CheckpointHook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from .. import atomic_backend
from ..models.pool import PairPool

POOLS = 'semgan_pools'


@HOOKS.register_module()
class SemGANCheckpointHook(CheckpointHook):
    """mmengine's CheckpointHook, with the pools of all ranks, and written atomically.

    A checkpoint of N ranks is resumed by M: the pooled pairs are dealt out anew.

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

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        if runner._resume:  # other trainings start with empty pools
            for name, state in checkpoint.get(POOLS, {}).items():
                _pools(runner)[name].load_state_dict(state, get_rank(), get_world_size())


def _pools(runner: Runner) -> dict[str, PairPool]:
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    return {name: value for name, value in vars(model).items() if isinstance(value, PairPool)}
