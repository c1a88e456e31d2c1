"""One optimiser for both generators, one for both discriminators."""

from mmengine.optim import OptimWrapperDict
from mmseg.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS
from torch import nn

from .wrapper import unwrap


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class SemGANOptimWrapperConstructor:
    """Builds the optimisers of a :class:`SemGAN` from a config with two entries.

    Example::

        adam = dict(type='Adam', lr=2e-4, betas=(0.5, 0.999))
        optim_wrapper = dict(
            constructor='SemGANOptimWrapperConstructor',
            generators=dict(optimizer=adam),
            discriminators=dict(optimizer=adam))

    Raises:
        ValueError: the config has other entries than these two.
    """

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None):
        if set(optim_wrapper_cfg) != {'generators', 'discriminators'}:
            raise ValueError(
                f'optim_wrapper has the entries {sorted(optim_wrapper_cfg)}, but SemGAN needs '
                "exactly 'generators' and 'discriminators', each dict(optimizer=dict(...))"
            )
        if paramwise_cfg is not None:
            raise ValueError('paramwise_cfg is not supported by SemGAN; remove it from the config')
        self.cfg = optim_wrapper_cfg

    def __call__(self, model: nn.Module) -> OptimWrapperDict:
        semgan = unwrap(model)
        wrappers = {}
        for name, networks in (
            ('generators', [semgan.G, semgan.F]),
            ('discriminators', [semgan.D_T, semgan.D_S]),
        ):
            cfg = dict(self.cfg[name])
            optimizer = dict(cfg.pop('optimizer'))
            optimizer['params'] = [p for net in networks for p in net.parameters()]
            cfg.setdefault('type', 'OptimWrapper')
            wrappers[name] = OPTIM_WRAPPERS.build(
                cfg, default_args=dict(optimizer=OPTIMIZERS.build(optimizer))
            )
        return OptimWrapperDict(**wrappers)
