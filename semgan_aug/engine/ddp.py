"""Distributed training (DDP) of a model whose networks belong to several optimizers."""

from typing import Any, cast

import torch
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapperDict
from mmseg.registry import MODEL_WRAPPERS
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from ..models.base import UnpairedTranslation


def unwrap(model: nn.Module) -> UnpairedTranslation:
    """Returns the model without the wrapper of distributed training."""
    return cast(UnpairedTranslation, model.module if is_model_wrapper(model) else model)


@MODEL_WRAPPERS.register_module()
class NetworksDDP(nn.Module):
    """Wraps each network of a model in a DistributedDataParallel, outside the module tree.

    mmengine's MMSeparateDistributedDataParallel replaces the networks by their wrappers. This
    changes the keys of checkpoints, so that a resume loads no weights and gives no warning. Here
    the wrapped networks are stored in ``module.call``, the plain dict through which the model calls
    its networks. So gradients are averaged over the ranks, and checkpoints have the same keys as
    those of one process.

    Args:
        module: the model.
        ddp: further arguments of DistributedDataParallel.

    Example:
        A config names the wrapper with its scope, because mmengine looks wrappers up in its own
        registry:

        >>> from mmengine.registry import MODEL_WRAPPERS
        >>> model_wrapper_cfg = dict(type='mmseg.NetworksDDP')
        >>> MODEL_WRAPPERS.get(model_wrapper_cfg['type']).__name__
        'NetworksDDP'
    """

    def __init__(self, module: UnpairedTranslation, **ddp) -> None:
        super().__init__()
        self.module: UnpairedTranslation = module
        device = next(module.parameters()).device
        ids = [torch.cuda.current_device()] if device.type == 'cuda' else None
        for name, network in module.call.items():
            # No buffer of the networks changes in training, so none has to be broadcast.
            module.call[name] = DistributedDataParallel(
                network, device_ids=ids, broadcast_buffers=False, **ddp
            )

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict:
        return self.module.train_step(data, optim_wrapper)

    def val_step(self, data: dict) -> Any:
        return self.module.val_step(data)

    def test_step(self, data: dict) -> Any:
        return self.module.test_step(data)
