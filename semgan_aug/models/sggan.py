"""SG-GAN, after Peilun-Li/SG-GAN: CycleGAN that uses the labels of both domains in training.

Li, Liang, Jia, Xing, "Semantic-aware Grad-GAN for Virtual-to-Real Urban Scene Adaption"
(arXiv 1801.01726).
"""

from collections.abc import Sequence

import torch
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional

from ..core.classes import get_class_set
from ..core.encoding import join
from ..core.errors import InputError
from . import losses
from .cyclegan import CycleGAN
from .data_preprocessor import Batch
from .networks import PatchDiscriminator

#: The semantic groups of the discriminators' scores, with the names of their classes. Every other
#: class belongs to 'other'.
GROUPS = dict(
    other=(),
    vehicles=('car', 'truck', 'bus', 'train'),
    pedestrians=('person', 'pedestrian'),
    cyclist=('rider', 'bicycle', 'bicyclist', 'motorcycle', 'cyclist'),
    roads=('road', 'sidewalk', 'pavement'),
    buildings=('building', 'wall'),
    sky=('sky',),
    tree=('vegetation', 'terrain', 'tree'),
)


class GroupDiscriminator(nn.Module):
    """A PatchGAN with one score per semantic group; a patch is judged by the score of its group.

    Args:
        group_of_class: number of the group of each class, C numbers.
        cfg: arguments of :class:`PatchDiscriminator` besides in_channels and out_channels.
    """

    def __init__(self, group_of_class: list[int], **cfg) -> None:
        super().__init__()
        self.scores = PatchDiscriminator(3, out_channels=len(GROUPS), **cfg)
        self.amp_dtype = self.scores.amp_dtype
        groups = functional.one_hot(torch.tensor(group_of_class), len(GROUPS))
        self.register_buffer('groups', groups.float(), persistent=False)

    def forward(self, pair: Tensor) -> Tensor:
        """Judges pairs (N, 3 + C, H, W): one score per patch (N, 1, h, w), 0 where ignored."""
        scores = self.scores(pair[:, :3])
        mask = torch.einsum('nchw,cg->nghw', (pair[:, 3:] + 1) / 2, self.groups)
        mask = functional.interpolate(mask, scores.shape[2:])  # nearest
        return (scores * mask).sum(1, keepdim=True)


@MODELS.register_module()
class SGGAN(CycleGAN):
    """CycleGAN with a loss on edges between classes and with discriminators of semantic groups.

    As in the authors' code, there is no identity loss. Their default generator is a U-Net; here the
    generator is the ResNet that they offer as an option, which has the size of CycleGAN's.

    Args:
        num_classes: C.
        classes: name of a class set, or class names in the order of their ids. The names decide
            the group of each class.
        kwargs: arguments of :class:`CycleGAN`. The default weights are adv 1 (adversarial), rec 10
            (cycle), idt 0 (identity) and grad 5 (edges).

    Raises:
        InputError: the number of names is not ``num_classes``, or as in :class:`CycleGAN`.

    Example:
        >>> from mmseg.registry import MODELS
        >>> model = MODELS.build(
        ...     dict(
        ...         type='SGGAN',
        ...         num_classes=11,
        ...         classes='camvid11',
        ...         generator=dict(base_channels=8),
        ...         discriminator=dict(base_channels=8),
        ...     )
        ... )
    """

    METHOD = 'SG-GAN'
    WEIGHTS = dict(adv=1.0, rec=10.0, idt=0.0, grad=5.0)

    def __init__(self, num_classes: int, classes: str | list[str], **kwargs) -> None:
        names = get_class_set(classes).classes if isinstance(classes, str) else classes
        if len(names) != num_classes:
            raise InputError(
                f'SGGAN: {len(names)} classes are named, but num_classes is {num_classes}; name '
                'one for each class'
            )
        self._groups = [group_of(name) for name in names]
        super().__init__(num_classes, **kwargs)

    def build_discriminators(self, cfg: dict) -> Sequence[nn.Module]:
        return [GroupDiscriminator(self._groups, **cfg) for _ in range(2)]

    def seen(self, image: Tensor, own: Batch) -> Tensor:
        # A fake is judged with the class map of its source image.
        return join(image, own.pair[:, 3:])

    def more_losses(self, name: str, fake: Tensor, own: Batch) -> dict[str, Tensor]:
        if self.weights['grad'] == 0:
            return {}
        loss = losses.gradient_sensitive_loss(fake, own.image, own.ids)
        return {f'loss_grad_{name}': self.weights['grad'] * loss}


def group_of(name: str) -> int:
    """The number of a class's group in :data:`GROUPS`; upper and lower case are equal."""
    for number, members in enumerate(GROUPS.values()):
        if name.lower() in members:
            return number
    return 0
