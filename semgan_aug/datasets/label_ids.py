"""Base class of the datasets whose label PNGs hold raw ids."""

import logging
import os.path as osp
from collections.abc import Sequence

from mmengine.logging import print_log
from mmseg.datasets import BaseSegDataset

from ..core.classes import IGNORE, get_class_set, label_map
from ..core.errors import InputError
from .checks import list_files, read_stems


class LabelIdsDataset(BaseSegDataset):
    """A dataset whose raw label ids are mapped to class indices when a label is loaded.

    mmseg's ``LoadAnnotations`` applies ``results['label_map']``. It replaces ids in a copy, so a
    new index that equals another raw id is not mapped a second time.

    A pair cannot be used if an ``ann_file`` entry has no image, if an image has no label, or if
    :meth:`find_problems` of a subclass finds a problem. Such pairs either stop the run with the
    list of all of them, or are left out, counted and listed in the log.

    Args:
        class_set: a name in ``semgan_aug.core.classes.CLASS_SETS``.
        bad_pairs: ``'raise'`` stops the run at bad pairs; ``'skip'`` leaves them out.
        metainfo: may hold ``classes``, a subset or another order of the class set's classes. The
            ids of omitted classes become 255. ``palette`` follows the classes unless it is given.
        **kwargs: see ``mmseg.datasets.BaseSegDataset``.

    Raises:
        FileNotFoundError: a folder or ``ann_file`` is missing, or no usable pair remains.
        InputError: an argument is not allowed, or pairs are bad and ``bad_pairs='raise'``.
    """

    #: Raw id -> class name.
    ID_TABLE: dict[int, str]
    #: Stem -> reason, for the pairs that ``bad_pairs='skip'`` left out.
    left_out: dict[str, str] = {}

    def __init__(
        self, class_set: str, bad_pairs: str = 'raise', metainfo: dict | None = None, **kwargs
    ) -> None:
        if bad_pairs not in ('raise', 'skip'):
            raise InputError(f"bad_pairs={bad_pairs!r} is unknown; choose 'raise' or 'skip'.")
        if kwargs.get('reduce_zero_label'):
            raise InputError(
                'reduce_zero_label=True would shift raw label ids before they are mapped; leave it '
                'out and name the classes wanted in metainfo=dict(classes=[...]).'
            )
        self.class_set = get_class_set(class_set)
        self.bad_pairs = bad_pairs
        metainfo = metainfo or {}
        self._palette_given = 'palette' in metainfo
        super().__init__(metainfo={**self.class_set.metainfo, **metainfo}, **kwargs)
        # Concatenated datasets must have equal metainfo. Their raw ids may differ (GTA5 and CamVid,
        # both read as camvid11), so the map of raw ids must not be part of it.
        self._metainfo['label_map'] = None

    def get_label_map(self, new_classes: Sequence[str]) -> dict[int, int]:
        """Maps raw ids to indices in ``new_classes``, or to 255.

        Raises:
            InputError: a class is not in the class set.
        """
        unknown = [c for c in new_classes if c not in self.class_set.classes]
        if unknown:
            raise InputError(
                f'metainfo classes {unknown} are not in class set {self.class_set.name!r}; choose '
                f'among {", ".join(self.class_set.classes)}.'
            )
        new_index = {c: i for i, c in enumerate(new_classes)}
        return {
            raw: IGNORE if i == IGNORE else new_index.get(self.class_set.classes[i], IGNORE)
            for raw, i in label_map(self.ID_TABLE, self.class_set).items()
        }

    def _update_palette(self) -> list:
        """The colors in the order of the classes; mmseg's own method looks them up by raw id."""
        classes, palette = self._metainfo['classes'], self._metainfo['palette']
        if not self._palette_given:
            colors = dict(zip(self.class_set.classes, self.class_set.palette, strict=True))
            return [list(colors[c]) for c in classes]
        if len(palette) != len(classes):
            raise InputError(
                f'metainfo has {len(palette)} palette colors for {len(classes)} classes; give one '
                'color per class or leave palette out.'
            )
        return palette

    def load_data_list(self) -> list[dict]:
        """Finds the pairs.

        Returns:
            One dict per pair with ``img_path``, ``seg_map_path`` (unless ``data_prefix`` names no
            label folder), ``label_map``, ``reduce_zero_label`` and ``seg_fields``.
        """
        image_dir = self.data_prefix['img_path']
        label_dir = self.data_prefix.get('seg_map_path')
        images = list_files(image_dir, self.img_suffix, 'image', self.backend_args)
        if self.ann_file:
            stems = read_stems(self.ann_file, self.img_suffix, self.backend_args)
        else:
            stems = sorted(f[: -len(self.img_suffix)] for f in images)
        problems = {
            s: f'no image (*{self.img_suffix}) in {image_dir}'
            for s in stems
            if s + self.img_suffix not in images
        }
        if label_dir is not None:
            labels = list_files(label_dir, self.seg_map_suffix, 'label', self.backend_args)
            for s in stems:
                if s not in problems and s + self.seg_map_suffix not in labels:
                    problems[s] = f'no label (*{self.seg_map_suffix}) in {label_dir}'

        pairs = {}
        for s in stems:
            if s in problems:
                continue
            pairs[s] = dict(
                img_path=osp.join(image_dir, s + self.img_suffix),
                label_map=self.label_map,
                reduce_zero_label=self.reduce_zero_label,
                seg_fields=[],
            )
            if label_dir is not None:
                pairs[s]['seg_map_path'] = osp.join(label_dir, s + self.seg_map_suffix)
        problems.update(self.find_problems(pairs))
        self._report(problems, len(stems))
        self.left_out = problems
        return [pair for s, pair in pairs.items() if s not in problems]

    def find_problems(self, pairs: dict[str, dict]) -> dict[str, str]:
        """Finds pairs whose files exist but do not fit; this base class finds none.

        Args:
            pairs: stem -> data info.

        Returns:
            Stem -> reason.
        """
        return {}

    def _report(self, problems: dict[str, str], total: int) -> None:
        if not problems:
            return
        name = type(self).__name__
        stems_of: dict[str, list[str]] = {}
        for s, why in sorted(problems.items()):
            stems_of.setdefault(why, []).append(s)
        listed = '; '.join(f'{why}: {", ".join(stems)}' for why, stems in stems_of.items())
        count = f'{len(problems)} of {total} pairs cannot be used'
        if self.bad_pairs == 'raise':
            raise InputError(
                f"{name}: {count}; repair them, or leave them out with bad_pairs='skip': {listed}"
            )
        if len(problems) == total:
            raise FileNotFoundError(
                f'{name}: none of the {total} pairs can be used; check data_root, data_prefix and '
                f'ann_file: {listed}'
            )
        print_log(f'{name}: {count} and are left out: {listed}', 'current', logging.WARNING)
