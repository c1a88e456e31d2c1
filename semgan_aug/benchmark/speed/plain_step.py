"""The plain CycleGAN step: what training speed is measured against.

Six generator passes, real and fake judged one after the other, every loss read in every step, all
in eager fp32: the order of junyanz/pytorch-CycleGAN-and-pix2pix, written for clarity.
"""

import torch.nn.functional as F
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from ...core.encoding import encode_generated, join
from ...models import losses
from ...models.data_preprocessor import Batch
from ...models.networks import ImageGenerator, PatchDiscriminator
from ...models.semgan import SemGAN


def plain_semgan_step(model: SemGAN, a: Batch, b: Batch, optim: OptimWrapperDict) -> dict:
    """One step of a SemGAN without class colors, with the same losses as ``train_step``.

    Args:
        model: its networks, weights of the losses and pools are used.
        a: source batch.
        b: target batch.
        optim: 'generators' and 'discriminators'.

    Returns:
        Every weighted loss as a number, under the names that ``train_step`` gives them.
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
        parts = losses.pair_loss(*there(other.pair), other.image, other.ids)
        log[f'loss_eq5_idt_image_{name}'] = w['idt_image'] * parts[0]
        log[f'loss_eq5_idt_classes_{name}'] = w['idt_classes'] * parts[1]
        soft = join(x, encode_generated(s, own.ids, 'soft'))
        parts = losses.pair_loss(*back(soft), own.image, own.ids)
        log[f'loss_eq6_rec_image_{name}'] = w['rec_image'] * parts[0]
        log[f'loss_eq6_rec_classes_{name}'] = w['rec_classes'] * parts[1]
    optim['generators'].update_params(sum(log.values()))

    model.D_T.requires_grad_(True)
    model.D_S.requires_grad_(True)
    pooled = [p.query(f.detach()) for p, f in zip((model.pool_T, model.pool_S), fakes, strict=True)]
    log_d = {}
    for name, judge, real, fake in (
        ('D_T', model.D_T, b.pair, pooled[0]),
        ('D_S', model.D_S, a.pair, pooled[1]),
    ):
        loss = losses.adversarial_loss(judge(real), True, model.gan_mode)
        loss = loss + losses.adversarial_loss(judge(fake), False, model.gan_mode)
        log_d[f'loss_eq4_{name}'] = 0.5 * w['adv'] * loss
    optim['discriminators'].update_params(sum(log_d.values()))
    return {name: value.item() for name, value in (log | log_d).items()}


class PlainCycleGAN(nn.Module):
    """CycleGAN as people run it, for its speed: LSGAN, cycle 10, identity 5, D's loss halved."""

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
        """One step on images (N, 3, H, W)."""
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
        optim['generators'].update_params(sum(log.values()))
        self.D_T.requires_grad_(True)
        self.D_S.requires_grad_(True)
        log_d = {}
        for name, judge, real, fake in (
            ('D_T', self.D_T, b, fake_b),
            ('D_S', self.D_S, a, fake_a),
        ):
            loss = losses.adversarial_loss(judge(real), True, 'lsgan')
            log_d[name] = 0.5 * (
                loss + losses.adversarial_loss(judge(fake.detach()), False, 'lsgan')
            )
        optim['discriminators'].update_params(sum(log_d.values()))
        return {name: value.item() for name, value in (log | log_d).items()}
