"""Classes, colors and label ids of the data sets.

Label ids and colors are from ``cityscapesScripts/helpers/labels.py``. GTA5 uses the same ids.
"""

from dataclasses import dataclass

from .errors import InputError

IGNORE = 255

#: Cityscapes and GTA5 label id -> class name. Label PNGs hold 34 for license plates. The id -1
#: stands in published tables only.
LABEL_IDS: dict[int, str] = {
    -1: 'license plate',
    0: 'unlabeled',
    1: 'ego vehicle',
    2: 'rectification border',
    3: 'out of roi',
    4: 'static',
    5: 'dynamic',
    6: 'ground',
    7: 'road',
    8: 'sidewalk',
    9: 'parking',
    10: 'rail track',
    11: 'building',
    12: 'wall',
    13: 'fence',
    14: 'guard rail',
    15: 'bridge',
    16: 'tunnel',
    17: 'pole',
    18: 'polegroup',
    19: 'traffic light',
    20: 'traffic sign',
    21: 'vegetation',
    22: 'terrain',
    23: 'sky',
    24: 'person',
    25: 'rider',
    26: 'car',
    27: 'truck',
    28: 'bus',
    29: 'caravan',
    30: 'trailer',
    31: 'train',
    32: 'motorcycle',
    33: 'bicycle',
    34: 'license plate',
}

#: CamVid id (as in the 11-class PNGs) -> class name.
CAMVID_IDS: dict[int, str] = {
    0: 'Sky',
    1: 'Building',
    2: 'Pole',
    3: 'Road',
    4: 'Pavement',
    5: 'Tree',
    6: 'SignSymbol',
    7: 'Fence',
    8: 'Car',
    9: 'Pedestrian',
    10: 'Bicyclist',
    11: 'Void',
}

_CITYSCAPES_COLORS: dict[str, tuple[int, int, int]] = {
    'road': (128, 64, 128),
    'sidewalk': (244, 35, 232),
    'building': (70, 70, 70),
    'wall': (102, 102, 156),
    'fence': (190, 153, 153),
    'pole': (153, 153, 153),
    'traffic light': (250, 170, 30),
    'traffic sign': (220, 220, 0),
    'vegetation': (107, 142, 35),
    'terrain': (152, 251, 152),
    'sky': (70, 130, 180),
    'person': (220, 20, 60),
    'rider': (255, 0, 0),
    'car': (0, 0, 142),
    'truck': (0, 0, 70),
    'bus': (0, 60, 100),
    'train': (0, 80, 100),
    'motorcycle': (0, 0, 230),
    'bicycle': (119, 11, 32),
    'unlabeled': (0, 0, 0),
}

_CAMVID_COLORS: dict[str, tuple[int, int, int]] = {
    'Sky': (128, 128, 128),
    'Building': (128, 0, 0),
    'Pole': (192, 192, 128),
    'Road': (128, 64, 128),
    'Pavement': (60, 40, 222),
    'Tree': (128, 128, 0),
    'SignSymbol': (192, 128, 128),
    'Fence': (64, 64, 128),
    'Car': (64, 0, 128),
    'Pedestrian': (64, 64, 0),
    'Bicyclist': (0, 128, 192),
}

#: Cityscapes class -> CamVid class; every other class is void. CamVid has no wall and no terrain:
#: that these become Building and Tree is our choice.
CITYSCAPES_TO_CAMVID: dict[str, str] = {
    'road': 'Road',
    'sidewalk': 'Pavement',
    'building': 'Building',
    'wall': 'Building',
    'fence': 'Fence',
    'pole': 'Pole',
    'traffic light': 'SignSymbol',
    'traffic sign': 'SignSymbol',
    'vegetation': 'Tree',
    'terrain': 'Tree',
    'sky': 'Sky',
    'person': 'Pedestrian',
    'rider': 'Bicyclist',
    'motorcycle': 'Bicyclist',
    'bicycle': 'Bicyclist',
    'car': 'Car',
    'truck': 'Car',
    'bus': 'Car',
    'train': 'Car',
}


@dataclass(frozen=True)
class ClassSet:
    """The names and colors of the classes of a data set, in index order.

    Args:
        name: The name of the set in configs and checkpoints.
        classes: Class names; the position is the index in class maps.
        palette: One (R, G, B) in 0..255 per class.

    Raises:
        InputError: the numbers of classes and colors differ.
    """

    name: str
    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.palette):
            raise InputError(
                f'class set {self.name!r} has {len(self.classes)} classes and '
                f'{len(self.palette)} colors; give one color per class.'
            )

    @property
    def num_classes(self) -> int:
        """The number of classes, without "ignore"."""
        return len(self.classes)

    @property
    def metainfo(self) -> dict:
        """``dict(classes=tuple of str, palette=list of [R, G, B])``, as in mmseg datasets."""
        return dict(classes=self.classes, palette=[list(color) for color in self.palette])


def _class_set(name: str, classes: tuple[str, ...], colors: dict) -> ClassSet:
    return ClassSet(name, classes, tuple(colors[c] for c in classes))


_TRAIN_CLASSES = tuple(c for c in _CITYSCAPES_COLORS if c != 'unlabeled')

CITYSCAPES19 = _class_set('cityscapes19', _TRAIN_CLASSES, _CITYSCAPES_COLORS)
CITYSCAPES20 = _class_set('cityscapes20', (*_TRAIN_CLASSES, 'unlabeled'), _CITYSCAPES_COLORS)
CAMVID11 = _class_set('camvid11', tuple(_CAMVID_COLORS), _CAMVID_COLORS)
MINISTREETS = _class_set(
    'ministreets',
    (
        'road',
        'sidewalk',
        'building',
        'fence',
        'pole',
        'traffic sign',
        'vegetation',
        'sky',
        'person',
        'car',
    ),
    _CITYSCAPES_COLORS,
)

CLASS_SETS: dict[str, ClassSet] = {
    s.name: s for s in (CITYSCAPES19, CITYSCAPES20, CAMVID11, MINISTREETS)
}


def get_class_set(name: str) -> ClassSet:
    """The class set called ``name``.

    Raises:
        InputError: there is no set of this name.

    Example:
        >>> get_class_set('ministreets').num_classes
        10
    """
    if name not in CLASS_SETS:
        raise InputError(
            f'class_set={name!r} is unknown; choose one of {", ".join(sorted(CLASS_SETS))}.'
        )
    return CLASS_SETS[name]


def label_map(id_table: dict[int, str], class_set: ClassSet) -> dict[int, int]:
    """Maps each raw id of a label PNG to a class index of ``class_set``.

    If the set lacks a class, the id is mapped to the CamVid class for :data:`CAMVID11`, to
    'unlabeled' if the set has that class, and to :data:`IGNORE` otherwise.

    Args:
        id_table: Raw id -> class name, e.g. :data:`LABEL_IDS`. Negative ids are left out, because
            no uint8 PNG holds them.
        class_set: The classes of the result.

    Returns:
        Raw id -> class index in 0..num_classes - 1, or 255, for every id >= 0 of the table.

    Raises:
        InputError: the table and the class set have no class in common.

    Example:
        >>> mapped = label_map(LABEL_IDS, CITYSCAPES19)
        >>> mapped[7], mapped[26], mapped[0]  # road, car, unlabeled
        (0, 13, 255)
    """
    index = {name: i for i, name in enumerate(class_set.classes)}
    rest = index.get('unlabeled', IGNORE)
    mapped = {}
    for raw, name in id_table.items():
        if raw < 0:
            continue
        if name not in index:
            name = CITYSCAPES_TO_CAMVID.get(name, name)
        mapped[raw] = index.get(name, rest)
    if set(mapped.values()) <= {rest, IGNORE}:
        raise InputError(
            f'no id of the label table names a class of {class_set.name!r} '
            f'({", ".join(class_set.classes)}); choose a class set that fits the data set.'
        )
    return mapped
