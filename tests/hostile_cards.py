"""Cards with wrong fields, for the tests of what reads them."""


def wrong_cards(card: dict):
    """The fields of a card with values that none of ours has."""
    values = {
        'version': [2, True, '1', 1.5, None, [1], 10**400],
        'method': ['Semgan', 1, ['SemGAN'], None, {}],
        'direction': ['target2source', 1, None],
        'classes': [
            list(range(10)),
            ['a'] * 10,
            [],
            'abcdefghij',
            [f'c{i}' for i in range(256)],
            [f'c{i}' for i in range(9)],
            [f'c{i}\n' for i in range(10)],
            [''] * 10,
            [['a']] * 10,
            {},
            7,
        ],
        'palette': [
            card['palette'][:-1],
            [[0, 0, 256]] * 10,
            [[0, 0, -1]] * 10,
            [[0, 0, 0.5]] * 10,
            [[0, 0]] * 10,
            ['red'] * 10,
            [[0, 0, float('nan')]] * 10,
            [],
            'red',
        ],
        'generator': [[], 'x', None, [['base_channels', 4]]],
        'ema': ['yes', 1, None, []],
        'class_colors': ['yes', 0, None, []],
    }
    for field, found in values.items():
        yield from ((f'{field} {i}', card | {field: value}) for i, value in enumerate(found))
        if field not in ('ema', 'class_colors'):
            yield f'no {field}', {k: v for k, v in card.items() if k != field}
    arguments = {
        'base_channels': [
            10**6,
            10**30,
            0,
            -4,
            '4',
            4.0,
            float('nan'),
            float('inf'),
            True,
            None,
            [],
        ],
        'num_blocks': [10**9, -1, '1', 1e9, float('-inf'), None],
        'shared_blocks': [2, -1, 'all', True],
        'skip': ['yes', 1, None],
        'residual': [0, 'no'],
        'amp_dtype': ['int8', 16, ['float16']],
        'num_classes': [10, 10**7],
        'device': ['cuda'],
        'upsampling': ['nearest'],
        '': [1],
    }
    for name, found in arguments.items():
        for i, value in enumerate(found):
            yield f'argument {name} {i}', card | dict(generator=card['generator'] | {name: value})
    many = [f'c{i}' for i in range(10**5)]
    yield 'many classes', card | dict(classes=many, palette=[[0, 0, 0]] * len(many))
    for method in ('CycleGAN', 'UNIT'):
        yield f'it is {method}', card | dict(method=method)
