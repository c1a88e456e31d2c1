"""A suite: the configs of one table."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from ..training import find_dicts

#: Where configs live; suites name theirs relative to it.
CONFIG_ROOT = Path(__file__).resolve().parents[2] / 'mmseg_configs'
#: The name of the job that trains the translator.
TRANSLATOR = 'translator'


@dataclass(frozen=True)
class Suite:
    """What ``mmseg_configs/suites/<name>.py`` says.

    Attributes:
        name: of the suite.
        translator: SemGAN config, relative to ``mmseg_configs``.
        rows: row name to segmenter config, likewise; a row whose config holds ``SemGANTranslate``
            waits for the translator and is given its checkpoint.
        cost: job name (rows and 'translator') to relative duration, for the time left.
        subsets: name to class names: further means of IoU to report, e.g. mIoU-7.
    """

    name: str
    translator: str
    rows: dict[str, str]
    cost: dict[str, float]
    subsets: dict[str, list[str]]

    @classmethod
    def load(cls, name: str) -> 'Suite':
        """Raises FileNotFoundError, naming the suites there are, if there is none of that name."""
        path = CONFIG_ROOT / 'suites' / f'{name}.py'
        if not path.is_file():
            known = ', '.join(sorted(p.stem for p in path.parent.glob('*.py')))
            raise FileNotFoundError(f'there is no suite {name!r}; choose one of: {known}')
        cfg = Config.fromfile(path).to_dict()
        return cls(
            name=name,
            translator=cfg['translator'],
            rows=cfg['rows'],
            cost=cfg['cost'],
            subsets=cfg.get('subsets', {}),
        )

    def config(self, job: str) -> Path:
        """The config file of a row or of the translator."""
        return CONFIG_ROOT / (self.translator if job == TRANSLATOR else self.rows[job])

    def needs_translator(self, row: str) -> bool:
        return bool(find_dicts(Config.fromfile(self.config(row)), 'SemGANTranslate'))


def config_digest(path: Path) -> str:
    """A hash of what a config and its bases say, wherever they lie."""
    text = Config.fromfile(path).text.replace(str(CONFIG_ROOT), '')
    return hashlib.sha256(text.encode()).hexdigest()
