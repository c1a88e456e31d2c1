"""Base class of the translators: their common training step, pools and averaged weights."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from ..core.checks import is_number, is_share, require, require_choice, require_whole
from ..core.errors import InputError
from . import losses
from .data_preprocessor import Batch
from .ema import ExponentialMovingAverage
from .pools import PairPool


class UnpairedTranslation(BaseModel):
    """Base class of the models that learn to translate source frames to target frames.

    A subclass sets its networks as attributes, calls :meth:`finish`, and defines its losses. The
    names are from SemGAN's paper: a = (x, s) is from the source, b = (y, t) is from the target.

    Args:
        num_classes: C, from 1 to 255.
        weights: loss weights that replace those in :attr:`WEIGHTS`, each at least 0. A term of
            weight 0 is not computed.
        gan_mode: 'lsgan' or 'vanilla', see :func:`losses.adversarial_loss`.
        pool_size: number of fakes that are kept for each discriminator; 0 turns the pools off.
        ema_decay: decay of the exponential moving average of the generators' weights, from 0 to
            below 1; 0 turns it off. Pictures and exported translators use the average.
        channels_last: use PyTorch's memory format ``channels_last`` for weights and feature maps.
        compile: True, or a dict of arguments of ``torch.compile``: compile the networks' forward
            passes, which takes a minute or more at the start.
        data_preprocessor: config of the preprocessor; None is :class:`SemGANDataPreprocessor`.

    Raises:
        InputError: an argument is not allowed, or a network has no channels.
    """

    #: Name of the method in checkpoints.
    METHOD: str
    #: Default weights of the losses.
    WEIGHTS: dict[str, float]
    #: Attributes that hold the networks.
    GENERATORS: tuple[str, ...] = ('G', 'F')
    DISCRIMINATORS: tuple[str, ...] = ('D_T', 'D_S')

    #: Arguments of the generator from source to target.
    generator_cfg: dict
    data_preprocessor: nn.Module
    #: Averaged generators by attribute name; None without ``ema_decay``.
    ema: nn.ModuleDict | None
    #: The callables through which the model calls its networks, by attribute name: the networks
    #: themselves, or their compiled or distributed versions.
    call: dict[str, Any]

    def __init__(
        self,
        num_classes: int,
        weights: dict | None = None,
        gan_mode: str = 'lsgan',
        pool_size: int = 50,
        ema_decay: float = 0.0,
        channels_last: bool = False,
        compile: bool | dict = False,
        data_preprocessor: dict | None = None,
    ) -> None:
        super().__init__(
            data_preprocessor or dict(type='SemGANDataPreprocessor', num_classes=num_classes)
        )
        owner = type(self).__name__
        require_whole(owner, 'num_classes', num_classes, 1, 255)
        require_choice(owner, 'gan_mode', gan_mode, losses.GAN_MODES)
        for key, value in (weights or {}).items():
            require_choice(owner, 'the name of a weight', key, tuple(self.WEIGHTS))
            ok = is_number(value) and 0 <= value < float('inf')
            require(owner, f'weights.{key}', value, 'a number from 0', ok)
        require_whole(owner, 'pool_size', pool_size)
        share = is_share(ema_decay) and ema_decay < 1
        require(owner, 'ema_decay', ema_decay, '0 ... 1 (without 1)', share)
        kinds = 'True, False or a dict of arguments of torch.compile'
        require(owner, 'compile', compile, kinds, isinstance(compile, (bool, dict)))
        self.num_classes = num_classes
        self.weights = self.WEIGHTS | dict(weights or {})
        self.gan_mode = gan_mode
        self.pool_T = PairPool(pool_size)
        self.pool_S = PairPool(pool_size)
        self._ema_decay, self._channels_last, self._compile = ema_decay, channels_last, compile

    def finish(self) -> None:
        """Prepares the networks. A subclass calls this after it has set them as attributes."""
        names = (*self.GENERATORS, *self.DISCRIMINATORS)
        for name in names:
            for key, weight in getattr(self, name).named_parameters():
                if not weight.numel():
                    raise InputError(
                        f'{type(self).__name__}: {name}.{key} is of the size '
                        f'{tuple(weight.shape)}, so the network has no channels; make '
                        'base_channels 1 or more'
                    )
        if self._channels_last:
            # Convolutions take over the layout of their weights; the other layers keep it.
            for name in names:
                getattr(self, name).to(memory_format=torch.channels_last)
        self.ema = None
        if self._ema_decay:
            self.ema = nn.ModuleDict(
                {
                    k: ExponentialMovingAverage(getattr(self, k), self._ema_decay)
                    for k in self.GENERATORS
                }
            )
        self.call = {name: getattr(self, name) for name in names}
        if self._compile:
            options: dict[str, Any] = dict(dynamic=False)
            if isinstance(self._compile, dict):
                options |= self._compile
            self.call = {name: torch.compile(net, **options) for name, net in self.call.items()}

    @property
    def generators(self) -> list[nn.Module]:
        """The networks of the first optimizer."""
        return [getattr(self, name) for name in self.GENERATORS]

    @property
    def discriminators(self) -> list[nn.Module]:
        """The networks of the second optimizer."""
        return [getattr(self, name) for name in self.DISCRIMINATORS]

    def in_use(self, name: str) -> nn.Module:
        """The generator that is used after training: the averaged one, if there is one."""
        return getattr(self, name) if self.ema is None else self.ema[name]

    @abstractmethod
    def generator_losses(self, a: Batch, b: Batch) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Computes the losses of the generators.

        Args:
            a: source batch.
            b: target batch.

        Returns:
            The weighted losses by name, then fake b and fake a for the discriminators.
        """

    @abstractmethod
    def discriminator_losses(
        self, a: Batch, b: Batch, fake_b: Tensor, fake_a: Tensor
    ) -> dict[str, Tensor]:
        """Computes the losses of the discriminators.

        Args:
            a: source batch.
            b: target batch.
            fake_b: fakes for D_T, from its pool.
            fake_a: fakes for D_S, from its pool.

        Returns:
            The weighted losses by name.
        """

    @abstractmethod
    def translate(self, a: Batch, b: Batch) -> dict[str, dict]:
        """Computes the result of :meth:`forward` from encoded batches."""

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict[str, Tensor]:
        """Runs one training step: updates the generators, then the discriminators.

        Args:
            data: a collated batch, see :class:`SemGANDataPreprocessor`.
            optim_wrapper: the optimizers 'generators' and 'discriminators'.

        Returns:
            All weighted losses by name, detached.
        """
        batch = self.data_preprocessor(data, training=True)
        a, b = batch['source'], batch['target']
        with self.frozen_discriminators():
            log, fake_b, fake_a = self.generator_losses(a, b)
            optim_wrapper['generators'].update_params(losses.total(log))
        if self.ema is not None and optim_wrapper['generators'].should_update():
            for name, mean in self.ema.items():
                cast(ExponentialMovingAverage, mean).update(getattr(self, name))
        log_D = {}
        if self.weights['adv'] > 0:
            fakes = self.pool_T.query(fake_b.detach()), self.pool_S.query(fake_a.detach())
            log_D = self.discriminator_losses(a, b, *fakes)
            optim_wrapper['discriminators'].update_params(losses.total(log_D))
        return {name: value.detach() for name, value in (log | log_D).items()}

    def judge(self, name: str, real: Tensor, fake: Tensor) -> Tensor:
        """Half the sum of a discriminator's weighted losses on real and fake, as one batch."""
        on_real, on_fake = self.call[name](torch.cat([real, fake])).chunk(2)
        loss = losses.adversarial_loss(on_real, True, self.gan_mode)
        loss = loss + losses.adversarial_loss(on_fake, False, self.gan_mode)
        return 0.5 * self.weights['adv'] * loss

    @contextmanager
    def frozen_discriminators(self) -> Iterator[None]:
        """Turns the discriminators' gradients off while the generators are updated."""
        for net in self.discriminators:
            net.requires_grad_(False)
        yield
        for net in self.discriminators:
            net.requires_grad_(True)

    @torch.no_grad()
    def forward(self, inputs: dict, data_samples: dict | None = None, mode: str = 'tensor') -> dict:
        """Both translations and both cycles of a collated batch, without gradients.

        Args:
            inputs: see :class:`SemGANDataPreprocessor`.
            data_samples: see :class:`SemGANDataPreprocessor`.
            mode: 'tensor' or 'predict'; both give the same result.

        Returns:
            ``{domain: dict(input, image, ids, cycle_image)}``. ``input`` is the :class:`Batch`,
            ``image`` its translation and ``cycle_image`` the translation back, (N, 3, H, W) in
            [-1, 1]; ``ids`` is the translation's class map, (N, H, W) uint8.

        Raises:
            NotImplementedError: ``mode`` is 'loss'; losses are computed in :meth:`train_step`.
        """
        if mode == 'loss':
            raise NotImplementedError('there is no single loss; use train_step')
        batch = self.data_preprocessor(dict(inputs=inputs, data_samples=data_samples))
        return self.translate(batch['source'], batch['target'])
