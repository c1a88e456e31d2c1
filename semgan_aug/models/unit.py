"""UNIT (arXiv 1703.00848), after the master branch of mingyuliutw/UNIT: no labels."""

import torch
from mmseg.registry import MODELS
from torch import Tensor
from torch.nn import functional

from . import losses
from .base import UnpairedTranslation
from .data_preprocessor import Batch
from .networks import MultiScaleDiscriminator, UNITAutoencoders


@MODELS.register_module()
class UNIT(UnpairedTranslation):
    """UNIT: two variational autoencoders with a shared code; translated frames keep their labels.

    Three things differ from the authors' code. The perceptual loss of their GTA5 config is left
    out, because it needs a VGG16 trained on ImageNet. The generators are updated before the
    discriminators, as in all models here. A frame is encoded once for its translation and once for
    its reconstruction, each time with its own noise.

    The losses, with their default weights:

    - ``adv`` (1): the discriminators' scores of the translated frame.
    - ``rec`` (10): L1 distance of a frame and its reconstruction within its own domain (encoded
      and decoded once). Elsewhere in this package, ``rec`` is the cycle.
    - ``cyc`` (10): L1 distance of a frame and its translation to the other domain and back.
    - ``kl`` (0.01): mean square of a frame's code.
    - ``kl_cyc`` (0.01): mean square of the translated frame's code.

    Args:
        num_classes: C, the number of classes in the frames' labels.
        generator: arguments of :class:`UNITAutoencoders`.
        discriminator: arguments of :class:`MultiScaleDiscriminator`.
        pool_size: number of fakes that are kept for each discriminator; the authors' code has no
            pool.
        kwargs: further arguments of :class:`UnpairedTranslation`.

    Example:
        >>> from mmseg.registry import MODELS
        >>> model = MODELS.build(
        ...     dict(
        ...         type='UNIT',
        ...         num_classes=11,
        ...         generator=dict(base_channels=8),
        ...         discriminator=dict(base_channels=8),
        ...     )
        ... )
    """

    METHOD = 'UNIT'
    WEIGHTS = dict(adv=1.0, rec=10.0, cyc=10.0, kl=0.01, kl_cyc=0.01)
    GENERATORS = ('G',)

    def __init__(
        self,
        num_classes: int,
        generator: dict | None = None,
        discriminator: dict | None = None,
        pool_size: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(num_classes, pool_size=pool_size, **kwargs)
        self.generator_cfg = dict(generator or {})
        self.G = UNITAutoencoders(**self.generator_cfg)
        self.D_T, self.D_S = (MultiScaleDiscriminator(**(discriminator or {})) for _ in range(2))
        self.finish()

    def generator_losses(self, a: Batch, b: Batch) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        w, log, fakes, G = self.weights, {}, [], self.call['G']
        for own_name, other_name, judge, own in (
            ('source', 'target', 'D_T', a),
            ('target', 'source', 'D_S', b),
        ):
            fake, code = G(own.image, own_name, other_name)
            fakes.append(fake)
            parts = dict(kl=code.square().mean())
            if w['adv'] > 0:
                parts['adv'] = self._adversarial(self.call[judge](fake), True)
            if w['rec'] > 0:
                same, _ = G(own.image, own_name, own_name)
                parts['rec'] = functional.l1_loss(same, own.image)
            if w['cyc'] > 0 or w['kl_cyc'] > 0:
                again, code_again = G(fake, other_name, own_name)
                parts['cyc'] = functional.l1_loss(again, own.image)
                parts['kl_cyc'] = code_again.square().mean()
            log |= {f'loss_{k}_{own_name}': w[k] * v for k, v in parts.items() if w[k] > 0}
        return log, fakes[0], fakes[1]

    def discriminator_losses(
        self, a: Batch, b: Batch, fake_b: Tensor, fake_a: Tensor
    ) -> dict[str, Tensor]:
        log = {}
        for name, real, fake in (('D_T', b.image, fake_b), ('D_S', a.image, fake_a)):
            scores = [s.chunk(2) for s in self.call[name](torch.cat([real, fake]))]
            loss = self._adversarial([s[0] for s in scores], True)
            loss = loss + self._adversarial([s[1] for s in scores], False)
            log[f'loss_{name}'] = self.weights['adv'] * loss
        return log

    def _adversarial(self, scores: list[Tensor], real: bool) -> Tensor:
        """Equation 4, summed over the scales of a discriminator."""
        first, *others = (losses.adversarial_loss(s, real, self.gan_mode) for s in scores)
        return sum(others, start=first)

    def translate(self, a: Batch, b: Batch) -> dict[str, dict]:
        G, result = self.in_use('G'), {}
        for own_name, other_name, own in (('source', 'target', a), ('target', 'source', b)):
            image, _ = G(own.image, own_name, other_name)
            cycle, _ = G(image, other_name, own_name)
            result[own_name] = dict(input=own, image=image, ids=own.ids, cycle_image=cycle)
        return result
