"""One optimizer for both generators, one for both discriminators."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper, OptimWrapperDict
from mmseg.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS
from torch import nn

from ..core.errors import InputError, user_message
from .ddp import unwrap


@OPTIM_WRAPPERS.register_module()
class LossScaleOptimWrapper(AmpOptimWrapper):
    """mmengine's AmpOptimWrapper for networks that cast by themselves: it only scales the loss.

    float16 gradients need it, bfloat16 ones do not. Unlike its parent it runs on a CPU, too. A
    step whose gradients overflow is left out and the scale is halved, without waiting for the
    device if the optimizer is fused.

    Args:
        init_scale: what the loss is multiplied by at first.
        kwargs: of OptimWrapper.
    """

    def __init__(self, init_scale: float = 2.0**16, **kwargs) -> None:
        OptimWrapper.__init__(self, **kwargs)
        device = self.optimizer.param_groups[0]['params'][0].device.type
        self.loss_scaler = torch.amp.GradScaler(device, init_scale=init_scale)
        self._scale_update_param = self.cast_dtype = None


@OPTIM_WRAPPERS.register_module()
class Bfloat16OptimWrapper(OptimWrapper):
    """mmengine's OptimWrapper whose forward passes run under autocast to bfloat16, on any device.

    For segmenters on CPUs with matrix units; AmpOptimWrapper refuses to run without a GPU.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(device, torch.bfloat16):
            yield


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class SemGANOptimWrapperConstructor:
    """Builds the optimizers of a :class:`SemGAN` from a config with two entries.

    Example::

        adam = dict(type='Adam', lr=2e-4, betas=(0.5, 0.999))
        optim_wrapper = dict(
            constructor='SemGANOptimWrapperConstructor',
            generators=dict(optimizer=adam),
            discriminators=dict(optimizer=adam))

    Networks in float16 get a :class:`LossScaleOptimWrapper`, and Adam on a GPU is fused: one
    kernel for all weights.

    Raises:
        InputError: the config has other entries than these two, or one that cannot be built.
    """

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None) -> None:
        if set(optim_wrapper_cfg) != {'generators', 'discriminators'}:
            raise InputError(
                f'optim_wrapper has the entries {sorted(optim_wrapper_cfg)}, but SemGAN needs '
                "exactly 'generators' and 'discriminators', each dict(optimizer=dict(...))"
            )
        if paramwise_cfg is not None:
            raise InputError('paramwise_cfg is not supported by SemGAN; remove it from the config')
        self.cfg = optim_wrapper_cfg

    def __call__(self, model: nn.Module) -> OptimWrapperDict:
        unwrapped = unwrap(model)
        wrappers = {}
        for name, networks in (
            ('generators', unwrapped.generators),
            ('discriminators', unwrapped.discriminators),
        ):
            cfg = dict(self.cfg[name])
            optimizer = dict(cfg.pop('optimizer'))
            optimizer['params'] = [p for net in networks for p in net.parameters()]
            params = optimizer['params']
            if optimizer.get('type') in ('Adam', 'AdamW') and params[0].is_cuda:
                optimizer.setdefault('fused', True)
            half = any(getattr(net, 'amp_dtype', None) == torch.float16 for net in networks)
            cfg.setdefault('type', 'LossScaleOptimWrapper' if half else 'OptimWrapper')
            try:
                built = OPTIMIZERS.build(optimizer)
                if cfg.get('accumulative_counts', 1) < 1:
                    raise ValueError('accumulative_counts is below 1')
                wrappers[name] = OPTIM_WRAPPERS.build(cfg, default_args=dict(optimizer=built))
            except (ValueError, TypeError, KeyError) as error:
                raise InputError(
                    f'optim_wrapper.{name} of the config is refused ({user_message(error)}); '
                    'correct it'
                ) from error
        return OptimWrapperDict(**wrappers)
