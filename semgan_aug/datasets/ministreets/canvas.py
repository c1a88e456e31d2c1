"""A pinhole camera and a depth-tested canvas on which street scenes are drawn.

World coordinates are in meters: ``X`` to the right of the camera, ``height`` above the ground and
``Z`` ahead of the camera. The canvas stores only two maps: the visible surface of each pixel and
its distance. All texture coordinates follow from the distance.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

GROUND, FACES_RIGHT, FACES_LEFT, FACES_CAMERA = range(4)

_SUBPIXEL_BITS = 4
_NEAR = 0.6


@dataclass(frozen=True)
class Camera:
    """Pinhole camera that looks along the road.

    Attributes:
        height: Rows of the frame.
        width: Columns of the frame.
        focal: Focal length in pixels.
        center: Column of the vanishing point.
        horizon: Row of the horizon.
        eye: Height of the camera above the ground in meters.
    """

    height: int
    width: int
    focal: float
    center: float
    horizon: float
    eye: float

    def project(self, points: np.ndarray) -> np.ndarray:
        """Maps (n, 3) world points (X, height, Z) to (n, 2) pixel coordinates (column, row)."""
        scale = self.focal / np.maximum(points[:, 2], _NEAR)
        pixels = np.empty((len(points), 2))
        pixels[:, 0] = points[:, 0] * scale + (self.center - 0.5)
        pixels[:, 1] = (self.eye - points[:, 1]) * scale + (self.horizon - 0.5)
        return pixels


@dataclass(frozen=True)
class Surface:
    """The class, the material and the object of one drawn shape.

    Attributes:
        label: Class id.
        part: Name of the material, the key of the renderer's palettes.
        instance: Number of the object that the shape belongs to; shapes of one object share colors.
        face: Direction that the shape faces: GROUND, FACES_RIGHT, FACES_LEFT or FACES_CAMERA.
        top: Height of a wall in meters; 0 for other shapes.
    """

    label: int
    part: str
    instance: int = 0
    face: int = FACES_CAMERA
    top: float = 0.0


def _first(offset: float, origin: float, count: int) -> int:
    """The first of ``count`` pixels whose middle lies ``offset`` or more from ``origin``."""
    return min(max(math.ceil(offset + origin - 0.5), 0), count)


class Canvas:
    """A surface map (H, W) int16 and a distance map (H, W) float32, drawn with a depth test."""

    def __init__(self, camera: Camera, background: Surface, far: float) -> None:
        self.camera = camera
        self.surfaces = [background]
        shape = (camera.height, camera.width)
        self.surface = np.zeros(shape, np.int16)
        self.depth = np.full(shape, far, np.float32)
        self._columns = np.arange(camera.width, dtype=np.float32) + (0.5 - camera.center)
        self._rows = np.arange(camera.height, dtype=np.float32) + (0.5 - camera.horizon)

    def _add(self, surface: Surface) -> int:
        self.surfaces.append(surface)
        return len(self.surfaces) - 1

    def ground(self, edges: Sequence[float], bands: Sequence[Surface]) -> None:
        """Fills the ground plane; ``bands[k]`` lies between ``edges[k - 1]`` and ``edges[k]``.

        Args:
            edges: Ascending X of the borders between bands.
            bands: One surface more than there are edges.
        """
        ids = np.array([self._add(band) for band in bands], np.int16)
        start = int(np.searchsorted(self._rows, self.camera.focal * self.camera.eye / 150.0))
        depth = self.camera.focal * self.camera.eye / self._rows[start:, None]
        across = self._columns[None, :] * (depth / self.camera.focal)
        self.surface[start:] = ids[np.searchsorted(np.asarray(edges, np.float32), across)]
        self.depth[start:] = depth

    def ground_strip(self, z0: float, z1: float, surface: Surface) -> None:
        """Repaints the whole ground from distance ``z0`` to ``z1``, e.g. for a crossing street."""
        rows = (self.depth[:, 0] >= z0) & (self.depth[:, 0] < z1)
        self.surface[rows] = self._add(surface)

    def wall(self, x: float, z0: float, z1: float, top: float, surface: Surface) -> None:
        """Draws an upright wall of height ``top`` in the plane ``X = x`` from ``z0`` to ``z1``."""
        camera = self.camera
        ends = sorted(camera.focal * x / max(z, _NEAR) for z in (z0, z1))
        left, right = (_first(end, camera.center, camera.width) for end in ends)
        if left >= right:
            return
        scale = self._columns[left:right] / x
        depth = (camera.focal / scale).astype(np.float32)
        upper, lower = (camera.eye - top) * scale, camera.eye * scale
        first = _first(min(upper[0], upper[-1]), camera.horizon, camera.height)
        last = _first(max(lower[0], lower[-1]), camera.horizon, camera.height)
        rows = self._rows[first:last, None]
        region = np.s_[first:last, left:right]
        seen = (rows >= upper) & (rows < lower) & (self.depth[region] > depth)
        np.copyto(self.surface[region], self._add(surface), where=seen)
        np.copyto(self.depth[region], depth[None, :], where=seen)

    def shapes(self, shapes: Sequence[tuple[Surface, np.ndarray]], depth: float) -> None:
        """Draws the polygons of one object, later ones over earlier ones, at one distance.

        Args:
            shapes: Pairs of a surface and its corners, (n, 3) world points.
            depth: Distance of the whole object in the depth test.
        """
        camera = self.camera
        pixels = camera.project(np.concatenate([corners for _, corners in shapes]))
        fixed = np.rint(pixels * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        x, y, wide, tall = cv2.boundingRect(fixed)
        left, upper = max(x >> _SUBPIXEL_BITS, 0), max(y >> _SUBPIXEL_BITS, 0)
        right = min(((x + wide) >> _SUBPIXEL_BITS) + 2, camera.width)
        lower = min(((y + tall) >> _SUBPIXEL_BITS) + 2, camera.height)
        if left >= right or upper >= lower:
            return
        fixed -= np.array([left, upper], np.int32) << _SUBPIXEL_BITS
        local = np.zeros((lower - upper, right - left), np.uint8)
        start = 0
        for number, (_, corners) in enumerate(shapes, 1):
            polygon = fixed[start : start + len(corners)]
            cv2.fillPoly(local, [polygon], number, shift=_SUBPIXEL_BITS)
            start += len(corners)
        region = np.s_[upper:lower, left:right]
        seen = (local > 0) & (self.depth[region] >= depth)
        ids = np.add(local, len(self.surfaces) - 1, dtype=np.int16)
        self.surfaces += [surface for surface, _ in shapes]
        np.copyto(self.surface[region], ids, where=seen)
        np.copyto(self.depth[region], np.float32(depth), where=seen)

    def world(self) -> tuple[np.ndarray, np.ndarray]:
        """World coordinates X and height of each pixel's surface, two (H, W) float32 maps."""
        meters = self.depth / np.float32(self.camera.focal)
        across = meters * self._columns[None, :]
        height = np.float32(self.camera.eye) - meters * self._rows[:, None]
        return across, height
