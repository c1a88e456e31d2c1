"""Plain CycleGAN and SemGAN steps, which the training speed is compared with.

Both make six generator passes, judge real and generated frames one after the other, and read every
loss in every step, in eager fp32. That is the order of junyanz/pytorch-CycleGAN-and-pix2pix.
"""

from functools import reduce

import torch
import torch.nn.functional as F
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from ...core.encoding import encode_generated, join
from ...models import losses
from ...models.data_preprocessor import Batch
from ...models.networks import ImageGenerator, PatchDiscriminator
from ...models.semgan import SemGAN


def plain_semgan_step(model: SemGAN, a: Batch, b: Batch, optim: OptimWrapperDict) -> dict:
    """One step of a SemGAN without class colors, with the losses of ``train_step``.

    Args:
        model: its networks, loss weights and pools are used.
        a: source batch.
        b: target batch.
        optim: 'generators' and 'discriminators'.

    Returns:
        Every weighted loss as a number, under the name that ``train_step`` gives it.
    """
    w, log = model.weights, {}
    model.D_T.requires_grad_(False)
    model.D_S.requires_grad_(False)
    fakes = []
    for name, there, back, judge, own, other in (
        ('G', model.G, model.F, model.D_T, a, b),
        ('F', model.F, model.G, model.D_S, b, a),
    ):
        x, s = there(own.pair)
        fake = join(x, encode_generated(s, own.ids, model.discriminator_sees))
        fakes.append(fake)
        loss = losses.adversarial_loss(judge(fake), True, model.gan_mode)
        log[f'loss_eq4_adv_{name}'] = w['adv'] * loss
        log[f'loss_eq3_dom_{name}'] = w['dom'] * losses.semantic_consistency_loss(s, own.ids)
        same = there(other.pair)
        parts = losses.pair_loss(same[0], same[1], other.image, other.ids)
        log[f'loss_eq5_idt_image_{name}'] = w['idt_image'] * parts[0]
        log[f'loss_eq5_idt_classes_{name}'] = w['idt_classes'] * parts[1]
        soft = join(x, encode_generated(s, own.ids, 'soft'))
        again = back(soft)
        parts = losses.pair_loss(again[0], again[1], own.image, own.ids)
        log[f'loss_eq6_rec_image_{name}'] = w['rec_image'] * parts[0]
        log[f'loss_eq6_rec_classes_{name}'] = w['rec_classes'] * parts[1]
    optim['generators'].update_params(total(log))

    model.D_T.requires_grad_(True)
    model.D_S.requires_grad_(True)
    pooled = [p.query(f.detach()) for p, f in zip((model.pool_T, model.pool_S), fakes, strict=True)]
    log_d = {}
    for name, judge, real, fake in (
        ('D_T', model.D_T, b.pair, pooled[0]),
        ('D_S', model.D_S, a.pair, pooled[1]),
    ):
        log_d[f'loss_eq4_{name}'] = w['adv'] * _judging_loss(judge, real, fake, model.gan_mode)
    optim['discriminators'].update_params(total(log_d))
    return {name: value.item() for name, value in (log | log_d).items()}


def total(log: dict[str, Tensor]) -> Tensor:
    """The sum of all losses."""
    return reduce(torch.add, log.values())


def _judging_loss(judge: nn.Module, real: Tensor, fake: Tensor, mode: str) -> Tensor:
    """Half the discriminator's loss, as CycleGAN's authors take it."""
    loss = losses.adversarial_loss(judge(real), True, mode)
    return 0.5 * (loss + losses.adversarial_loss(judge(fake), False, mode))


class PlainCycleGAN(nn.Module):
    """CycleGAN with its authors' losses: LSGAN, cycle 10, identity 5, D's loss halved."""

    def __init__(
        self, base_channels: int, num_blocks: int, d_channels: int, num_strided: int
    ) -> None:
        super().__init__()
        self.G = ImageGenerator(base_channels, num_blocks)
        self.F = ImageGenerator(base_channels, num_blocks)
        self.D_T = PatchDiscriminator(3, d_channels, num_strided)
        self.D_S = PatchDiscriminator(3, d_channels, num_strided)
        self.generators, self.discriminators = [self.G, self.F], [self.D_T, self.D_S]

    def step(self, a: Tensor, b: Tensor, optim: OptimWrapperDict) -> dict[str, float]:
        """One step on source images ``a`` and target images ``b``, (N, 3, H, W) in [-1, 1]."""
        self.D_T.requires_grad_(False)
        self.D_S.requires_grad_(False)
        fake_b, fake_a = self.G(a), self.F(b)
        log = dict(
            adv_G=losses.adversarial_loss(self.D_T(fake_b), True, 'lsgan'),
            adv_F=losses.adversarial_loss(self.D_S(fake_a), True, 'lsgan'),
            rec_a=10 * F.l1_loss(self.F(fake_b), a),
            rec_b=10 * F.l1_loss(self.G(fake_a), b),
            idt_G=5 * F.l1_loss(self.G(b), b),
            idt_F=5 * F.l1_loss(self.F(a), a),
        )
        optim['generators'].update_params(total(log))
        self.D_T.requires_grad_(True)
        self.D_S.requires_grad_(True)
        log_d = {}
        for name, judge, real, fake in (
            ('D_T', self.D_T, b, fake_b),
            ('D_S', self.D_S, a, fake_a),
        ):
            log_d[name] = _judging_loss(judge, real, fake.detach(), 'lsgan')
        optim['discriminators'].update_params(total(log_d))
        return {name: value.item() for name, value in (log | log_d).items()}
