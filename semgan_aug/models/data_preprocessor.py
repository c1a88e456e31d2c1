"""Data preprocessor: encodes a collated batch of two domains on the model's device."""

from typing import NamedTuple, cast

import torch
from mmengine.model import BaseDataPreprocessor
from mmseg.registry import MODELS
from torch import Tensor

from ..core.encoding import check_ids, encode_ids, encode_image, join
from ..core.errors import InputError


class Batch(NamedTuple):
    """One domain's part of a batch: (x, s) or (y, t) in the paper."""

    image: Tensor  # (N, 3, H, W) in [-1, 1], BGR
    ids: Tensor  # (N, H, W) uint8, 255 = ignore
    pair: Tensor  # (N, 3 + C, H, W) in [-1, 1]


@MODELS.register_module()
class SemGANDataPreprocessor(BaseDataPreprocessor):
    """Stacks and encodes batches of :class:`UnpairedDataset`, collated by ``pseudo_collate``.

    Pixels are copied to the device as uint8, without a wait for the device, and encoded there.

    Args:
        num_classes: C.

    Example:
        >>> from mmseg.registry import MODELS
        >>> preprocessor = MODELS.build(dict(type='SemGANDataPreprocessor', num_classes=3))
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__(non_blocking=True)
        self.num_classes = num_classes

    def forward(self, data: dict, training: bool = False) -> dict[str, Batch]:
        """Encodes a batch.

        Args:
            data: ``inputs[domain]`` is a list of N uint8 images (3, H, W), and
                ``data_samples[domain]`` is a list of N SegDataSample with ``gt_sem_seg``. The
                domains are 'source' and 'target'.
            training: has no effect.

        Returns:
            A :class:`Batch` for each domain.

        Raises:
            InputError: an id is neither a class nor 255, frames of one batch differ in size, or
                source and target differ in size.
        """
        batch = {}
        for domain, images in data['inputs'].items():
            samples = data['data_samples'][domain]
            sizes = sorted({tuple(image.shape[1:]) for image in images})
            if len(sizes) > 1:
                raise InputError(
                    f'the {domain} frames of one batch have the sizes {sizes}, but they must be '
                    'equal; end the pipeline with Resize(keep_ratio=False) or RandomCrop to a size '
                    'that every frame has'
                )
            image = encode_image(self._on_device(torch.stack(images)))
            ids = torch.cat([s.gt_sem_seg.data for s in samples])
            check_ids(ids, self.num_classes, f'a class map of the {domain}')
            ids = self._on_device(ids.to(torch.uint8))
            batch[domain] = Batch(image, ids, join(image, encode_ids(ids, self.num_classes)))
        sizes = {domain: tuple(part.ids.shape[1:]) for domain, part in batch.items()}
        if len(set(sizes.values())) > 1:
            raise InputError(
                f'frames of the two domains differ in size ({sizes}), but they go through a '
                'network in one batch; end both pipelines with a RandomCrop of the same crop_size'
            )
        return batch

    def _on_device(self, tensor: Tensor) -> Tensor:
        return cast(Tensor, self.cast_data(tensor))
