"""Distributed training of a model whose networks have optimizers of their own."""

import torch
from mmengine.model import is_model_wrapper
from mmseg.registry import MODEL_WRAPPERS
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def unwrap(model: nn.Module) -> nn.Module:
    """The model inside whatever wrapper distributed training put around it."""
    return model.module if is_model_wrapper(model) else model


@MODEL_WRAPPERS.register_module()
class NetworksDDP(nn.Module):
    """Gives each network of a model its own DistributedDataParallel, outside the module tree.

    mmengine's MMSeparateDistributedDataParallel replaces the children by their wrappers, which
    changes the keys of checkpoints, and its resume then loads nothing without a word. Here the
    wrapped networks go into ``module.call``, a plain dict through which the model calls its
    networks: gradients are exchanged and the model's own keys never change.

    Args:
        module: a model with ``call``: dict of name to network.
        ddp: further arguments of DistributedDataParallel.
    """

    def __init__(self, module: nn.Module, **ddp) -> None:
        super().__init__()
        self.module = module
        device = next(module.parameters()).device
        ids = [torch.cuda.current_device()] if device.type == 'cuda' else None
        for name, network in module.call.items():
            # No network has buffers, so nothing is broadcast in forward.
            module.call[name] = DistributedDataParallel(
                network, device_ids=ids, broadcast_buffers=False, **ddp
            )

    def train_step(self, data: dict, optim_wrapper) -> dict:
        return self.module.train_step(data, optim_wrapper)

    def val_step(self, data: dict) -> list:
        return self.module.val_step(data)

    def test_step(self, data: dict) -> list:
        return self.module.test_step(data)
