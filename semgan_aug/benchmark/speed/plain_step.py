"""Plain SemGAN and CycleGAN steps, which the training speed is compared with.

Both make six generator passes, judge real and generated frames one after the other, and read every
loss in every step. That is the order of junyanz/pytorch-CycleGAN-and-pix2pix.
"""

from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ...core.encoding import encode_generated, join
from ...models import losses
from ...models.cyclegan import CycleGAN
from ...models.data_preprocessor import Batch
from ...models.semgan import SemGAN


def plain_step(
    model: SemGAN | CycleGAN, a: Batch, b: Batch, optim: OptimWrapperDict
) -> dict[str, float]:
    """One training step with the losses of the model's ``train_step``.

    Args:
        model: its networks, loss weights and pools are used. A SemGAN must be without class colors
            and without equation 2.
        a: source batch.
        b: target batch.
        optim: 'generators' and 'discriminators'.

    Returns:
        Every weighted loss by the name of its weight and network, e.g. ``adv_G``, and ``D_T`` and
        ``D_S``.
    """

    def judged(judge: nn.Module, frames: Tensor, real: bool) -> Tensor:
        return losses.adversarial_loss(judge(frames), real, model.gan_mode)

    w, log, log_d, fakes = model.weights, {}, {}, []
    with model.frozen_discriminators():
        for name, there, back, judge, own, other in (
            ('G', model.G, model.F, model.D_T, a, b),
            ('F', model.F, model.G, model.D_S, b, a),
        ):
            if isinstance(model, SemGAN):
                x, s = there(own.pair)
                fake = join(x, encode_generated(s, own.ids, model.discriminator_sees))
                same, classes = there(other.pair)
                idt = losses.pair_loss(same, classes, other.image, other.ids)
                again, classes = back(join(x, encode_generated(s, own.ids, 'soft')))
                rec = losses.pair_loss(again, classes, own.image, own.ids)
                terms = dict(dom=losses.semantic_consistency_loss(s, own.ids))
                terms |= dict(idt_image=idt[0], idt_classes=idt[1])
                terms |= dict(rec_image=rec[0], rec_classes=rec[1])
            else:
                fake = there(own.image)
                terms = dict(idt=l1_loss(there(other.image), other.image))
                terms['rec'] = l1_loss(back(fake), own.image)
            terms['adv'] = judged(judge, fake, True)
            fakes.append(fake.detach())
            log |= {f'{term}_{name}': w[term] * value for term, value in terms.items()}
        optim['generators'].update_params(losses.total(log))
    for name, judge, pool, batch, fake in (
        ('D_T', model.D_T, model.pool_T, b, fakes[0]),
        ('D_S', model.D_S, model.pool_S, a, fakes[1]),
    ):
        real = batch.pair if isinstance(model, SemGAN) else batch.image
        loss = judged(judge, real, True) + judged(judge, pool.query(fake), False)
        log_d[name] = 0.5 * w['adv'] * loss
    optim['discriminators'].update_params(losses.total(log_d))
    return {name: value.item() for name, value in (log | log_d).items()}
