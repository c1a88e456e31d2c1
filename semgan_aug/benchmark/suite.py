"""A suite: the trainings of one table, and the config of each."""

import hashlib
import json
import logging
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mmengine.config import Config
from mmengine.logging import MMLogger

#: Where configs live; suites name theirs relative to it.
CONFIG_ROOT = Path(__file__).resolve().parents[2] / 'mmseg_configs'
#: The profiles: how long a training may take.
PROFILES = ('cpu', 'gpu')


@dataclass(frozen=True)
class Training:
    """One training of a table.

    Attributes:
        config: relative to ``mmseg_configs``.
        options: what is changed in it, dotted keys as in ``--cfg-options``.
        training_data: how a segmenter's training data differ from the config's, see
            :func:`training_data.apply_training_data`.
        labels_from: row whose segmenter labels the target frames for it; None: their own labels.
        cost: relative duration, for the time left.
    """

    config: str
    options: dict = field(default_factory=dict)
    training_data: dict = field(default_factory=dict)
    labels_from: str | None = None
    cost: float = 1.0

    @property
    def path(self) -> Path:
        return CONFIG_ROOT / self.config

    @property
    def translator(self) -> str | None:
        """Name of the translator that its frames go through."""
        return self.training_data.get('restyle', {}).get('translator')

    def digest(self) -> str:
        """A hash of what its config and its bases say, wherever they lie, and of the changes.

        Empty lines, and lines that are nothing but a comment, do not count.
        """
        changes = json.dumps([self.options, self.training_data], sort_keys=True)
        return hashlib.sha256((self._text + changes).encode()).hexdigest()

    @cached_property
    def _text(self) -> str:
        logger = MMLogger.get_current_instance()
        level = logger.level
        logger.setLevel(logging.WARNING)  # each variable of the environment is a line otherwise
        text = Config.fromfile(self.path).text.replace(str(CONFIG_ROOT), '')
        logger.setLevel(level)
        return re.sub(r'^\s*(#.*)?\n', '', text, flags=re.MULTILINE)


@dataclass(frozen=True)
class Suite:
    """What ``mmseg_configs/suites/<profile>/<name>.py`` says.

    Attributes:
        name: of the suite.
        translators: name to training; rows refer to them.
        rows: name to the training of a segmenter, in the order of the table.
        subsets: name to class names: further means of IoU to report, e.g. mIoU-7.
        own_frames: its frames may be published, with the page that shows them.
    """

    name: str
    translators: dict[str, Training]
    rows: dict[str, Training]
    subsets: dict[str, list[str]]
    own_frames: bool = False

    @classmethod
    def load(cls, name: str, profile: str = 'cpu') -> 'Suite':
        """Reads a suite.

        Raises:
            FileNotFoundError: there is none of that name; names those there are.
            ValueError: a row names a translator that the suite does not have.
        """
        path = CONFIG_ROOT / 'suites' / profile / f'{name}.py'
        if not path.is_file():
            known = ', '.join(sorted(p.stem for p in path.parent.glob('*.py')))
            raise FileNotFoundError(
                f'there is no suite {name!r} of profile {profile!r}; choose one of: {known}'
            )
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
            # None is a row of the base that the suite does not have.
            rows={k: _row(segmenter, **v) for k, v in cfg['rows'].items() if v is not None},
            subsets=cfg.get('subsets', {}),
            own_frames=cfg.get('own_frames', False),
        )
        for name, training in translators.items():
            if training.labels_from not in (None, *suite.rows):
                raise ValueError(
                    f'translator {name!r} of {path} wants labels from the row '
                    f'{training.labels_from!r}, but the suite has {sorted(suite.rows)}'
                )
        for row, training in suite.rows.items():
            if training.translator not in (None, *suite.translators):
                raise ValueError(
                    f'row {row!r} of {path} wants the translator {training.translator!r}, but the '
                    f'suite has {sorted(suite.translators)}'
                )
        return suite


def _row(
    segmenter: str, cost: float = 1.0, options: dict | None = None, **training_data
) -> Training:
    return Training(segmenter, options or {}, training_data, cost=cost)
