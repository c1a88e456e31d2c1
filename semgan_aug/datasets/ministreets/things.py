"""Shapes of the objects in a street: lists of flat polygons in world coordinates."""

from collections.abc import Sequence

import numpy as np

from .canvas import FACES_CAMERA, FACES_LEFT, FACES_RIGHT, GROUND, Surface

ROAD, SIDEWALK, BUILDING, FENCE, POLE, SIGN, VEGETATION, SKY, PERSON, CAR = range(10)

Shape = tuple[Surface, np.ndarray]

_ANGLES = np.arange(40) * (2 * np.pi / 40)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
_BULGES = np.array([2.0, 3.0, 5.0])
_SIGN_SHAPES = {
    'disc': _CIRCLE[::2],
    'octagon': _CIRCLE[::5] @ np.array([[0.924, 0.383], [-0.383, 0.924]]),
    'triangle': np.array([[-1.0, -0.65], [1.0, -0.65], [0.0, 1.05]]),
    'diamond': np.array([[-1.1, 0.0], [0.0, -1.1], [1.1, 0.0], [0.0, 1.1]]),
    'square': np.array([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]),
    'board': np.array([[-1.9, -0.75], [1.9, -0.75], [1.9, 0.75], [-1.9, 0.75]]),
}


def _upright(points: np.ndarray, z: float) -> np.ndarray:
    """Puts (n, 2) points (X, height) into the plane ``Z = z``."""
    corners = np.empty((len(points), 3))
    corners[:, :2] = points
    corners[:, 2] = z
    return corners


def _rectangle(x0: float, x1: float, h0: float, h1: float, z: float) -> np.ndarray:
    return np.array([[x0, h0, z], [x1, h0, z], [x1, h1, z], [x0, h1, z]])


def _side(points: Sequence[tuple[float, float]] | np.ndarray, x: float, z: float) -> np.ndarray:
    """Puts points (distance behind z, height) into the plane ``X = x``."""
    return np.array([[x, height, z + along] for along, height in points])


def car_lengthwise(
    x: float, z: float, height: float, away: bool, instance: int, rng: np.random.RandomState
) -> list[Shape]:
    """A car along the road; ``z`` is its near end, and ``away`` shows its tail."""
    tall = height > 1.7
    half, inner, length = 0.9, 0.74, 5.0 if tall else 4.2
    belt = 0.56 * height + 0.1
    # Distance of the cabin's ends from the body's ends, and how much the cabin's ends lean.
    tail, bonnet = ((0.05, 0.12), (0.5, 0.6)) if tall else ((0.15, 0.4), (1.1, 0.6))
    (near, near_lean), (far, far_lean) = (tail, bonnet) if away else (bonnet, tail)
    end = z + near

    def surface(part: str, face: int = FACES_CAMERA) -> Surface:
        return Surface(CAR, part, instance, face)

    def cabin_half(h: float) -> float:
        return half - 0.03 + (inner - half + 0.03) * (h - belt) / (height - belt)

    shapes: list[Shape] = []
    if abs(x) > half:
        to_us = -np.sign(x)
        edge = x + to_us * half
        face = FACES_LEFT if x > 0 else FACES_RIGHT
        sill = [(0, 0.1), (length, 0.1), (length, 0.4), (0, 0.4)]
        body = [(0, 0.3), (length, 0.3), (length, belt * 0.9), (0, belt)]
        roof = [
            (near, belt - 0.05),
            (length - far, belt - 0.05),
            (length - far - far_lean, height),
            (near + near_lean, height),
        ]
        glass = [
            (near + 0.28, belt + 0.03),
            (length - far - 0.28, belt + 0.03),
            (length - far - far_lean - 0.08, height - 0.12),
            (near + near_lean + 0.15, height - 0.12),
        ]
        shapes += [
            (surface('under', face), _side(sill, edge, z)),
            (surface('body', face), _side(body, edge, z)),
        ]
        for part, points in (('body', roof), ('glass', glass)):
            corners = [[x + to_us * cabin_half(h), h, z + along] for along, h in points]
            shapes.append((surface(part, face), np.array(corners)))
        for along in (0.8, length - 0.85):
            wheel = _side(0.33 * _CIRCLE[::2] + (along, 0.33), edge, z)
            shapes.append((surface('tyre', face), wheel))
    cabin_end = [
        [x - half + 0.03, belt, end],
        [x + half - 0.03, belt, end],
        [x + inner, height, end + near_lean],
        [x - inner, height, end + near_lean],
    ]
    glass_end = [
        [x - inner - 0.03, belt + 0.05, end],
        [x + inner + 0.03, belt + 0.05, end],
        [x + inner - 0.1, height - 0.12, end + near_lean],
        [x - inner + 0.1, height - 0.12, end + near_lean],
    ]
    light = 'tail' if away else 'head'
    middle = belt - 0.2
    if not away:
        bonnet_top = [
            [x - half, belt - 0.08, z],
            [x + half, belt - 0.08, z],
            [x + half - 0.03, belt + 0.02, end],
            [x - half + 0.03, belt + 0.02, end],
        ]
        shapes.append((surface('body', GROUND), np.array(bonnet_top)))
    shapes += [
        (surface('tyre'), _rectangle(x - half + 0.02, x - half + 0.28, 0.0, 0.35, z)),
        (surface('tyre'), _rectangle(x + half - 0.28, x + half - 0.02, 0.0, 0.35, z)),
        (surface('under'), _rectangle(x - half + 0.05, x + half - 0.05, 0.14, 0.35, z)),
        (surface('body'), np.array(cabin_end)),
        (surface('glass'), np.array(glass_end)),
        (surface('body'), _rectangle(x - half, x + half, 0.3, belt, z)),
        (
            surface(light),
            _rectangle(x - half + 0.03, x - half + 0.36, middle - 0.09, middle + 0.09, z),
        ),
        (
            surface(light),
            _rectangle(x + half - 0.36, x + half - 0.03, middle - 0.09, middle + 0.09, z),
        ),
        (surface('plate'), _rectangle(x - 0.26, x + 0.26, 0.42, 0.54, z)),
    ]
    if rng.rand() < 0.3:
        shapes.append((surface('under'), _rectangle(x - half, x + half, 0.3, 0.38, z)))
    return shapes


def car_crosswise(x: float, z: float, height: float, right: bool, instance: int) -> list[Shape]:
    """A car seen from its side at distance ``z``; ``right``: it drives to the right."""
    way = 1.0 if right else -1.0
    belt = 0.56 * height + 0.1

    def placed(points: list[tuple[float, float]]) -> np.ndarray:
        return _upright(np.array([(x + way * along, h) for along, h in points]), z)

    def surface(part: str) -> Surface:
        return Surface(CAR, part, instance)

    body = [(-2.1, 0.25), (2.1, 0.25), (2.1, 0.62), (1.9, 0.78), (1.0, belt), (-2.05, belt)]
    roof = [(-1.9, belt - 0.05), (1.1, belt - 0.05), (0.35, height), (-1.35, height)]
    glass = [
        (-1.55, belt + 0.02),
        (0.8, belt + 0.02),
        (0.25, height - 0.12),
        (-1.25, height - 0.12),
    ]
    shapes = [
        (surface('body'), placed(body)),
        (surface('body'), placed(roof)),
        (surface('glass'), placed(glass)),
        (surface('head'), placed([(1.9, 0.58), (2.1, 0.55), (2.1, 0.68), (1.9, 0.72)])),
        (surface('tail'), placed([(-2.1, 0.6), (-1.95, 0.6), (-1.95, 0.8), (-2.1, 0.8)])),
    ]
    for along in (-1.3, 1.3):
        wheel = _CIRCLE[::2] * 0.34 + (x + way * along, 0.34)
        shapes.append((surface('tyre'), _upright(wheel, z)))
    return shapes


def person(
    x: float, z: float, height: float, instance: int, rng: np.random.RandomState
) -> list[Shape]:
    """A standing or walking person."""
    k = height / 1.75
    stride, wide = rng.uniform(0.06, 0.3), rng.uniform(0.22, 0.29) * k
    swing = rng.uniform(0.0, 0.2)

    def surface(part: str) -> Surface:
        return Surface(PERSON, part, instance)

    def placed(points: list[tuple[float, float]]) -> np.ndarray:
        return _upright(np.array([(x + along, h * k) for along, h in points]), z)

    legs = [
        [(-0.16, 0.95), (0.04, 0.95), (0.02 - stride, 0.0), (-0.15 - stride, 0.0)],
        [(-0.04, 0.95), (0.16, 0.95), (0.15 + stride, 0.0), (-0.02 + stride, 0.0)],
    ]
    coat = 0.85 - 0.35 * (rng.rand() < 0.3)
    torso = [(-wide, 1.44), (wide, 1.44), (wide * 0.8, coat), (-wide * 0.8, coat)]
    arms = [
        [
            (-wide, 1.42),
            (-wide + 0.1, 1.42),
            (-wide - swing + 0.06, 0.85),
            (-wide - swing - 0.06, 0.85),
        ],
        [
            (wide - 0.1, 1.42),
            (wide, 1.42),
            (wide + swing + 0.06, 0.85),
            (wide + swing - 0.06, 0.85),
        ],
    ]
    head = _upright(_CIRCLE[::2] * 0.15 * k + (x, 1.6 * k), z)
    hair = _upright(_CIRCLE[:21:2] * 0.16 * k + (x, 1.63 * k), z)
    return [
        (surface('legs'), placed(legs[0])),
        (surface('legs'), placed(legs[1])),
        (surface('clothes'), placed(arms[0])),
        (surface('clothes'), placed(arms[1])),
        (surface('clothes'), placed(torso)),
        (surface('skin'), head),
        (surface('hair'), hair),
    ]


def pole(x: float, z: float, height: float, width: float, arm: float, instance: int) -> list[Shape]:
    """A pole, or a street lamp whose arm reaches ``arm`` meters to one side if not 0."""
    half = width / 2
    shapes = [(Surface(POLE, 'pole', instance), _rectangle(x - half, x + half, 0.0, height, z))]
    if arm:
        reach = np.array(
            [
                [x, height - 0.12],
                [x, height + 0.08],
                [x + arm, height + 0.42],
                [x + arm, height + 0.24],
            ]
        )
        left, right = sorted((x + arm * 0.7, x + arm * 1.25))
        lamp = _rectangle(left, right, height + 0.18, height + 0.44, z)
        shapes += [
            (Surface(POLE, 'pole', instance), _upright(reach, z)),
            (Surface(POLE, 'lamp', instance), lamp),
        ]
    return shapes


def sign(
    x: float, z: float, height: float, size: float, design: tuple[str, str, str], instance: int
) -> list[Shape]:
    """A sign plate centered at ``height``; ``design``: outline, part of the rim and of the face."""
    outline, rim, face = design
    points = _SIGN_SHAPES[outline] * size
    center = (x, height)
    return [
        (Surface(SIGN, rim, instance), _upright(points + center, z)),
        (Surface(SIGN, face, instance), _upright(points * 0.72 + center, z)),
    ]


def _blob(
    x: float, height: float, wide: float, tall: float, rough: float, rng: np.random.RandomState
) -> np.ndarray:
    """Outline (40, 2) of foliage: an ellipse with bulges and a ragged border."""
    strength = rough * rng.uniform(0.3, 1.0, 3) / _BULGES
    bulges = strength @ np.sin(_BULGES[:, None] * _ANGLES + rng.uniform(0, 6.28, (3, 1)))
    radius = 1.0 + bulges + rough * 0.35 * rng.uniform(-1, 1, len(_ANGLES))
    return _CIRCLE * radius[:, None] * (wide, tall) + (x, height)


def leafy_tree(
    x: float, z: float, radius: float, crown: float, instance: int, rng: np.random.RandomState
) -> list[Shape]:
    """A broad-leaved tree; ``crown`` is the height of its crown's center."""
    half = rng.uniform(0.13, 0.24)
    trunk = np.array(
        [
            [x - half, 0.0, z],
            [x + half, 0.0, z],
            [x + half * 0.6, crown, z],
            [x - half * 0.6, crown, z],
        ]
    )
    tall = radius * rng.uniform(0.8, 1.15)
    lean = rng.uniform(-0.35, 0.35) * radius
    outlines = [
        _blob(x, crown, radius, tall, 0.22, rng),
        _blob(x + lean, crown + 0.35 * tall, 0.62 * radius, 0.6 * tall, 0.22, rng),
    ]
    shapes = [(Surface(VEGETATION, 'trunk', instance), trunk)]
    shapes += [
        (Surface(VEGETATION, part, instance), _upright(outline, z))
        for part, outline in zip(('crown', 'crown_light'), outlines, strict=True)
    ]
    return shapes


def palm(
    x: float, z: float, height: float, instance: int, rng: np.random.RandomState
) -> list[Shape]:
    """A palm: a thin trunk and a star of hanging fronds."""
    bend = rng.uniform(-0.5, 0.5)
    trunk = np.array(
        [
            [x - 0.2, 0.0, z],
            [x + 0.2, 0.0, z],
            [x + bend + 0.12, height, z],
            [x + bend - 0.12, height, z],
        ]
    )
    shapes = [(Surface(VEGETATION, 'trunk', instance), trunk)]
    for number, angle in enumerate(np.linspace(-0.5, np.pi + 0.5, 8) + rng.uniform(-0.15, 0.15, 8)):
        reach = rng.uniform(1.5, 2.1)
        along, rise = np.cos(angle) * reach, np.sin(angle) * reach * 0.55
        frond = np.array(
            [
                [0.0, -0.12],
                [along * 0.5, rise * 0.8 + 0.42],
                [along, rise - 0.45],
                [along * 0.55, rise * 0.6 + 0.0],
            ]
        )
        part = 'crown_light' if number % 2 else 'crown'
        shapes.append(
            (Surface(VEGETATION, part, instance), _upright(frond + (x + bend, height), z))
        )
    return shapes


def bush(
    x: float, z: float, wide: float, tall: float, instance: int, rng: np.random.RandomState
) -> list[Shape]:
    """A bush that stands on the ground."""
    outline = _blob(x, tall * 0.45, wide, tall * 0.6, 0.18, rng)
    outline[:, 1] = np.maximum(outline[:, 1], 0.0)
    return [(Surface(VEGETATION, 'crown', instance), _upright(outline, z))]


def house_front(
    x0: float, x1: float, z: float, top: float, gable: float, instance: int
) -> list[Shape]:
    """The wall of a building that faces the camera, with a gable of ``gable`` meters."""
    corners = [[x0, 0.0], [x0, top], [(x0 + x1) / 2, top + gable], [x1, top], [x1, 0.0]]
    front = Surface(BUILDING, 'wall', instance, FACES_CAMERA, top)
    return [(front, _upright(np.array(corners), z))]


def roof_slope(
    x0: float, x1: float, z0: float, z1: float, top: float, gable: float, instance: int
) -> list[Shape]:
    """The side of a pitched roof from the eaves at ``x0`` to the ridge at ``x1``."""
    ridge = top + gable
    corners = [[x0, top, z0], [x0, top, z1], [x1, ridge, z1], [x1, ridge, z0]]
    face = FACES_RIGHT if x1 < x0 else FACES_LEFT
    return [(Surface(BUILDING, 'roof', instance, face), np.array(corners))]
