"""Turns a drawn street into an image: materials, light, haze and the camera's own traces."""

from dataclasses import dataclass

import cv2
import numpy as np

from .canvas import FACES_CAMERA, FACES_LEFT, FACES_RIGHT, GROUND
from .scene import Scene
from .things import BUILDING, CAR, FENCE, ROAD, SIDEWALK, SKY, VEGETATION

Colour = tuple[int, int, int]
Range = tuple[float, float]

_MAP_SCALE, _MAP_SHAPE, _MAP_CENTRE = 8.0, (512, 384), 24.0


@dataclass(frozen=True)
class Appearance:
    """What the materials, the light and the camera of one domain are like.

    Colours are RGB in 0..255, ranges are (low, high), amplitudes are shares of the brightness.

    Attributes:
        palettes: Possible colours of each part; the parts of one object choose independently.
        jitter: Spread of the brightness between objects of one colour.
        sky: Colours of the sky at the top of the frame and at the horizon, as pairs to mix.
        clouds: How opaque clouds are (0: none are drawn).
        sun: Strength of the direct light; 0 means overcast, without cast shadows.
        ambient: Colour of the light in the shade, as shares.
        haze: Extinction per metre.
        grain: Amplitude of the fine texture of asphalt, paving, wall and leaves.
        wear: Amplitude of the large patches on the ground.
        joints: Size in metres and darkness of the joints between the slabs of the sidewalk.
        middle_line: Colour of the line between the directions.
        lane_line: Colour of the other lines.
        line_wear: Share of a line's paint that is gone.
        window: Width of the bay of a window and its height, metres.
        window_share: Glass as a share of the bay's width and of the storey's height.
        window_frame: Colour of the window frames.
        plinth: Brightness of the ground floor compared with the wall.
        fence: Distance in metres and open share between the uprights of a fence.
        fence_gap: Colour seen between the uprights.
        blur: Blur in pixels of a frame of 96 x 160; grows with the root of the frame's side.
        noise: Standard deviation of the sensor's noise, in grey levels.
        vignette: Loss of brightness in the corners.
        exposure: Gain of the frame.
        cast: Gain of red, green and blue.
        cast_spread: Spread of these gains between frames.
        black: Grey level that black is lifted to.
    """

    palettes: dict[str, tuple[Colour, ...]]
    jitter: float
    sky: tuple[tuple[Colour, Colour], ...]
    clouds: float
    sun: Range
    ambient: tuple[float, float, float]
    haze: Range
    grain: tuple[float, float, float, float]
    wear: float
    joints: tuple[float, float]
    middle_line: Colour
    lane_line: Colour
    line_wear: float
    window: tuple[Range, Range]
    window_share: tuple[Range, Range]
    window_frame: Colour
    plinth: Range
    fence: tuple[Range, Range]
    fence_gap: Colour
    blur: Range
    noise: Range
    vignette: float
    exposure: Range
    cast: tuple[float, float, float]
    cast_spread: float
    black: float


_SHARED = {
    'sky': ((0, 0, 0),),
    'black': ((20, 20, 22),),
    'hair': ((30, 22, 18), (70, 45, 25), (25, 25, 28)),
    'plate': ((235, 235, 225),),
    'under': ((14, 14, 16),),
}

APPEARANCES = {
    'game': Appearance(
        palettes=_SHARED
        | {
            'asphalt': ((66, 66, 74), (58, 60, 68), (76, 72, 74)),
            'paving': ((196, 152, 122), (204, 168, 128), (190, 136, 112)),
            'kerb': ((214, 196, 172),),
            'lawn': ((94, 170, 52), (112, 182, 58)),
            'wall': (
                (236, 206, 158),
                (240, 226, 196),
                (226, 150, 112),
                (150, 190, 206),
                (238, 184, 176),
                (248, 240, 226),
                (208, 120, 92),
                (176, 204, 164),
            ),
            'roof': ((176, 84, 60), (150, 100, 84), (120, 116, 124)),
            'window': ((70, 112, 160), (96, 150, 196), (48, 78, 118)),
            'fence': ((244, 240, 230), (196, 140, 88), (214, 200, 176)),
            'pole': ((92, 66, 46), (60, 62, 66), (112, 84, 60)),
            'lamp': ((240, 236, 210),),
            'white': ((248, 248, 248),),
            'red': ((214, 30, 34),),
            'blue': ((32, 84, 200),),
            'yellow': ((250, 206, 36),),
            'green': ((10, 128, 78),),
            'crown': ((56, 132, 40), (74, 150, 46), (44, 116, 48)),
            'crown_light': ((96, 176, 58), (116, 190, 64), (80, 160, 60)),
            'trunk': ((134, 98, 66), (150, 116, 82)),
            'clothes': (
                (226, 48, 60),
                (250, 250, 250),
                (40, 120, 220),
                (250, 190, 40),
                (240, 110, 170),
                (60, 180, 120),
            ),
            'legs': ((60, 84, 150), (40, 44, 70), (200, 180, 140)),
            'skin': ((236, 188, 150), (190, 134, 96), (122, 82, 58)),
            'body': (
                (216, 28, 34),
                (250, 176, 20),
                (30, 96, 210),
                (244, 244, 244),
                (40, 168, 84),
                (240, 110, 20),
                (30, 30, 36),
            ),
            'glass': ((46, 66, 92), (66, 92, 122)),
            'tyre': ((24, 24, 26),),
            'tail': ((250, 40, 30),),
            'head': ((255, 252, 226),),
        },
        jitter=0.05,
        sky=(
            ((58, 128, 226), (176, 216, 248)),
            ((84, 150, 232), (206, 226, 244)),
            ((102, 160, 226), (255, 230, 196)),
        ),
        clouds=0.92,
        sun=(0.62, 0.78),
        ambient=(0.40, 0.45, 0.56),
        haze=(0.0008, 0.0022),
        grain=(0.03, 0.02, 0.0, 0.1),
        wear=0.03,
        joints=(1.4, 0.12),
        middle_line=(244, 196, 40),
        lane_line=(240, 240, 236),
        line_wear=0.0,
        window=((2.6, 4.2), (2.9, 3.4)),
        window_share=((0.42, 0.62), (0.36, 0.5)),
        window_frame=(250, 246, 238),
        plinth=(0.95, 1.0),
        fence=((0.4, 0.9), (0.0, 0.35)),
        fence_gap=(120, 132, 96),
        blur=(0.0, 0.0),
        noise=(0.0, 0.0),
        vignette=0.0,
        exposure=(0.94, 1.08),
        cast=(1.02, 1.0, 0.98),
        cast_spread=0.012,
        black=0.0,
    ),
    'camera': Appearance(
        palettes=_SHARED
        | {
            'asphalt': ((146, 148, 148), (158, 158, 156), (134, 136, 138)),
            'paving': ((166, 162, 156), (150, 146, 140), (172, 160, 150), (156, 158, 160)),
            'kerb': ((188, 188, 182),),
            'lawn': ((92, 104, 66), (104, 110, 76)),
            'wall': (
                (178, 162, 134),
                (136, 88, 70),
                (152, 148, 142),
                (190, 178, 154),
                (122, 112, 102),
                (158, 124, 100),
                (196, 192, 184),
                (176, 158, 118),
                (148, 132, 122),
            ),
            'roof': ((104, 70, 60), (76, 74, 76), (92, 78, 70)),
            'window': ((44, 48, 52), (60, 66, 70), (82, 88, 92), (52, 50, 48)),
            'fence': ((70, 74, 74), (96, 92, 84), (58, 60, 64), (112, 104, 92)),
            'pole': ((124, 128, 128), (104, 108, 110), (86, 90, 90)),
            'lamp': ((168, 170, 168),),
            'white': ((214, 216, 214),),
            'red': ((164, 44, 46),),
            'blue': ((42, 78, 138),),
            'yellow': ((206, 168, 60),),
            'green': ((40, 96, 72),),
            'crown': ((58, 68, 44), (66, 76, 50), (50, 62, 46), (74, 78, 50)),
            'crown_light': ((76, 88, 58), (86, 94, 64), (68, 82, 58)),
            'trunk': ((70, 62, 54), (84, 76, 66)),
            'clothes': (
                (40, 42, 48),
                (58, 56, 58),
                (36, 44, 66),
                (84, 76, 70),
                (110, 52, 50),
                (120, 122, 124),
            ),
            'legs': ((38, 42, 54), (30, 30, 32), (62, 64, 74)),
            'skin': ((176, 142, 124), (150, 112, 92)),
            'body': (
                (158, 162, 164),
                (40, 42, 44),
                (196, 198, 196),
                (38, 48, 74),
                (94, 98, 102),
                (112, 38, 40),
                (60, 62, 66),
            ),
            'glass': ((36, 42, 46), (62, 70, 74), (92, 100, 104)),
            'tyre': ((30, 30, 32),),
            'tail': ((166, 40, 40),),
            'head': ((216, 220, 216),),
        },
        jitter=0.1,
        sky=(
            ((212, 218, 220), (234, 236, 234)),
            ((196, 202, 206), (226, 228, 226)),
            ((228, 232, 232), (240, 240, 238)),
        ),
        clouds=0.0,
        sun=(0.0, 0.0),
        ambient=(1.0, 1.0, 1.0),
        haze=(0.003, 0.009),
        grain=(0.06, 0.07, 0.06, 0.42),
        wear=0.10,
        joints=(0.6, 0.14),
        middle_line=(206, 208, 204),
        lane_line=(206, 208, 204),
        line_wear=0.35,
        window=((1.6, 2.6), (2.9, 3.5)),
        window_share=((0.45, 0.62), (0.5, 0.64)),
        window_frame=(188, 186, 180),
        plinth=(0.68, 1.0),
        fence=((0.14, 0.5), (0.35, 0.6)),
        fence_gap=(104, 106, 98),
        blur=(0.35, 0.6),
        noise=(2.0, 4.5),
        vignette=0.2,
        exposure=(0.86, 1.16),
        cast=(0.965, 1.02, 0.975),
        cast_spread=0.02,
        black=12.0,
    ),
}


def _tileable_noise(seed: int, sigmas: tuple[float, ...], falloff: float = 0.0) -> np.ndarray:
    """A (256, 256) float32 texture with mean 0 and deviation 1 that repeats without a seam.

    Args:
        seed: Number of the texture.
        sigmas: Sizes in texels of the features to add up.
        falloff: How much stronger large features are: their share grows with size to this power.
    """
    white = np.random.RandomState(seed).uniform(-1, 1, (256, 256)).astype(np.float32)
    total = np.zeros_like(white)
    for sigma in sigmas:
        padded = np.pad(white, 64, mode='wrap')
        layer = cv2.GaussianBlur(padded, (0, 0), sigma)[64:-64, 64:-64] if sigma else white
        total += layer / layer.std() * max(sigma, 1.0) ** falloff
    return (total - total.mean()) / total.std()


_FINE = _tileable_noise(1, (0.0, 1.0))
_SMOOTH = _tileable_noise(2, (3.0, 7.0, 14.0))
_CLOUDS = _tileable_noise(3, (1.5, 3.0, 6.0, 12.0), falloff=0.8)


def _sample(texture: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Values of a repeating texture at the texels ``(v, u)``."""
    return texture[v.astype(np.int32) & 255, u.astype(np.int32) & 255]


class _Renderer:
    """Renders one scene; works on RGB float32 (H, W, 3) in grey levels."""

    def __init__(self, scene: Scene, look: Appearance, rng: np.random.RandomState) -> None:
        self.scene, self.look, self.rng = scene, look, rng
        self.label = self._per_surface('label')
        self.face = self._per_surface('face')
        self.instance = self._per_surface('instance')
        self.chance = rng.rand(scene.instances, 8).astype(np.float32)
        self.rgb = self._colours()[scene.surface]

    def _per_surface(self, name: str) -> np.ndarray:
        """A property of the surface that each pixel shows, (H, W) uint8, int16 or float32."""
        kind = {'top': np.float32, 'instance': np.int16}.get(name, np.uint8)
        values = [getattr(surface, name) for surface in self.scene.surfaces]
        return np.array(values, kind)[self.scene.surface]

    def _colours(self) -> np.ndarray:
        """The plain colour of each surface, (n, 3) float32."""
        names = sorted(self.look.palettes)
        columns = {name: number for number, name in enumerate(names)}
        shape = (self.scene.instances, len(names))
        sizes = np.array([len(self.look.palettes[name]) for name in names])
        choice = (self.rng.rand(*shape) * sizes).astype(int)
        gain = (1.0 + self.look.jitter * self.rng.uniform(-1, 1, shape)).astype(np.float32)
        every = np.array([c for name in names for c in self.look.palettes[name]], np.float32)
        colours = every[choice + np.cumsum(sizes) - sizes] * gain[..., None]
        objects = [surface.instance for surface in self.scene.surfaces]
        return colours[objects, [columns[surface.part] for surface in self.scene.surfaces]]

    def _parameter(self, where: np.ndarray, column: int, low_high: Range) -> np.ndarray:
        """A number of each pixel's object within a range."""
        low, high = low_high
        return low + (high - low) * self.chance[self.instance[where], column]

    def _road(self) -> None:
        look, road = self.look, self.scene.road
        where = np.nonzero(self.label == ROAD)
        x, z = self.scene.across[where], self.scene.depth[where]
        offset = x - road.middle
        half = np.maximum(0.07, 0.35 * z / self.scene.camera.focal)
        crossing = road.crossing or (1e9, 1e9)
        clear = (z < crossing[0] - 4.2) | (z > crossing[1] + 1.0)
        dashed = (z + self.chance[0, 0] * 9.0) % 9.0 < 4.5
        lanes = (np.abs((offset / road.lane + 0.5) % 1.0 - 0.5) * road.lane < half) & dashed
        lanes &= (np.abs(offset) > 0.5 * road.lane) & (x < road.right - 1.0) & (x > road.left + 1.0)
        double = np.abs(np.abs(offset) - 0.16) < half
        middle = double if self.chance[0, 1] < 0.6 else (np.abs(offset) < half) & dashed
        zebra = (z > crossing[0] - 3.4) & (z < crossing[0] - 0.6) & ((offset + 20.0) % 1.1 < 0.55)
        zebra &= self.chance[0, 2] < 0.7
        middle_colour = np.array(look.middle_line, np.float32)
        lane_colour = np.array(look.lane_line, np.float32)
        rgb = self.rgb[where]
        grain = look.grain[0] * _sample(_FINE, x * 18.0 + 4096, z * 6.0)
        wear = look.wear * _sample(_SMOOTH, x * 6.0 + 4096, z * 2.0 + self.chance[0, 3] * 256)
        rgb *= (1.0 + grain + wear)[:, None]
        worn = 1.0 - look.line_wear * (1.0 + 0.6 * _sample(_FINE, x * 9.0 + 4096, z * 4.0))
        for mask, colour in (
            (lanes & clear, lane_colour),
            (middle & clear, middle_colour),
            (zebra, lane_colour),
        ):
            paint = (mask * np.clip(worn, 0.0, 1.0))[:, None]
            rgb += paint * (colour - rgb)
        self.rgb[where] = rgb

    def _sidewalk(self) -> None:
        look = self.look
        where = np.nonzero(self.label == SIDEWALK)
        x, z = self.scene.across[where], self.scene.depth[where]
        slab, dark = look.joints
        footprint = z / self.scene.camera.focal
        reach = z * footprint / self.scene.camera.eye
        tone = _sample(_FINE, np.floor(x / slab) + 4096, np.floor(z / slab)) * look.grain[1]
        for along, step in ((x, footprint), (z, reach)):
            joint = np.abs(along / slab % 1.0 - 0.5) > 0.5 - np.maximum(0.05, 0.5 * step / slab)
            tone -= dark * joint * np.clip(1.6 - 2.0 * step / slab, 0.0, 1.0)
        tone += look.wear * 0.6 * _sample(_SMOOTH, x * 9.0 + 4096, z * 5.0)
        self.rgb[where] *= (1.0 + tone)[:, None]

    def _facade_table(self) -> np.ndarray:
        """Measures of each surface as a wall, (n, 7): see the unpacking in ``_facades``."""
        look = self.look
        surfaces = self.scene.surfaces
        chance = self.chance[[surface.instance for surface in surfaces]]
        top = np.array([surface.top for surface in surfaces], np.float32)
        ranges = [*look.window, *look.window_share, (0.0, 7.0), look.plinth]
        low, high = np.array(ranges, np.float32).T
        table = np.column_stack([low + (high - low) * chance[:, :6], top])
        # The storeys of a wall are equally high.
        table[:, 1] = top / np.maximum(np.round(top / table[:, 1]), 1.0)
        return table

    def _facades(self) -> None:
        look, scene = self.look, self.scene
        where = np.nonzero((self.label == BUILDING) & (self._per_surface('top') > 0))
        height, z, x = scene.height[where], scene.depth[where], scene.across[where]
        front = self.face[where] == FACES_CAMERA
        along = np.where(front, x, z)
        step = np.where(front, z, z * z / np.maximum(np.abs(x), 1.0)) / scene.camera.focal
        bay, storey, wide, tall, shift, plinth, top = self._facade_table()[scene.surface[where]].T
        column, floor = along / bay + shift, height / storey
        from_middle = np.abs(column % 1.0 - 0.5)
        from_centre = np.abs(floor % 1.0 - 0.52)
        inside = (from_middle < wide / 2) & (from_centre < tall / 2) & (height < top)
        frame = inside & ((from_middle > wide / 2 - 0.05) | (from_centre > tall / 2 - 0.06))
        sharp = np.clip(1.5 - 1.6 * step / bay, 0.0, 1.0)
        cell = np.floor(column) * 7.0 + np.floor(floor) * 31.0 + self.instance[where] * 57.0
        lot = _FINE[3, cell.astype(np.int32) & 255]
        palette = np.array(look.palettes['window'], np.float32)
        glass = palette[(np.abs(lot) * 37.0).astype(np.int32) % len(palette)]
        glass = np.where(frame[:, None], np.array(look.window_frame, np.float32), glass)
        rgb = self.rgb[where]
        grain = 1.0 + look.grain[2] * _sample(_FINE, along * 10.0 + 4096, height * 10.0 + 4096)
        grain *= 1.0 + 0.5 * look.wear * _sample(_SMOOTH, along * 5.0 + 4096, height * 5.0 + 4096)
        plinth = np.where(floor < 1.0, plinth, 1.0)
        cornice = np.where((top - height < 0.5) & (height < top), 0.86, 1.0)
        rgb *= (grain * plinth * cornice)[:, None]
        share = np.where(inside, sharp, 0.0) + (1.0 - sharp) * wide * tall * (height < top)
        rgb += share[:, None] * (glass - rgb)
        self.rgb[where] = rgb

    def _leaves(self) -> None:
        look, scene = self.look, self.scene
        where = np.nonzero(self.label == VEGETATION)
        x, height, z = scene.across[where], scene.height[where], scene.depth[where]
        lawn = self.face[where] == GROUND
        v = np.where(lawn, z, height) + 300.0
        u = x + 300.0 + self.instance[where]
        fine = _sample(_FINE, u * 9.0, v * 9.0) + 0.8 * _sample(_SMOOTH, u * 14.0, v * 14.0)
        tone = 1.0 + look.grain[3] * np.where(lawn, 0.35, 0.7) * fine
        self.rgb[where] *= np.maximum(tone, 0.2)[:, None]

    def _fences(self) -> None:
        look, scene = self.look, self.scene
        where = np.nonzero(self.label == FENCE)
        height, z = scene.height[where], scene.depth[where]
        top = self._per_surface('top')[where]
        period = self._parameter(where, 0, look.fence[0])
        gap = self._parameter(where, 1, look.fence[1])
        step = z * z / np.maximum(np.abs(scene.across[where]), 1.0) / scene.camera.focal
        sharp = np.clip(1.5 - 1.5 * step / period, 0.0, 1.0)
        rail = (np.abs(height / top - 0.88) < 0.1) | (np.abs(height / top - 0.15) < 0.07)
        hole = np.where((z / period) % 1.0 < gap, sharp, 0.0) + (1.0 - sharp) * gap
        share = np.where(rail, 0.0, hole)
        rgb = self.rgb[where]
        rgb += share[:, None] * (np.array(look.fence_gap, np.float32) - rgb)
        self.rgb[where] = rgb

    def _ground_map(self, drop: np.ndarray | None) -> np.ndarray:
        """Shadows seen from above, sampled for each pixel: (H, W) float32 in 0..1.

        Args:
            drop: Way (X, Z) that a shadow moves per metre of height, None for the soft darkness
                under cars alone.
        """
        plan = np.zeros(_MAP_SHAPE, np.uint8)
        for caster in self.scene.casters:
            if drop is None:
                if not caster.soft:
                    continue
                middle = caster.outline.mean(0)
                corners = (caster.outline - middle) * (1.25, 1.06) + middle
            else:
                ends = [caster.outline + drop * height for height in (caster.bottom, caster.top)]
                corners = np.concatenate(ends)
            pixels = np.round((corners + (_MAP_CENTRE, 0.0)) * _MAP_SCALE).astype(np.int32)
            cv2.fillConvexPoly(plan, cv2.convexHull(pixels), 255)
        if drop is None:
            plan = cv2.blur(plan, (7, 7))
        seen = cv2.remap(
            plan,
            (self.scene.across + _MAP_CENTRE) * _MAP_SCALE,
            self.scene.depth * _MAP_SCALE,
            cv2.INTER_LINEAR,
        )
        return seen.astype(np.float32) / 255.0

    def _light(self) -> None:
        look, rng, scene = self.look, self.rng, self.scene
        strength = rng.uniform(*look.sun)
        ground = (self.face == GROUND) & (self.label != CAR)
        under = self._ground_map(None) * ground
        if strength == 0.0:
            soft = np.array([1.0, 0.93, 0.93, 0.98], np.float32)[self.face]
            foot = np.clip(0.82 + 0.06 * scene.height, 0.0, 1.0)
            soft *= np.where(ground | (self.label == SKY), 1.0, foot)
            self.rgb *= (soft * (1.0 - 0.6 * under))[..., None]
            return
        side = -1.0 if rng.rand() < 0.5 else 1.0
        azimuth, elevation = rng.uniform(-0.7, 0.8), np.radians(rng.uniform(28.0, 58.0))
        toward = np.array([side * np.cos(azimuth), -np.sin(azimuth)])
        flat = np.cos(elevation) / np.sin(elevation)
        lit = np.zeros(4, np.float32)
        lit[GROUND] = 1.0
        lit[FACES_RIGHT] = toward[0]
        lit[FACES_LEFT] = -toward[0]
        lit[FACES_CAMERA] = -toward[1]
        lit = np.clip(lit, 0.0, 1.0)
        direct = lit[self.face]
        standing = (self.label != BUILDING) & (self.label != FENCE) & ~ground
        direct = np.where(standing, 0.6 + 0.4 * direct, direct)
        shadow = (self._ground_map(-toward * flat) > 0.5) & ground
        direct = np.where(shadow, 0.0, direct) * strength
        warm = np.array([1.06, 1.0, 0.9], np.float32)
        light = np.array(look.ambient, np.float32) + direct[..., None] * warm
        light *= (1.0 - 0.35 * under)[..., None]
        self.rgb *= np.where((self.label == SKY)[..., None], 1.0, light)

    def _sky(self) -> np.ndarray:
        """Paints the sky and returns its colour at the horizon, (3,)."""
        look, rng, camera = self.look, self.rng, self.scene.camera
        pair = np.array(look.sky[rng.randint(len(look.sky))], np.float32)
        pair *= rng.uniform(0.95, 1.04)
        rows = int(np.ceil(camera.horizon)) + 1
        down = np.linspace(0.0, 1.0, rows, dtype=np.float32)[:, None, None]
        sky = np.broadcast_to(pair[0] + (pair[1] - pair[0]) * down, (rows, camera.width, 3))
        if look.clouds:
            share, shift = rng.uniform(-0.4, 0.6), rng.randint(0, 256, 2)
            columns = np.arange(camera.width) * (110.0 / camera.width) + shift[0]
            lines = np.arange(rows) * (170.0 / camera.height) + shift[1]
            grid = np.meshgrid(
                *(np.mod(axis, 255.0).astype(np.float32) for axis in (columns, lines))
            )
            cloud = cv2.remap(_CLOUDS, *grid, cv2.INTER_LINEAR)[..., None] + share - 0.4 * down
            body = np.float32([255, 253, 250]) - np.float32([34, 26, 16]) * np.clip(
                1.6 - cloud, 0, 1
            )
            sky = sky + look.clouds * np.clip((cloud - 0.8) * 5.0, 0.0, 1.0) * (body - sky)
        seen = (self.label[:rows] == SKY)[..., None]
        self.rgb[:rows] = np.where(seen, sky, self.rgb[:rows])
        return pair[1]

    def _haze(self, colour: np.ndarray) -> None:
        density = self.rng.uniform(*self.look.haze)
        thick = 1.0 - np.exp(-density * self.scene.depth)
        thick = np.where(self.label == SKY, 0.0, thick)[..., None]
        self.rgb += thick * (colour - self.rgb)

    def _sensor(self) -> np.ndarray:
        look, rng = self.look, self.rng
        camera = self.scene.camera
        scale = np.sqrt(camera.height * camera.width / (96 * 160))
        blur, noise = rng.uniform(*look.blur), rng.uniform(*look.noise)
        gains = np.array(look.cast) * (1.0 + look.cast_spread * rng.uniform(-1, 1, 3))
        gains = (gains * rng.uniform(*look.exposure)).astype(np.float32)
        rgb = self.rgb
        if look.vignette:
            y = np.linspace(-1, 1, camera.height, dtype=np.float32)[:, None]
            x = np.linspace(-1, 1, camera.width, dtype=np.float32)[None]
            rgb = rgb * (1.0 - look.vignette * 0.5 * (x * x + y * y))[..., None]
        rgb = look.black + rgb * (gains * (1.0 - look.black / 255.0))
        if blur:
            rgb = cv2.GaussianBlur(rgb, (0, 0), blur * np.sqrt(scale))
        if noise:
            raw = np.frombuffer(rng.bytes(3 * rgb.size), np.uint8).reshape(3, *rgb.shape)
            # The sum of three even distributions is close to a normal one and much faster.
            rgb = rgb + (raw.sum(0, dtype=np.float32) - 382.5) * np.float32(noise / 128.0)
        return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)

    def image(self) -> np.ndarray:
        self._road()
        self._sidewalk()
        self._facades()
        self._leaves()
        self._fences()
        self._light()
        self._haze(self._sky())
        return np.ascontiguousarray(self._sensor()[..., ::-1])


def render(scene: Scene, look: Appearance, rng: np.random.RandomState) -> np.ndarray:
    """Renders a scene.

    Args:
        scene: The drawn street.
        look: What its materials, light and camera are like.
        rng: Source of every choice.

    Returns:
        BGR image, (H, W, 3) uint8.
    """
    return _Renderer(scene, look, rng).image()
