"""How fast frames are translated offline, beside the machine's floors and other methods."""

from collections.abc import Callable
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch

from ...core.errors import InputError
from ...online.cache_entry import FORMATS
from ...transforms.fda import FDA
from ...transforms.lab_color_transfer import LabColorTransfer
from ...translator.strips import translate_in_strips
from ...translator.translator import load_translator
from .machine import count_flops, matrix_rate, seconds
from .memory import peak_mib


def repeated(work: Callable[[], object], device: str = 'cpu', times: int = 3) -> float:
    """Median seconds of a call, after one to warm up."""
    return median([seconds(work, device) for _ in range(times + 1)][1:])


def load_frame(frames: Path) -> tuple[np.ndarray, np.ndarray]:
    """The first frame of a folder with ``images`` and ``labels``, as mmseg reads it."""
    path = sorted((frames / 'images').iterdir())[0]
    return cv2.imread(str(path)), cv2.imread(str(frames / 'labels' / path.name), 0)


def measure_offline(ckpt: Path, frames: Path, device: str, compile: bool = False) -> dict:
    """Frames per second of a translator, of reading and of writing them.

    Args:
        ckpt: of the translator.
        frames: folder with ``images`` and ``labels``.
        device: of the translator.
        compile: measure it compiled as well.

    Returns:
        ``seconds_per_frame`` of the translation (uint8 in, uint8 out, on the device), its
        ``tflop`` and the ``matrix_tflops`` of the dtype that it runs in, ``floor_share`` (the time
        of that arithmetic at that rate, over the time taken) and seconds of PNG;
        ``compiled_seconds_per_frame`` and ``compiled_floor_share``, None if not measured.
    """
    translator = load_translator(ckpt, device)
    image, ids = load_frame(frames)
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].to(device)
    labels = torch.from_numpy(ids)[None].to(device)

    def translate() -> object:
        return translator.translate_batch(pixels, labels, [0])

    taken = repeated(translate, device)
    flops = count_flops(translate)
    rate = matrix_rate(device, translator.dtype)
    compiled = None
    if compile:
        try:
            translator.compile()
            compiled = repeated(translate, device)
        except InputError as error:  # no compiler here
            print(error)
    return dict(
        size=list(ids.shape),
        dtype=str(translator.dtype).removeprefix('torch.'),
        seconds_per_frame=round(taken, 5),
        frames_per_second=round(1 / taken, 3),
        tflop=round(flops / 1e12, 4),
        matrix_tflops=round(rate / 1e12, 3),
        floor_seconds=round(flops / rate, 5),
        floor_share=round(flops / rate / taken, 3),
        compiled_seconds_per_frame=compiled and round(compiled, 5),
        compiled_floor_share=compiled and round(flops / rate / compiled, 3),
        png=png_seconds(image, ids),
    )


def png_seconds(image: np.ndarray, ids: np.ndarray) -> dict[str, float]:
    """Seconds of one core to decode a pair, and to encode it as the cache does."""
    suffix, options = FORMATS['png']
    coded = [cv2.imencode(suffix, a, options)[1] for a in (image, ids)]
    return dict(
        decode=round(repeated(lambda: [cv2.imdecode(c, cv2.IMREAD_UNCHANGED) for c in coded]), 5),
        encode=round(repeated(lambda: [cv2.imencode(suffix, a, options) for a in (image, ids)]), 5),
    )


def measure_without_network(frames: Path) -> dict[str, float]:
    """Seconds per frame of the methods that need no network, on one core."""
    image, ids = load_frame(frames)
    taken = {}
    for name, kind in (('FDA', FDA), ('Lab', LabColorTransfer)):
        step = kind(str(frames / 'images'))
        taken[name] = round(
            repeated(lambda step=step: step(dict(img=image.copy(), gt_seg_map=ids, img_path='f'))),
            5,
        )
    return taken


def measure_memory(ckpt: Path, device: str, sizes: list[tuple[int, int]]) -> list[dict]:
    """Peak MiB of one frame per size, of the whole frame in one pass and in bands."""
    rows = []
    for size in sizes:
        row = dict(size=list(size))
        for bands in (False, True):
            name = 'bands_mib' if bands else 'whole_mib'
            row[name] = peak_mib(device, _translate_one, str(ckpt), device, size, bands)
        rows.append(row)
    return rows


def _translate_one(ckpt: str, device: str, size: tuple[int, int], bands: bool) -> None:
    translator = load_translator(ckpt, device)
    image = torch.randint(256, (1, 3, *size), dtype=torch.uint8)
    ids = torch.randint(len(translator.classes), (1, *size), dtype=torch.uint8)
    style = translator.draw_colors([0])
    if bands:
        translate_in_strips(translator.network, image, ids, style)
    else:
        with torch.inference_mode():
            translator.network(image.to(device), ids.to(device), style)
