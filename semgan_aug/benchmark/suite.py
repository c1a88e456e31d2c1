"""Suites: the trainings of one table, and the config of each."""

import hashlib
import json
import logging
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mmengine.config import Config
from mmengine.logging import MMLogger

from ..core.errors import InputError

#: The folder of all configs. The paths in a suite are relative to it.
CONFIG_ROOT = Path(__file__).resolve().parents[2] / 'mmseg_configs'


@dataclass(frozen=True)
class Training:
    """One training of a table.

    Attributes:
        config: path of its config, relative to ``mmseg_configs``.
        options: changes of the config, dotted keys as in ``--cfg-options``.
        training_data: changes of a segmenter's training data, see
            :func:`training_data.apply_training_data`.
        labels_from: the row whose segmenter labels the target frames. None: the frames have their
            own labels.
        cost: relative duration, for the time left.
    """

    config: str
    options: dict = field(default_factory=dict)
    training_data: dict = field(default_factory=dict)
    labels_from: str | None = None
    cost: float = 1.0

    @property
    def path(self) -> Path:
        """The config file."""
        return CONFIG_ROOT / self.config

    @property
    def translator(self) -> str | None:
        """Name of the translator that translates its frames. None: no translator."""
        return self.training_data.get('restyle', {}).get('translator')

    def digest(self) -> str:
        """A hash of the text of its config, with all bases, and of the changes.

        Folders, empty lines and comment lines do not change the hash.
        """
        changes = json.dumps([self.options, self.training_data], sort_keys=True)
        return hashlib.sha256((self._text + changes).encode()).hexdigest()

    @cached_property
    def _text(self) -> str:
        logger = MMLogger.get_current_instance()
        level = logger.level
        logger.setLevel(logging.WARNING)  # mmengine logs every environment variable otherwise
        text = Config.fromfile(self.path).text.replace(str(CONFIG_ROOT), '')
        logger.setLevel(level)
        return re.sub(r'^\s*(#.*)?\n', '', text, flags=re.MULTILINE)


@dataclass(frozen=True)
class Suite:
    """The suite in ``mmseg_configs/suites/<name>.py``.

    Attributes:
        name: the name of its file.
        translators: the training of each translator. Rows refer to their names.
        rows: the training of each row's segmenter, in the order of the table.
        subsets: further means of IoU to report, e.g. mIoU-7: name to class names.
        own_frames: whether its frames, and the page that shows them, may be published.

    Example:
        >>> from semgan_aug.benchmark.suite import Suite
        >>> suite = Suite.load('ministreets')
        >>> suite.rows['semgan'].translator
        'semgan'
        >>> suite.translators['semgan'].config
        'semgan/semgan_r3w16-skip_1000_game2camera-96x64.py'
    """

    name: str
    translators: dict[str, Training]
    rows: dict[str, Training]
    subsets: dict[str, list[str]]
    own_frames: bool = False

    @classmethod
    def load(cls, name: str) -> 'Suite':
        """Read a suite.

        Args:
            name: the name of its file, without ``.py``.

        Raises:
            InputError: there is no suite of that name, a row names a translator that the suite
                does not have, or a translator wants the labels of a row that it does not have.
        """
        path = CONFIG_ROOT / 'suites' / f'{name}.py'
        if not path.is_file():
            known = ', '.join(sorted(p.stem for p in path.parent.glob('*.py')))
            raise InputError(f'there is no suite {name!r}; choose one of: {known}')
        cfg = Config.fromfile(path).to_dict()
        segmenter, cost = cfg['segmenter'], cfg.get('translator_cost', 1.0)
        common = cfg.get('translator_options', {})
        translators = {k: Training(v, common, cost=cost) for k, v in cfg['translators'].items()}
        semgan = cfg['translators']['semgan']
        for k, options in cfg.get('variants', {}).items():
            translators[k] = Training(semgan, common | options, cost=cost)
        for k, row in cfg.get('pseudo', {}).items():
            translators[k] = Training(semgan, common, labels_from=row, cost=cost)
        suite = cls(
            name=name,
            translators=translators,
            # None removes a row of the base.
            rows={k: _row(segmenter, **v) for k, v in cfg['rows'].items() if v is not None},
            subsets=cfg.get('subsets', {}),
            own_frames=cfg.get('own_frames', False),
        )
        for name, training in translators.items():
            if training.labels_from not in (None, *suite.rows):
                raise InputError(
                    f'translator {name!r} of {path} wants labels from the row '
                    f'{training.labels_from!r}, but the suite has {sorted(suite.rows)}'
                )
        for row, training in suite.rows.items():
            if training.translator not in (None, *suite.translators):
                raise InputError(
                    f'row {row!r} of {path} wants the translator {training.translator!r}, but the '
                    f'suite has {sorted(suite.translators)}'
                )
        return suite


def _row(
    segmenter: str, cost: float = 1.0, options: dict | None = None, **training_data
) -> Training:
    return Training(segmenter, options or {}, training_data, cost=cost)
