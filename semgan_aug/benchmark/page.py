"""The results of a suite as one HTML page that needs no other file."""

import base64
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .pictures import Tiles
from .table import Table, title

#: Table 1 of the paper (arXiv 1904.02203), GTA5 -> Cityscapes, DRN-26: mIoU-20 and accuracy.
PAPER = {
    'source_only': (11.65, 46.34),
    'cyclegan': (15.73, 65.27),
    'sggan': (14.07, 55.68),
    'unit': (16.36, 64.86),
    'semgan_no_rec': (4.13, 26.47),
    'semgan_no_idt': (6.92, 41.04),
    'semgan_no_dom': (12.74, 54.65),
    'semgan': (21.71, 77.39),
    'oracle': (26.61, 84.27),
}


class Section(NamedTuple):
    """A part of the page that shows pictures: one list of tiles for each frame."""

    heading: str
    explanation: str
    frames: list[Tiles]


def write_page(table: Table, chart: Path, path: Path, sections: list[Section]) -> None:
    """Writes the page: scores, chart, IoU of each class, label consistency and pictures.

    Args:
        table: the numbers.
        chart: SVG file; the page holds a copy.
        path: HTML file to write.
        sections: the pictures.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template('page.html.jinja').render(
        table=table,
        title=title,
        paper=PAPER,
        sections=sections,
        chart=_data_url('svg+xml', chart.read_bytes()),
        jpeg=_jpeg,
    )
    path.write_text(html, encoding='utf-8')


def _jpeg(image: np.ndarray) -> str:
    """An image (H, W, 3) uint8 BGR as the address of an inline JPEG."""
    data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    return _data_url('jpeg', data.tobytes())


def _data_url(kind: str, data: bytes) -> str:
    return f'data:image/{kind};base64,{base64.b64encode(data).decode()}'
