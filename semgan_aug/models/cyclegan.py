"""CycleGAN (arXiv 1703.10593), after junyanz/pytorch-CycleGAN-and-pix2pix: no labels."""

from collections.abc import Sequence

from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional

from . import losses
from .base import UnpairedTranslation
from .data_preprocessor import Batch
from .networks import ImageGenerator, PatchDiscriminator


@MODELS.register_module()
class CycleGAN(UnpairedTranslation):
    """CycleGAN: translates images alone; translated frames keep the labels of their source.

    Args:
        num_classes: C, the number of classes in the frames' labels.
        generator: arguments of :class:`ImageGenerator`.
        discriminator: arguments of :class:`PatchDiscriminator` besides in_channels.
        kwargs: arguments of :class:`UnpairedTranslation`. The default weights are adv 1
            (adversarial), rec 10 (cycle) and idt 5 (identity).

    Example:
        >>> from mmseg.registry import MODELS
        >>> cfg = dict(type='CycleGAN', num_classes=11, generator=dict(base_channels=8))
        >>> MODELS.build(cfg).weights
        {'adv': 1.0, 'rec': 10.0, 'idt': 5.0}
    """

    METHOD = 'CycleGAN'
    WEIGHTS = dict(adv=1.0, rec=10.0, idt=5.0)

    def __init__(
        self,
        num_classes: int,
        generator: dict | None = None,
        discriminator: dict | None = None,
        **kwargs,
    ) -> None:
        super().__init__(num_classes, **kwargs)
        self.generator_cfg = dict(generator or {})
        self.G, self.F = (ImageGenerator(**self.generator_cfg) for _ in range(2))
        self.D_T, self.D_S = self.build_discriminators(dict(discriminator or {}))
        self.finish()

    def build_discriminators(self, cfg: dict) -> Sequence[nn.Module]:
        """Builds D_T and D_S from the discriminator's arguments ``cfg``."""
        return [PatchDiscriminator(3, **cfg) for _ in range(2)]

    def seen(self, image: Tensor, own: Batch) -> Tensor:
        """The discriminators' input for an image that was generated from the batch ``own``."""
        return image

    def more_losses(self, name: str, fake: Tensor, own: Batch) -> dict[str, Tensor]:
        """Further weighted losses of the generator ``name``; CycleGAN has none."""
        return {}

    def generator_losses(self, a: Batch, b: Batch) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        w, log, fakes = self.weights, {}, []
        for there, back, judge, own, other in (
            ('G', 'F', 'D_T', a, b),
            ('F', 'G', 'D_S', b, a),
        ):
            fake = self.call[there](own.image)
            fakes.append(self.seen(fake, own))
            if w['adv'] > 0:
                score = self.call[judge](fakes[-1])
                loss = losses.adversarial_loss(score, True, self.gan_mode)
                log[f'loss_adv_{there}'] = w['adv'] * loss
            if w['rec'] > 0:
                again = self.call[back](fake)
                log[f'loss_rec_{there}'] = w['rec'] * functional.l1_loss(again, own.image)
            if w['idt'] > 0:
                same = self.call[there](other.image)
                log[f'loss_idt_{there}'] = w['idt'] * functional.l1_loss(same, other.image)
            log |= self.more_losses(there, fake, own)
        return log, fakes[0], fakes[1]

    def discriminator_losses(
        self, a: Batch, b: Batch, fake_b: Tensor, fake_a: Tensor
    ) -> dict[str, Tensor]:
        return dict(
            loss_D_T=self.judge('D_T', self.seen(b.image, b), fake_b),
            loss_D_S=self.judge('D_S', self.seen(a.image, a), fake_a),
        )

    def translate(self, a: Batch, b: Batch) -> dict[str, dict]:
        result = {}
        for domain, there, back, own in (('source', 'G', 'F', a), ('target', 'F', 'G', b)):
            image = self.in_use(there)(own.image)
            cycle = self.in_use(back)(image)
            result[domain] = dict(input=own, image=image, ids=own.ids, cycle_image=cycle)
        return result
