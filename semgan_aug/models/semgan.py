"""SemGAN (arXiv 1904.02203): unpaired translation of (image, class map) pairs.

The names are from the paper. a = (x, s) is from the source, b = (y, t) is from the target. G
translates source to target, F target to source. D_T judges target pairs, D_S source pairs.
"""

from typing import NamedTuple

import torch
from mmengine.dist import get_rank, get_world_size
from mmseg.registry import MODELS
from torch import Tensor

from ..core.checks import is_whole, require, require_choice
from ..core.encoding import CLASS_MAP_MODES, decode_ids, encode_generated, hide_unlabeled, join
from ..core.errors import InputError
from . import losses
from .base import UnpairedTranslation
from .class_colors import ClassColorBank, generate, measure_style
from .cpu_counter import CpuCounter
from .data_preprocessor import Batch
from .networks import PairGenerator, PatchDiscriminator

#: Weights of equation 1. The paper gives none. rec 10 and idt 5 are CycleGAN's weights; dom 10 and
#: otr 0 are from the public re-implementation QingXIA233/SemGAN.
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
    """Class colors (N, C + 1, 2, 3) of one domain's batch; None without ``class_colors``."""

    #: Colors of each input frame; used when the cycle translates back to this domain.
    measured: Tensor | None
    #: Colors drawn from this domain's bank; given to frames translated into this domain.
    drawn: Tensor | None


@MODELS.register_module()
class SemGAN(UnpairedTranslation):
    """The paper's model: two generators of pairs and two discriminators of pairs.

    Args:
        num_classes: C.
        generator: arguments of :class:`PairGenerator` besides num_classes.
        discriminator: arguments of :class:`PatchDiscriminator` besides in_channels.
        discriminator_sees: form in which the discriminators see generated class maps, one of
            ``encoding.CLASS_MAP_MODES`` [ours, measured: results/class_map_leak.md].
        transfigured: ids of the classes that equation 2 allows to change.
        indicator: 'background' or 'changed', see :func:`losses.object_transfiguration_loss`.
        class_colors: move the colors of each class to those of a random frame of the other
            domain, before the generator and in its output [ours, see
            :mod:`semgan_aug.models.class_colors`]. ``ClassColorsHook`` measures the frames.
        kwargs: arguments of :class:`UnpairedTranslation`; :data:`WEIGHTS` has the default weights.

    Raises:
        InputError: an argument is not allowed, or no loss trains the class map.

    Example:
        >>> from mmseg.registry import MODELS
        >>> model = MODELS.build(
        ...     dict(
        ...         type='SemGAN',
        ...         num_classes=11,
        ...         generator=dict(base_channels=8, num_blocks=2),
        ...         discriminator=dict(base_channels=8),
        ...         weights=dict(idt_image=0.0, idt_classes=0.0),
        ...     )
        ... )
        >>> model.weights['rec_image'], model.weights['idt_image']
        (10.0, 0.0)
    """

    METHOD = 'SemGAN'
    WEIGHTS = WEIGHTS

    def __init__(
        self,
        num_classes: int,
        generator: dict | None = None,
        discriminator: dict | None = None,
        discriminator_sees: str = 'straight_through',
        transfigured: tuple[int, ...] = (),
        indicator: str = 'background',
        class_colors: bool = False,
        **kwargs,
    ) -> None:
        if 'class_colours' in kwargs:  # of configs for version 0.1.0
            raise InputError('SemGAN: class_colours is called class_colors now; rename it')
        super().__init__(num_classes, **kwargs)
        require_choice('SemGAN', 'discriminator_sees', discriminator_sees, CLASS_MAP_MODES)
        require_choice('SemGAN', 'indicator', indicator, losses.INDICATORS)
        require(
            'SemGAN',
            'transfigured',
            transfigured,
            f'a list of class ids from 0 to {num_classes - 1}',
            isinstance(transfigured, (list, tuple))
            and all(is_whole(i, 0, num_classes - 1) for i in transfigured),
        )
        terms = ('dom', 'rec_image', 'rec_classes', 'idt_classes')
        blind = discriminator_sees == 'argmax' or self.weights['adv'] == 0
        if blind and not any(self.weights[name] for name in terms):
            raise InputError(
                f'SemGAN: no loss reaches the class map: weights.adv must be above 0 and '
                f"discriminator_sees other than 'argmax', or one of {terms} above 0"
            )
        self.generator_cfg = dict(generator or {})
        self.discriminator_sees = discriminator_sees
        self.transfigured = tuple(transfigured)
        self.indicator = indicator
        self.G = PairGenerator(num_classes, **self.generator_cfg)
        self.F = PairGenerator(num_classes, **self.generator_cfg)
        self.D_T = PatchDiscriminator(3 + num_classes, **(discriminator or {}))
        self.D_S = PatchDiscriminator(3 + num_classes, **(discriminator or {}))
        self.colors_T = ClassColorBank(num_classes) if class_colors else None
        self.colors_S = ClassColorBank(num_classes) if class_colors else None
        self.draws = CpuCounter() if class_colors else None
        self.finish()

    def _styles(self, a: Batch, b: Batch, train: bool) -> tuple[Style, Style]:
        """Measures the class colors of both batches, and draws colors from both banks.

        Args:
            a: source batch.
            b: target batch.
            train: count the draws, so that each step draws other styles. False draws the first
                styles of the banks.

        Returns:
            The styles of the source domain and of the target domain.

        Raises:
            InputError: the banks are empty in training.
        """
        if self.colors_S is None or self.colors_T is None or self.draws is None:
            return Style(None, None), Style(None, None)
        n = len(a.pair)
        # Draw numbers run over all ranks: two ranks with batch 1 draw the same styles as one rank
        # with batch 2.
        ranks, rank = (get_world_size(), get_rank()) if train else (1, 0)
        first = int(self.draws.count) if train else 0
        if train:
            if int(self.colors_T.count) == 0:
                raise InputError(
                    "class_colors is on, but no frame's colors were measured; add "
                    "dict(type='ClassColorsHook') to custom_hooks, as the shipped configs do"
                )
            self.draws.count += n * ranks
        drawn_S, drawn_T = (
            # In the order of the samples, which the sampler gives to the ranks in turn.
            torch.stack([bank.draw(first + i * ranks + rank) for i in range(n)])
            for bank in (self.colors_S, self.colors_T)
        )
        return Style(measure_style(a.pair), drawn_S), Style(measure_style(b.pair), drawn_T)

    def generator_losses(self, a: Batch, b: Batch) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Computes equations 2 to 6 for G and F, weighted as in equation 1.

        Returns:
            Weighted losses, keyed ``loss_eq<number>_<term>_<generator>``, then fake b and fake a.
        """
        style_a, style_b = self._styles(a, b, train=True)
        w = self.weights
        identity = w['idt_image'] > 0 or w['idt_classes'] > 0
        cycle = w['rec_image'] > 0 or w['rec_classes'] > 0
        log: dict[str, Tensor] = {}
        fakes = []
        # Both directions run the same code with exchanged roles.
        for there, back, judge, own, other, own_style, style in (
            ('G', 'F', 'D_T', a, b, style_a, style_b),
            ('F', 'G', 'D_S', b, a, style_b, style_a),
        ):
            # One forward pass for both: rows [:n] are the translation, rows [n:] the identity.
            n = len(own.pair)
            pairs, styles = [own.pair], [style.drawn]
            if identity:
                pairs.append(other.pair)
                styles.append(style.measured)
            image, scores = generate(self.call[there], torch.cat(pairs), _cat(styles))
            x, s = image[:n], scores[:n]
            fake = join(x, encode_generated(s, own.ids, self.discriminator_sees))
            fake = hide_unlabeled(fake, other.ids)
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
                parts = losses.pair_loss(image[n:], scores[n:], other.image, other.ids)
                log[f'loss_eq5_idt_image_{there}'] = w['idt_image'] * parts[0]
                log[f'loss_eq5_idt_classes_{there}'] = w['idt_classes'] * parts[1]
            if cycle:
                # The generator back gets probabilities, so that the gradient reaches the scores.
                soft = join(x, encode_generated(s, own.ids, 'soft'))
                again = generate(self.call[back], soft, own_style.measured)
                parts = losses.pair_loss(*again, own.image, own.ids)
                log[f'loss_eq6_rec_image_{there}'] = w['rec_image'] * parts[0]
                log[f'loss_eq6_rec_classes_{there}'] = w['rec_classes'] * parts[1]
        return log, fakes[0], fakes[1]

    def discriminator_losses(
        self, a: Batch, b: Batch, fake_b: Tensor, fake_a: Tensor
    ) -> dict[str, Tensor]:
        """Equation 4 for D_T and D_S."""
        return dict(
            loss_eq4_D_T=self.judge('D_T', hide_unlabeled(b.pair, a.ids), fake_b),
            loss_eq4_D_S=self.judge('D_S', hide_unlabeled(a.pair, b.ids), fake_a),
        )

    def translate(self, a: Batch, b: Batch) -> dict[str, dict]:
        style_a, style_b = self._styles(a, b, train=False)
        G, F = self.in_use('G'), self.in_use('F')
        result = {}
        for domain, there, back, own, own_style, style in (
            ('source', G, F, a, style_a, style_b),
            ('target', F, G, b, style_b, style_a),
        ):
            image, scores = generate(there, own.pair, style.drawn)
            soft = join(image, encode_generated(scores, own.ids, 'soft'))
            cycle_image, _ = generate(back, soft, own_style.measured)
            result[domain] = dict(
                input=own, image=image, ids=decode_ids(scores, own.ids), cycle_image=cycle_image
            )
        return result


def _cat(styles: list[Tensor | None]) -> Tensor | None:
    """Concatenates styles to one batch; returns None without ``class_colors``."""
    used = [style for style in styles if style is not None]
    return torch.cat(used) if used else None
