"""MiniStreets as an mmseg dataset, which draws missing frames first."""

from pathlib import Path

import cv2
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from ...core.checks import is_whole, require, require_choice, require_whole
from ...core.classes import MINISTREETS
from ...core.files import write_bytes
from .frame import DOMAINS, MIN_SIDE, VERSION, draw_frame

#: Largest number of a frame or a series.
LAST = 2**32 - 1


@DATASETS.register_module()
class MiniStreetsDataset(BaseSegDataset):
    """Street frames that the package draws itself, in one of two domains.

    Missing frames are drawn when the list of frames is first needed. They are written to
    ``{data_root}/{domain}-v1-seed{seed}-{H}x{W}/``, below ``images`` and ``labels``; ``v1`` is the
    version of the renderer. Existing frames are kept. Several processes may draw at the same time.

    Args:
        domain: ``'game'`` (a sunny video game) or ``'camera'`` (an overcast dash camera).
        num_frames: number of frames, 1 or more.
        first: index of the first frame; splits with disjoint ranges have no frame in common.
        seed: seed of the series of frames.
        size: rows and columns of a frame, each 16 or more.
        data_root: folder that the frames are written to.
        img_suffix: ending of the image files.
        **kwargs: further arguments of ``mmseg.datasets.BaseSegDataset``.

    Raises:
        InputError: an argument is outside its range.

    Example:
        >>> load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
        >>> dataset = MiniStreetsDataset(domain='game', num_frames=2, pipeline=load)
        >>> len(dataset), dataset[0]['img'].shape, dataset[0]['gt_seg_map'].shape
        (2, (96, 160, 3), (96, 160))
    """

    METAINFO = MINISTREETS.metainfo

    def __init__(
        self,
        domain: str,
        num_frames: int,
        first: int = 0,
        seed: int = 0,
        size: tuple[int, int] = (96, 160),
        data_root: str = 'data/ministreets',
        img_suffix: str = '.png',
        **kwargs,
    ) -> None:
        owner = 'MiniStreetsDataset'
        require_choice(owner, 'domain', domain, DOMAINS)
        require_whole(owner, 'num_frames', num_frames, 1, LAST)
        require_whole(owner, 'first', first, 0, LAST)
        require_whole(owner, 'seed', seed, 0, LAST)
        sides = len(size) == 2 and all(is_whole(side, MIN_SIDE, LAST) for side in size)
        allowed = f'rows and columns, whole numbers from {MIN_SIDE}, e.g. (96, 160),'
        require(owner, 'size', size, allowed, sides)
        self.domain, self.num_frames, self.first, self.seed = domain, num_frames, first, seed
        self.size = (int(size[0]), int(size[1]))
        super().__init__(data_root=data_root, img_suffix=img_suffix, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Draws the missing frames and returns one mmseg data info per frame."""
        rows, columns = self.size
        name = f'{self.domain}-v{VERSION}-seed{self.seed}-{rows}x{columns}'
        folder = Path(str(self.data_root)) / name
        images, labels = folder / 'images', folder / 'labels'
        images.mkdir(parents=True, exist_ok=True)
        labels.mkdir(parents=True, exist_ok=True)
        infos = []
        for index in range(self.first, self.first + self.num_frames):
            image_path, label_path = images / f'{index:06d}.png', labels / f'{index:06d}.png'
            if not (image_path.exists() and label_path.exists()):
                image, label = draw_frame(self.domain, index, self.seed, self.size)
                # The label first: if another process finds the image, the label exists, too.
                write_bytes(label_path, cv2.imencode('.png', label)[1].tobytes())
                write_bytes(image_path, cv2.imencode('.png', image)[1].tobytes())
            infos.append(
                {
                    'img_path': str(image_path),
                    'seg_map_path': str(label_path),
                    'label_map': self.label_map,
                    'reduce_zero_label': self.reduce_zero_label,
                    'seg_fields': [],
                }
            )
        return infos
