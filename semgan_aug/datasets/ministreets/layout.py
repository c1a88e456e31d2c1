"""Layout of the streets of each domain: lanes, buildings, plants, traffic."""

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """The layout of the streets of one domain; lengths are in meters, ranges are (low, high).

    Attributes:
        lane: Width of a lane.
        lanes: Possible numbers of lanes on each side of the middle line.
        sidewalk: Width of a sidewalk.
        lawn: Width of the lawn between sidewalk and buildings.
        lawn_share: Share of street sides that have a lawn.
        building_length: Extent of a building along the road.
        building_height: Height of a building's wall.
        tower_share: Share of buildings that are three times as high.
        gable_share: Share of buildings with a pitched roof.
        gap: Width of a gap between neighboring buildings.
        gap_share: Share of neighboring buildings with a gap between them.
        gap_fence_share: Share of the gaps that are closed by a fence.
        yard_fence_share: Share of street sides with a fence along the sidewalk.
        closed_share: Share of streets that end at a building.
        crossing_share: Share of streets with a crossing street.
        tree_row_share: Share of street sides with a row of trees at the kerb.
        tree_spacing: Distance between the trees of a row.
        palm_share: Share of trees that are palms.
        bushes: Mean number of bushes.
        parked_share: Share of street sides with parked cars.
        driving: Mean number of cars ahead in the same direction.
        oncoming: Mean number of oncoming cars.
        crosswise_share: Share of frames with a car that crosses the street.
        people: Mean number of people.
        poles: Least and greatest number of poles.
        sign_share: Share of poles with a traffic sign.
        sign_size: Half the height of a sign.
        signs: Sign designs as (outline, part of the rim, part of the face).
    """

    lane: Range
    lanes: tuple[int, ...]
    sidewalk: Range
    lawn: Range
    lawn_share: float
    building_length: Range
    building_height: Range
    tower_share: float
    gable_share: float
    gap: Range
    gap_share: float
    gap_fence_share: float
    yard_fence_share: float
    closed_share: float
    crossing_share: float
    tree_row_share: float
    tree_spacing: Range
    palm_share: float
    bushes: float
    parked_share: float
    driving: float
    oncoming: float
    crosswise_share: float
    people: float
    poles: tuple[int, int]
    sign_share: float
    sign_size: Range
    signs: tuple[tuple[str, str, str], ...]


LAYOUTS = {
    'game': Layout(
        lane=(3.4, 4.2),
        lanes=(1, 2, 2),
        sidewalk=(2.6, 4.2),
        lawn=(2.0, 5.0),
        lawn_share=0.55,
        building_length=(9.0, 18.0),
        building_height=(3.5, 8.0),
        tower_share=0.12,
        gable_share=0.3,
        gap=(3.0, 14.0),
        gap_share=0.8,
        gap_fence_share=0.45,
        yard_fence_share=0.35,
        closed_share=0.15,
        crossing_share=0.4,
        tree_row_share=0.35,
        tree_spacing=(10.0, 22.0),
        palm_share=0.6,
        bushes=1.5,
        parked_share=0.3,
        driving=1.3,
        oncoming=0.9,
        crosswise_share=0.15,
        people=2.2,
        poles=(2, 4),
        sign_share=0.5,
        sign_size=(0.4, 0.55),
        signs=(
            ('octagon', 'white', 'red'),
            ('diamond', 'black', 'yellow'),
            ('board', 'white', 'green'),
            ('board', 'white', 'green'),
            ('square', 'black', 'white'),
        ),
    ),
    'camera': Layout(
        lane=(2.9, 3.5),
        lanes=(1, 1, 1, 2),
        sidewalk=(2.2, 3.8),
        lawn=(1.5, 3.0),
        lawn_share=0.15,
        building_length=(8.0, 16.0),
        building_height=(8.0, 19.0),
        tower_share=0.0,
        gable_share=0.4,
        gap=(2.5, 8.0),
        gap_share=0.25,
        gap_fence_share=0.65,
        yard_fence_share=0.3,
        closed_share=0.55,
        crossing_share=0.35,
        tree_row_share=0.5,
        tree_spacing=(9.0, 18.0),
        palm_share=0.0,
        bushes=0.9,
        parked_share=0.6,
        driving=0.9,
        oncoming=0.6,
        crosswise_share=0.15,
        people=4.2,
        poles=(3, 6),
        sign_share=0.6,
        sign_size=(0.36, 0.48),
        signs=(
            ('disc', 'red', 'white'),
            ('disc', 'blue', 'blue'),
            ('triangle', 'red', 'white'),
            ('diamond', 'white', 'yellow'),
            ('square', 'blue', 'white'),
            ('board', 'white', 'yellow'),
        ),
    ),
}
