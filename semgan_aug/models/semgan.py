"""SemGAN (arXiv 1904.02203): unpaired translation of (image, class map) pairs.

Names as in the paper: a = (x, s) from the source, b = (y, t) from the target; G translates
source to target, F target to source; D_T judges target pairs, D_S source pairs.
"""

from contextlib import contextmanager
from typing import NamedTuple

import torch
from mmengine.dist import get_rank
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapperDict
from mmseg.registry import MODELS
from torch import Tensor, nn

from .. import losses
from ..class_colours import (
    MIN_PIXELS,
    ClassColourBank,
    class_colours,
    generate,
    without_small,
)
from ..encoding import CLASS_MAP_MODES, encode_generated, join
from ..networks import PairGenerator, PatchDiscriminator
from .data_preprocessor import Batch
from .pool import PairPool
from .running_mean import RunningMean

#: Weights of equation 1. The paper's text gives none; these are CycleGAN's (rec 10, idt 5) and
#: those of the public re-implementation QingXIA233/SemGAN (dom 10, otr 0).
WEIGHTS = dict(
    adv=1.0,
    rec_image=10.0,
    rec_classes=10.0,
    idt_image=5.0,
    idt_classes=5.0,
    dom=10.0,
    otr=0.0,
)


class Style(NamedTuple):
    """Class colours (N, C + 1, 2, 3) of one domain's batch, None where they are not used."""

    own: Tensor | None  # of the classes that are in each frame, for the way back to it
    given: Tensor | None  # completed from other frames, for frames of the other domain


@MODELS.register_module()
class SemGAN(BaseModel):
    """The translator in training.

    Args:
        num_classes: C.
        generator: arguments of :class:`PairGenerator` besides num_classes.
        discriminator: arguments of :class:`PatchDiscriminator` besides in_channels.
        weights: those of :data:`WEIGHTS` that are to differ; a term of weight 0 costs nothing.
        gan_mode: 'lsgan' or 'vanilla' (equation 4).
        discriminator_sees: how generated class maps look to discriminators, one of
            ``encoding.CLASS_MAP_MODES`` [ours, measured: docs/results/class_map_leak.md].
        transfigured: ids of the classes that equation 2 lets change.
        indicator: 'background' or 'changed', the two readings of equation 2.
        pool_size: fake pairs kept per discriminator.
        class_colours: move the colours of each class to those of a random frame of the other
            domain before a generator sees the pair [ours, see :mod:`semgan_aug.class_colours`].
        ema_decay: of the running mean of both generators' weights, which validation, pictures
            and translators then use; 0 is off.
        channels_last: keep feature maps with their channels together in memory.
        compile: True, or arguments of ``torch.compile``, to compile the networks' forward passes
            (a minute or more at the start).
        data_preprocessor: a :class:`SemGANDataPreprocessor` by default.

    Raises:
        ValueError: an unknown weight, mode or indicator, or an ``ema_decay`` outside 0 ... 1.
    """

    def __init__(
        self,
        num_classes: int,
        generator: dict | None = None,
        discriminator: dict | None = None,
        weights: dict | None = None,
        gan_mode: str = 'lsgan',
        discriminator_sees: str = 'straight_through',
        transfigured: tuple[int, ...] = (),
        indicator: str = 'background',
        pool_size: int = 50,
        class_colours: bool = False,
        ema_decay: float = 0.0,
        channels_last: bool = False,
        compile: bool | dict = False,
        data_preprocessor: dict | None = None,
    ):
        for name, value, allowed in (
            ('gan_mode', gan_mode, losses.GAN_MODES),
            ('discriminator_sees', discriminator_sees, CLASS_MAP_MODES),
            ('indicator', indicator, losses.INDICATORS),
            *(('weights', key, tuple(WEIGHTS)) for key in weights or {}),
        ):
            if value not in allowed:
                raise ValueError(f'SemGAN: {name} {value!r} is unknown; use one of {allowed}')
        super().__init__(
            data_preprocessor or dict(type='SemGANDataPreprocessor', num_classes=num_classes)
        )
        self.num_classes = num_classes
        self.generator_cfg = dict(generator or {})
        self.weights = WEIGHTS | dict(weights or {})
        self.gan_mode = gan_mode
        self.discriminator_sees = discriminator_sees
        self.transfigured = tuple(transfigured)
        self.indicator = indicator
        self.G = PairGenerator(num_classes, **self.generator_cfg)
        self.F = PairGenerator(num_classes, **self.generator_cfg)
        self.D_T = PatchDiscriminator(3 + num_classes, **(discriminator or {}))
        self.D_S = PatchDiscriminator(3 + num_classes, **(discriminator or {}))
        if channels_last:
            # Convolutions go by the layout of their weights, and the other layers keep it.
            for net in (self.G, self.F, self.D_T, self.D_S):
                net.to(memory_format=torch.channels_last)
        self.pool_T = PairPool(pool_size)
        self.pool_S = PairPool(pool_size)
        self.colours_T = ClassColourBank(num_classes) if class_colours else None
        self.colours_S = ClassColourBank(num_classes) if class_colours else None
        self.ema = None
        if ema_decay:
            nets = dict(G=self.G, F=self.F)
            self.ema = nn.ModuleDict({k: RunningMean(net, ema_decay) for k, net in nets.items()})
        # Networks are called through this, so that a distributed wrapper can step in between.
        self.call = dict(G=self.G, F=self.F, D_T=self.D_T, D_S=self.D_S)
        if compile:
            options = dict(dynamic=False) | (compile if isinstance(compile, dict) else {})
            self.call = {name: torch.compile(net, **options) for name, net in self.call.items()}

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict[str, Tensor]:
        """One step of equation 7: the generators descend, then the discriminators ascend.

        Returns:
            Every weighted loss, detached, under a name that says its equation.
        """
        batch = self.data_preprocessor(data, training=True)
        a, b = batch['source'], batch['target']

        with self._frozen_discriminators():
            log, fake_b, fake_a = self._generator_losses(a, b, *self._styles(a, b, keep=True))
            optim_wrapper['generators'].update_params(sum(log.values()))
        if self.ema is not None and optim_wrapper['generators'].should_update():
            for name, mean in self.ema.items():
                mean.update(getattr(self, name))

        loss_D = self._discriminator_losses(
            real_b=b.pair,
            real_a=a.pair,
            fake_b=self.pool_T.query(fake_b.detach()),
            fake_a=self.pool_S.query(fake_a.detach()),
        )
        if loss_D:
            optim_wrapper['discriminators'].update_params(sum(loss_D.values()))
        return {name: value.detach() for name, value in (log | loss_D).items()}

    def _styles(self, a: Batch, b: Batch, keep: bool) -> list[Style]:
        """The class colours of both batches; the banks keep them, or not."""
        if self.colours_T is None:
            return [Style(None, None)] * 2
        colours_a, colours_b = class_colours(a.pair), class_colours(b.pair)
        style_a, style_b = (without_small(*c, MIN_PIXELS) for c in (colours_a, colours_b))
        # Numbered over all ranks, so that two ranks do what one does with both batches.
        first = int(self.colours_T.count) + get_rank() * len(style_a) if keep else 0
        if keep:
            self.colours_S.add(style_a)
            self.colours_T.add(style_b)
        return [
            Style(without_small(*colours_a, 1), self.colours_S.complete(style_a, first)),
            Style(without_small(*colours_b, 1), self.colours_T.complete(style_b, first)),
        ]

    def _generator_losses(
        self, a: Batch, b: Batch, style_a: Style, style_b: Style
    ) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Equations 1 to 6 for G and F, and the fake pairs as discriminators see them."""
        w = self.weights
        identity = w['idt_image'] > 0 or w['idt_classes'] > 0
        cycle = w['rec_image'] > 0 or w['rec_classes'] > 0
        log: dict[str, Tensor] = {}
        fakes = []
        # Both directions are the same text with the roles exchanged.
        for there, back, judge, own, other, own_style, style in (
            ('G', 'F', 'D_T', a, b, style_a, style_b),
            ('F', 'G', 'D_S', b, a, style_b, style_a),
        ):
            # Translation and identity of one generator are one batch.
            n = len(own.pair)
            pairs, styles = [own.pair], [style.given]
            if identity:
                pairs.append(other.pair)
                styles.append(style.own)
            styles = None if style.own is None else torch.cat(styles)
            image, scores = generate(self.call[there], torch.cat(pairs), styles)
            x, s = image[:n], scores[:n]
            fake = join(x, encode_generated(s, own.ids, self.discriminator_sees))
            fakes.append(fake)
            if w['adv'] > 0:
                loss = losses.adversarial_loss(self.call[judge](fake), True, self.gan_mode)
                log[f'loss_eq4_adv_{there}'] = w['adv'] * loss
            if w['otr'] > 0:
                loss = losses.object_transfiguration_loss(
                    x,
                    own.image,
                    own.ids,
                    s.argmax(1).to(own.ids),
                    self.transfigured,
                    self.indicator,
                )
                log[f'loss_eq2_otr_{there}'] = w['otr'] * loss
            if w['dom'] > 0:
                loss = losses.semantic_consistency_loss(s, own.ids)
                log[f'loss_eq3_dom_{there}'] = w['dom'] * loss
            if identity:
                parts = losses.identity_loss(image[n:], scores[n:], other.image, other.ids)
                log[f'loss_eq5_idt_image_{there}'] = w['idt_image'] * parts[0]
                log[f'loss_eq5_idt_classes_{there}'] = w['idt_classes'] * parts[1]
            if cycle:
                # The cycle sees probabilities: the way back keeps its gradient.
                soft = join(x, encode_generated(s, own.ids, 'soft'))
                again = generate(self.call[back], soft, own_style.own)
                parts = losses.reconstruction_loss(*again, own.image, own.ids)
                log[f'loss_eq6_rec_image_{there}'] = w['rec_image'] * parts[0]
                log[f'loss_eq6_rec_classes_{there}'] = w['rec_classes'] * parts[1]
        return log, fakes[0], fakes[1]

    def _discriminator_losses(
        self, real_b: Tensor, real_a: Tensor, fake_b: Tensor, fake_a: Tensor
    ) -> dict[str, Tensor]:
        """Equation 4 for D_T and D_S, halved (CycleGAN); real and fake judged in one batch."""
        if self.weights['adv'] == 0:
            return {}
        log = {}
        for name, real, fake in (('D_T', real_b, fake_b), ('D_S', real_a, fake_a)):
            on_real, on_fake = self.call[name](torch.cat([real, fake])).chunk(2)
            loss = losses.adversarial_loss(on_real, True, self.gan_mode)
            loss = loss + losses.adversarial_loss(on_fake, False, self.gan_mode)
            log[f'loss_eq4_{name}'] = 0.5 * self.weights['adv'] * loss
        return log

    @contextmanager
    def _frozen_discriminators(self):
        """No gradients for discriminators while generators learn."""
        for net in (self.D_T, self.D_S):
            net.requires_grad_(False)
        yield
        for net in (self.D_T, self.D_S):
            net.requires_grad_(True)

    def forward(self, inputs: dict, data_samples: dict | None = None, mode: str = 'tensor') -> dict:
        """Both translations and both cycles of a raw batch, without gradients or losses.

        Args:
            inputs: as :class:`SemGANDataPreprocessor` takes them.
            data_samples: likewise.
            mode: 'tensor' or 'predict', which are the same; losses are ``train_step``'s matter.

        Returns:
            ``{domain: dict(input=Batch, image, scores, cycle_image, cycle_scores)}``.
        """
        if mode == 'loss':
            raise NotImplementedError('SemGAN has no single loss; use train_step')
        batch = self.data_preprocessor(dict(inputs=inputs, data_samples=data_samples))
        a, b = batch['source'], batch['target']
        style_a, style_b = self._styles(a, b, keep=False)
        G, F = (self.G, self.F) if self.ema is None else (self.ema['G'], self.ema['F'])
        result = {}
        for domain, there, back, own, own_style, style in (
            ('source', G, F, a, style_a, style_b),
            ('target', F, G, b, style_b, style_a),
        ):
            with torch.no_grad():
                image, scores = generate(there, own.pair, style.given)
                soft = join(image, encode_generated(scores, own.ids, 'soft'))
                again = generate(back, soft, own_style.own)
            result[domain] = dict(
                input=own, image=image, scores=scores, cycle_image=again[0], cycle_scores=again[1]
            )
        return result
