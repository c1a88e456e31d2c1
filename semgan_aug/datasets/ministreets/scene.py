"""Lays out a street and draws the visible surface and the distance of each pixel."""

from dataclasses import dataclass, field

import numpy as np

from .canvas import FACES_LEFT, FACES_RIGHT, GROUND, Camera, Canvas, Surface
from .layout import Layout, Range
from .things import (
    BUILDING,
    FENCE,
    ROAD,
    SIDEWALK,
    SKY,
    VEGETATION,
    Shape,
    bush,
    car_crosswise,
    car_lengthwise,
    house_front,
    leafy_tree,
    palm,
    person,
    pole,
    roof_slope,
    sign,
)

_FAR = 400.0
_STREET_END = 75.0


@dataclass(frozen=True)
class Road:
    """Positions of the road's markings: borders, lane width, crossing street (z0, z1), meters."""

    left: float
    right: float
    middle: float
    lane: float
    crossing: Range | None


@dataclass(frozen=True)
class Caster:
    """An object that throws a shadow: its outline (n, 2) of (X, Z), and its two heights."""

    outline: np.ndarray
    bottom: float
    top: float
    soft: bool = False


@dataclass
class Scene:
    """A drawn street.

    Attributes:
        camera: The camera that sees it.
        road: Geometry of the road.
        surfaces: What the ids in ``surface`` stand for.
        surface: (H, W) int16 ids.
        depth: (H, W) float32 distances in meters, large for the sky.
        casters: Everything that throws a shadow.
        instances: Number of objects.
    """

    camera: Camera
    road: Road
    surfaces: list[Surface]
    surface: np.ndarray
    depth: np.ndarray
    casters: list[Caster]
    instances: int
    across: np.ndarray = field(repr=False)
    height: np.ndarray = field(repr=False)

    def labels(self) -> np.ndarray:
        """Class ids, (H, W) uint8."""
        return np.array([surface.label for surface in self.surfaces], np.uint8)[self.surface]


def _box(x0: float, x1: float, z0: float, z1: float) -> np.ndarray:
    return np.array([[x0, z0], [x1, z0], [x1, z1], [x0, z1]])


class _Street:
    """Builds one scene. All random choices are made here; the frame's size does not change them."""

    def __init__(self, layout: Layout, rng: np.random.RandomState, size: tuple[int, int]) -> None:
        self.layout, self.rng = layout, rng
        height, width = size
        scale = np.sqrt(height * width / (96 * 160))
        camera = Camera(
            height=height,
            width=width,
            focal=128.0 * scale,
            center=width * rng.uniform(0.4, 0.6),
            horizon=height * rng.uniform(0.42, 0.5),
            eye=rng.uniform(1.35, 1.75),
        )
        self.canvas = Canvas(camera, Surface(SKY, 'sky'), _FAR)
        self.casters: list[Caster] = []
        self.built: dict[int, list[Range]] = {-1: [], 1: []}
        self.instances = 1
        lane = rng.uniform(*layout.lane)
        own, other = rng.choice(layout.lanes), rng.choice(layout.lanes)
        own_lane = rng.randint(own)
        middle = -(own_lane + 0.5) * lane + rng.uniform(-0.4, 0.4)
        self.parked = {side: rng.rand() < layout.parked_share for side in (-1, 1)}
        bays = {side: 2.1 * self.parked[side] for side in (-1, 1)}
        crossing = None
        if rng.rand() < layout.crossing_share:
            start = rng.uniform(16.0, 38.0)
            crossing = (start, start + rng.uniform(7.0, 11.0))
        self.lanes = (int(own), int(other))
        self.road = Road(
            left=middle - other * lane - bays[-1] - 0.3,
            right=middle + own * lane + bays[1] + 0.3,
            middle=middle,
            lane=lane,
            crossing=crossing,
        )
        self.walks = {side: rng.uniform(*layout.sidewalk) for side in (-1, 1)}
        self.lawns = {
            side: rng.uniform(*layout.lawn) * (rng.rand() < layout.lawn_share) for side in (-1, 1)
        }

    def _chance(self, share: float) -> bool:
        return bool(self.rng.rand() < share)

    def _new(self) -> int:
        self.instances += 1
        return self.instances - 1

    def _kerb(self, side: int) -> float:
        return self.road.right if side > 0 else self.road.left

    def _line(self, side: int) -> float:
        """X of the buildings' fronts on one side."""
        return self._kerb(side) + side * (self.walks[side] + self.lawns[side])

    def _blocked(self, z0: float, z1: float) -> bool:
        """Whether the stretch from ``z0`` to ``z1`` touches the crossing street."""
        crossing = self.road.crossing
        return crossing is not None and z0 < crossing[1] + 0.5 and z1 > crossing[0] - 0.5

    def _put(self, shapes: list[Shape], z: float) -> None:
        # A little nearer than the object's foot, so that the ground does not hide its lower edge.
        self.canvas.shapes(shapes, z * 0.97)

    def _stretches(self, start: float) -> list[Range]:
        crossing = self.road.crossing
        if crossing is None:
            return [(start, _STREET_END)]
        return [(start, crossing[0] - 1.5), (crossing[1] + 1.5, _STREET_END)]

    def ground(self) -> None:
        paving, asphalt = (
            Surface(SIDEWALK, 'paving', 0, GROUND),
            Surface(ROAD, 'asphalt', 0, GROUND),
        )
        lawn, kerb = Surface(VEGETATION, 'lawn', 0, GROUND), Surface(SIDEWALK, 'kerb', 0, GROUND)
        behind = lawn if max(self.lawns.values()) else paving
        left, right = self.road.left, self.road.right
        walk_left, walk_right = left - self.walks[-1], right + self.walks[1]
        edges = [
            walk_left - self.lawns[-1] - 0.3,
            walk_left,
            left - 0.25,
            left,
            right,
            right + 0.25,
            walk_right,
            walk_right + self.lawns[1] + 0.3,
        ]
        sides = [lawn if self.lawns[side] else paving for side in (-1, 1)]
        bands = [behind, sides[0], paving, kerb, asphalt, kerb, paving, sides[1], behind]
        self.canvas.ground(edges, bands)
        if self.road.crossing:
            self.canvas.ground_strip(*self.road.crossing, asphalt)

    def _building(self, side: int, z0: float, z1: float) -> None:
        layout, rng = self.layout, self.rng
        number = self._new()
        self.built[side].append((z0, z1))
        x0 = self._line(side) + side * rng.uniform(0.0, 0.4)
        x1 = x0 + side * rng.uniform(8.0, 12.0)
        top = rng.uniform(*layout.building_height) * (
            3.0 if self._chance(layout.tower_share) else 1
        )
        gable = rng.uniform(2.0, 3.5) * (self._chance(layout.gable_share) and top < 16)
        near = max(z0, 1.2)
        if gable:
            ridge = roof_slope(x0, (x0 + x1) / 2, near, z1, top, gable, number)
            self.canvas.shapes(ridge, z1 - 0.05)
        face = FACES_LEFT if side > 0 else FACES_RIGHT
        self.canvas.wall(x0, z0, z1, top, Surface(BUILDING, 'wall', number, face, top))
        if z0 > 1.2:
            self.canvas.shapes(house_front(x0, x1, z0, top, gable, number), z0)
        self.casters.append(Caster(_box(x0, x1, z0, z1), 0.0, top + gable / 2))

    def _fence(self, x: float, side: int, z0: float, z1: float, top: float) -> None:
        face = FACES_LEFT if side > 0 else FACES_RIGHT
        self.canvas.wall(x, z0, z1, top, Surface(FENCE, 'fence', self._new(), face, top))
        self.casters.append(Caster(_box(x, x + side * 0.1, z0, z1), 0.0, top))

    def buildings(self) -> None:
        layout, rng = self.layout, self.rng
        for side in (-1, 1):
            for start, end in self._stretches(rng.uniform(-12.0, -2.0)):
                z = start
                while end - z > 4.0:
                    z1 = min(z + rng.uniform(*layout.building_length), end)
                    self._building(side, z, z1)
                    space = rng.uniform(*layout.gap) * self._chance(layout.gap_share)
                    fenced = self._chance(layout.gap_fence_share)
                    if space and fenced:
                        top = rng.uniform(1.3, 2.2)
                        self._fence(self._line(side), side, z1, min(z1 + space, end), top)
                    z = z1 + space
        if self._chance(layout.closed_share):
            z = _STREET_END - rng.uniform(2.0, 25.0)
            number, top = self._new(), max(rng.uniform(*layout.building_height), 7.0)
            self.canvas.shapes(house_front(-40.0, 40.0, z, top, 0.0, number), z)

    def backdrop(self) -> None:
        """Draws trees and houses at the end of the street."""
        rng = self.rng
        for x in np.arange(-48.0, 49.0, 16.0):
            z = rng.uniform(80.0, 115.0)
            number = self._new()
            if self._chance(0.5):
                wide, top = rng.uniform(7.0, 10.0), rng.uniform(6.0, 14.0)
                self._put(house_front(x - wide, x + wide, z, top, 0.0, number), z)
            else:
                tall = rng.uniform(4.0, 9.0)
                self._put(bush(x, z, rng.uniform(8.0, 12.0), tall, number, rng), z)

    def fences(self) -> None:
        layout, rng = self.layout, self.rng
        for side in (-1, 1):
            if not self._chance(layout.yard_fence_share):
                continue
            kerbside = self.lawns[side] == 0.0
            x = self._kerb(side) + side * (0.3 if kerbside else self.walks[side] + 0.1)
            z0 = rng.uniform(0.0, 14.0)
            z1 = z0 + rng.uniform(8.0, 24.0)
            if self.road.crossing:
                z1 = min(z1, self.road.crossing[0] - 1.0)
            if z1 - z0 > 2.0:
                self._fence(x, side, z0, z1, rng.uniform(0.9, 1.3))

    def _tree(self, x: float, z: float, size: float) -> None:
        rng, number = self.rng, self._new()
        if self._chance(self.layout.palm_share):
            height = rng.uniform(5.0, 8.5)
            self._put(palm(x, z, height, number, rng), z)
            radius, bottom = 1.6, height
        else:
            radius = rng.uniform(1.7, 2.9) * size
            crown = rng.uniform(3.6, 5.0) * size
            self._put(leafy_tree(x, z, radius, crown, number, rng), z)
            bottom = crown - radius * 0.4
        angles = np.arange(10) * (2 * np.pi / 10)
        disc = radius * np.stack([np.cos(angles), np.sin(angles)], 1) + (x, z)
        self.casters.append(Caster(disc * 0.85 + np.array([x, z]) * 0.15, bottom, bottom + 0.5))
        self.casters.append(Caster(_box(x - 0.2, x + 0.2, z, z + 0.3), 0.0, bottom))

    def trees(self) -> None:
        layout, rng = self.layout, self.rng
        for side in (-1, 1):
            if self._chance(layout.tree_row_share):
                z = rng.uniform(5.0, 16.0)
                while z < 60.0:
                    if not self._blocked(z, z) and self._chance(0.85):
                        x = self._kerb(side) + side * rng.uniform(0.7, 1.1)
                        self._tree(x, z, rng.uniform(0.8, 1.15))
                    z += rng.uniform(*layout.tree_spacing)
            for _ in range(rng.poisson(layout.bushes / 2)):
                z, wide = rng.uniform(7.0, 30.0), rng.uniform(0.7, 1.6)
                x = self._line(side) - side * (wide * 0.5 + 0.1)
                if not self._blocked(z, z):
                    self._put(bush(x, z, wide, rng.uniform(0.9, 1.9), self._new(), rng), z)
            for _ in range(rng.poisson(2.0)):
                z = rng.uniform(12.0, 60.0)
                free = all(z < z0 - 1.0 or z > z1 for z0, z1 in self.built[side])
                if free and not self._blocked(z, z):
                    self._tree(self._line(side) + side * rng.uniform(1.5, 8.0), z, 1.3)

    def _car(self, x: float, z: float, away: bool) -> None:
        height = self.rng.uniform(1.38, 1.6) if self._chance(0.82) else self.rng.uniform(1.85, 2.2)
        number = self._new()
        self._put(car_lengthwise(x, z, height, away, number, self.rng), z)
        self.casters.append(Caster(_box(x - 0.9, x + 0.9, z, z + 4.3), 0.15, height - 0.1, True))

    def cars(self) -> None:
        layout, rng, road = self.layout, self.rng, self.road
        for side in (-1, 1):
            if not self.parked[side]:
                continue
            z = rng.uniform(3.5, 9.0)
            while z < 60.0:
                if not self._blocked(z, z + 5.0) and self._chance(0.75):
                    self._car(self._kerb(side) - side * rng.uniform(1.05, 1.25), z, side > 0)
                z += rng.uniform(5.7, 7.2)
        for direction, mean in ((1, layout.driving), (-1, layout.oncoming)):
            z = rng.uniform(6.0, 16.0)
            for _ in range(rng.poisson(mean)):
                lane = rng.randint(self.lanes[0 if direction > 0 else 1]) + 0.5
                x = road.middle + direction * lane * road.lane + rng.uniform(-0.2, 0.2)
                self._car(x, z, direction > 0)
                z += rng.uniform(7.0, 20.0)
        if self._chance(layout.crosswise_share):
            z = rng.uniform(*road.crossing) if road.crossing else rng.uniform(14.0, 30.0)
            x = rng.uniform(road.left + 1.5, road.right - 1.5)
            shapes = car_crosswise(x, z, rng.uniform(1.4, 1.6), self._chance(0.5), self._new())
            self._put(shapes, z)
            self.casters.append(Caster(_box(x - 2.1, x + 2.1, z, z + 1.8), 0.15, 1.3, True))

    def people(self) -> None:
        rng = self.rng
        for _ in range(rng.poisson(self.layout.people)):
            side = 1 if self._chance(0.5) else -1
            z = 5.0 + 21.0 * rng.rand() ** 1.2
            x = self._kerb(side) + side * rng.uniform(0.3, self.walks[side])
            if self._chance(0.15):
                x = rng.uniform(self.road.left + 0.5, self.road.right - 0.5)
            self._put(person(x, z, rng.uniform(1.55, 1.9), self._new(), rng), z)
            self.casters.append(Caster(_box(x - 0.22, x + 0.22, z, z + 0.25), 0.0, 1.7))

    def poles(self) -> None:
        layout, rng = self.layout, self.rng
        for _ in range(rng.randint(layout.poles[0], layout.poles[1] + 1)):
            side = 1 if self._chance(0.5) else -1
            z = rng.uniform(5.5, 20.0)
            if self._blocked(z, z):
                continue
            x = self._kerb(side) + side * rng.uniform(0.35, 0.7)
            number, width = self._new(), rng.uniform(0.16, 0.22)
            if self._chance(layout.sign_share):
                size = rng.uniform(*layout.sign_size)
                height = rng.uniform(2.3, 2.9)
                design = layout.signs[rng.randint(len(layout.signs))]
                shapes = pole(x, z, height, width, 0.0, number)
                shapes += sign(x, z, height, size, design, number)
                if self._chance(0.25):
                    design = layout.signs[rng.randint(len(layout.signs))]
                    shapes += sign(x, z, height - 2.0 * size, size * 0.8, design, number)
            else:
                height = rng.uniform(4.5, 7.5)
                arm = -side * rng.uniform(1.0, 2.2) * self._chance(0.7)
                shapes = pole(x, z, height, width * 1.2, arm, number)
            self._put(shapes, z)
            self.casters.append(Caster(_box(x - 0.12, x + 0.12, z, z + 0.24), 0.0, height))

    def scene(self) -> Scene:
        self.ground()
        self.backdrop()
        self.buildings()
        self.fences()
        self.trees()
        self.cars()
        self.people()
        self.poles()
        canvas = self.canvas
        across, height = canvas.world()
        return Scene(
            camera=canvas.camera,
            road=self.road,
            surfaces=canvas.surfaces,
            surface=canvas.surface,
            depth=canvas.depth,
            casters=self.casters,
            instances=self.instances,
            across=across,
            height=height,
        )


def draw_scene(layout: Layout, rng: np.random.RandomState, size: tuple[int, int]) -> Scene:
    """Draws one street.

    Args:
        layout: What the streets are like.
        rng: Source of every choice.
        size: Rows and columns.
    """
    return _Street(layout, rng, size).scene()
