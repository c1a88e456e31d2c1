"""Renders a drawn street: materials, light, haze, and the blur and noise of a camera."""

import cv2
import numpy as np

from .appearance import Appearance, Range
from .canvas import FACES_CAMERA, FACES_LEFT, FACES_RIGHT, GROUND
from .scene import Scene
from .things import BUILDING, CAR, FENCE, ROAD, SIDEWALK, SKY, VEGETATION

_MAP_SCALE, _MAP_SHAPE, _MAP_CENTER = 8.0, (512, 384), 24.0


def _tileable_noise(seed: int, sigmas: tuple[float, ...], falloff: float = 0.0) -> np.ndarray:
    """A (256, 256) float32 texture with mean 0 and standard deviation 1; it repeats seamlessly.

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


def _fraction(values: np.ndarray) -> np.ndarray:
    """The fractional part, in 0..1; several times faster than ``% 1``."""
    return values - np.floor(values)


class _Renderer:
    """Renders one scene; works on RGB float32 (H, W, 3) in gray levels."""

    def __init__(self, scene: Scene, look: Appearance, rng: np.random.RandomState) -> None:
        self.scene, self.look, self.rng = scene, look, rng
        self.label = self._per_surface('label')
        self.face = self._per_surface('face')
        self.instance = self._per_surface('instance')
        self.chance = rng.rand(scene.instances, 8).astype(np.float32)
        self.rgb = self._colors()[scene.surface]

    def _per_surface(self, name: str) -> np.ndarray:
        """A property of the surface at each pixel, (H, W) uint8, int16 or float32."""
        kind = {'top': np.float32, 'instance': np.int16}.get(name, np.uint8)
        values = [getattr(surface, name) for surface in self.scene.surfaces]
        return np.array(values, kind)[self.scene.surface]

    def _colors(self) -> np.ndarray:
        """The plain color of each surface, (n, 3) float32."""
        names = sorted(self.look.palettes)
        columns = {name: number for number, name in enumerate(names)}
        shape = (self.scene.instances, len(names))
        sizes = np.array([len(self.look.palettes[name]) for name in names])
        choice = (self.rng.rand(*shape) * sizes).astype(int)
        gain = (1.0 + self.look.jitter * self.rng.uniform(-1, 1, shape)).astype(np.float32)
        every = np.array([c for name in names for c in self.look.palettes[name]], np.float32)
        colors = every[choice + np.cumsum(sizes) - sizes] * gain[..., None]
        objects = [surface.instance for surface in self.scene.surfaces]
        return colors[objects, [columns[surface.part] for surface in self.scene.surfaces]]

    def _parameter(self, where: tuple[np.ndarray, ...], column: int, low_high: Range) -> np.ndarray:
        """A random number within a range for each pixel, equal for the pixels of one object."""
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
        dashed = _fraction(z / 9.0 + self.chance[0, 0]) < 0.5
        lanes = (np.abs(_fraction(offset / road.lane + 0.5) - 0.5) * road.lane < half) & dashed
        lanes &= (np.abs(offset) > 0.5 * road.lane) & (x < road.right - 1.0) & (x > road.left + 1.0)
        double = np.abs(np.abs(offset) - 0.16) < half
        middle = double if self.chance[0, 1] < 0.6 else (np.abs(offset) < half) & dashed
        zebra = (z > crossing[0] - 3.4) & (z < crossing[0] - 0.6) & (_fraction(offset / 1.1) < 0.5)
        zebra &= self.chance[0, 2] < 0.7
        middle_color = np.array(look.middle_line, np.float32)
        lane_color = np.array(look.lane_line, np.float32)
        rgb = self.rgb[where]
        grain = look.grain[0] * _sample(_FINE, x * 18.0 + 4096, z * 6.0)
        wear = look.wear * _sample(_SMOOTH, x * 6.0 + 4096, z * 2.0 + self.chance[0, 3] * 256)
        rgb *= (1.0 + grain + wear)[:, None]
        worn = 1.0 - look.line_wear * (1.0 + 0.6 * _sample(_FINE, x * 9.0 + 4096, z * 4.0))
        for mask, color in (
            (lanes & clear, lane_color),
            (middle & clear, middle_color),
            (zebra, lane_color),
        ):
            paint = (mask * np.clip(worn, 0.0, 1.0))[:, None]
            rgb += paint * (color - rgb)
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
            joint = np.abs(_fraction(along / slab) - 0.5) > 0.5 - np.maximum(
                0.05, 0.5 * step / slab
            )
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
        # All storeys of a wall have the same height.
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
        from_middle = np.abs(_fraction(column) - 0.5)
        from_center = np.abs(_fraction(floor) - 0.52)
        inside = (from_middle < wide / 2) & (from_center < tall / 2) & (height < top)
        frame = inside & ((from_middle > wide / 2 - 0.05) | (from_center > tall / 2 - 0.06))
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
        hole = np.where(_fraction(z / period) < gap, sharp, 0.0) + (1.0 - sharp) * gap
        share = np.where(rail, 0.0, hole)
        rgb = self.rgb[where]
        rgb += share[:, None] * (np.array(look.fence_gap, np.float32) - rgb)
        self.rgb[where] = rgb

    def _ground_map(self, drop: np.ndarray | None) -> np.ndarray:
        """Shadows seen from above, sampled for each pixel: (H, W) float32 in 0..1.

        Args:
            drop: Way (X, Z) that a shadow moves per meter of height, None for the soft darkness
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
            pixels = np.round((corners + (_MAP_CENTER, 0.0)) * _MAP_SCALE).astype(np.int32)
            cv2.fillConvexPoly(plan, cv2.convexHull(pixels), 255)
        if drop is None:
            plan = cv2.blur(plan, (7, 7))
        seen = cv2.remap(
            plan,
            (self.scene.across + _MAP_CENTER) * _MAP_SCALE,
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
        """Paints the sky and returns its color at the horizon, (3,)."""
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
            u, v = np.meshgrid(
                *(np.mod(axis, 255.0).astype(np.float32) for axis in (columns, lines))
            )
            cloud = cv2.remap(_CLOUDS, u, v, cv2.INTER_LINEAR)[..., None] + share - 0.4 * down
            white, shade = np.array([[255, 253, 250], [34, 26, 16]], np.float32)
            body = white - shade * np.clip(1.6 - cloud, 0, 1)
            sky = sky + look.clouds * np.clip((cloud - 0.8) * 5.0, 0.0, 1.0) * (body - sky)
        seen = (self.label[:rows] == SKY)[..., None]
        self.rgb[:rows] = np.where(seen, sky, self.rgb[:rows])
        return pair[1]

    def _haze(self, color: np.ndarray) -> None:
        density = self.rng.uniform(*self.look.haze)
        thick = 1.0 - np.exp(-density * self.scene.depth)
        thick = np.where(self.label == SKY, 0.0, thick)[..., None]
        self.rgb += thick * (color - self.rgb)

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
            # The sum of three uniform numbers is almost normally distributed, and much faster.
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
