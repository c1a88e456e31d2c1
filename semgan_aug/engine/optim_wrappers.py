"""Optimizer wrappers, and the constructor of the generators' and discriminators' optimizers."""

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
    """Scales the loss of networks that set their autocast dtype themselves (``amp_dtype``).

    Gradients in float16 need the scale; gradients in bfloat16 do not. Unlike mmengine's
    AmpOptimWrapper, this wrapper also runs on a CPU. If gradients overflow, the step is skipped and
    the scale is halved. A fused optimizer does this without a wait for the device.

    Args:
        init_scale: initial factor of the loss.
        kwargs: arguments of mmengine's OptimWrapper.

    Example:
        >>> parameter = torch.nn.Parameter(torch.zeros(1))
        >>> optimizer = torch.optim.SGD([parameter], lr=0.1)
        >>> cfg = dict(type='LossScaleOptimWrapper', optimizer=optimizer, init_scale=1024.0)
        >>> OPTIM_WRAPPERS.build(cfg).loss_scaler.get_scale()
        1024.0
    """

    def __init__(self, init_scale: float = 2.0**16, **kwargs) -> None:
        OptimWrapper.__init__(self, **kwargs)
        device = self.optimizer.param_groups[0]['params'][0].device.type
        self.loss_scaler = torch.amp.GradScaler(device, init_scale=init_scale)
        self._scale_update_param = self.cast_dtype = None


@OPTIM_WRAPPERS.register_module()
class Bfloat16OptimWrapper(OptimWrapper):
    """Runs forward passes under autocast to bfloat16, on any device.

    It is meant for segmenters on CPUs with matrix units. mmengine's AmpOptimWrapper needs a GPU.

    Example:
        >>> layer = nn.Linear(2, 2)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
        >>> wrapper = OPTIM_WRAPPERS.build(dict(type='Bfloat16OptimWrapper', optimizer=optimizer))
        >>> with wrapper.optim_context(layer):
        ...     layer(torch.zeros(1, 2)).dtype
        torch.bfloat16
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(device, torch.bfloat16):
            yield


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class SemGANOptimWrapperConstructor:
    """Builds the two optimizers of a translator.

    Networks in float16 get a :class:`LossScaleOptimWrapper`. On a GPU, Adam and AdamW are fused:
    one kernel updates all weights.

    Args:
        optim_wrapper_cfg: dict with the entries 'generators' and 'discriminators'; each is the
            config of an optimizer wrapper.
        paramwise_cfg: not supported; must be None.

    Raises:
        InputError: the config has other entries than these two, or an optimizer cannot be built.

    Example:
        >>> from mmengine.optim import build_optim_wrapper
        >>> from mmseg.registry import MODELS
        >>> small = dict(base_channels=4)
        >>> cfg = dict(type='CycleGAN', num_classes=3, generator=small, discriminator=small)
        >>> model = MODELS.build(cfg)
        >>> adam = dict(type='Adam', lr=2e-4, betas=(0.5, 0.999))
        >>> optim_wrapper = dict(
        ...     constructor='mmseg.SemGANOptimWrapperConstructor',
        ...     generators=dict(optimizer=adam),
        ...     discriminators=dict(optimizer=adam),
        ... )
        >>> sorted(build_optim_wrapper(model, optim_wrapper).keys())
        ['discriminators', 'generators']
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
