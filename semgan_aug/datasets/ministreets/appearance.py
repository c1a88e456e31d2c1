"""Appearance of each domain: materials, light and camera."""

from dataclasses import dataclass

Color = tuple[int, int, int]
Range = tuple[float, float]


@dataclass(frozen=True)
class Appearance:
    """The materials, the light and the camera of one domain.

    Colors are RGB in 0..255. Ranges are (low, high). Amplitudes are shares of the brightness.

    Attributes:
        palettes: Possible colors of each part; the parts of one object choose independently.
        jitter: Spread of the brightness between objects of one color.
        sky: Colors of the sky at the top of the frame and at the horizon, as pairs to mix.
        clouds: How opaque clouds are (0: none are drawn).
        sun: Strength of the direct light; 0 means overcast, without cast shadows.
        ambient: Color of the light in the shade, as shares.
        haze: Extinction per meter.
        grain: Amplitude of the fine texture of asphalt, paving, wall and leaves.
        wear: Amplitude of the large patches on the ground.
        joints: Size in meters and darkness of the joints between the slabs of the sidewalk.
        middle_line: Color of the line between the directions.
        lane_line: Color of the other lines.
        line_wear: Share of a line's paint that is gone.
        window: Width of the bay of a window and its height, meters.
        window_share: Glass as a share of the bay's width and of the storey's height.
        window_frame: Color of the window frames.
        plinth: Brightness of the ground floor compared with the wall.
        fence: Distance of a fence's uprights in meters, and share of it that is open.
        fence_gap: Color seen between the uprights.
        blur: Blur in pixels for a frame of 96 x 160; it grows with the root of the frame's side.
        noise: Standard deviation of the sensor's noise, in gray levels.
        vignette: Loss of brightness in the corners.
        exposure: Gain of the frame.
        cast: Gain of red, green and blue.
        cast_spread: Spread of these gains between frames.
        black: Gray level that black is lifted to.
    """

    palettes: dict[str, tuple[Color, ...]]
    jitter: float
    sky: tuple[tuple[Color, Color], ...]
    clouds: float
    sun: Range
    ambient: tuple[float, float, float]
    haze: Range
    grain: tuple[float, float, float, float]
    wear: float
    joints: tuple[float, float]
    middle_line: Color
    lane_line: Color
    line_wear: float
    window: tuple[Range, Range]
    window_share: tuple[Range, Range]
    window_frame: Color
    plinth: Range
    fence: tuple[Range, Range]
    fence_gap: Color
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
