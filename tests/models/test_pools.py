"""The pools of earlier fakes."""

from collections import Counter

import pytest
import torch

from semgan_aug.core.encoding import encode_ids, join
from semgan_aug.models.pools import PairPool


def constant_pairs(*values):
    """Pairs whose image is v and whose class map is -v, so that a mixed pair shows."""
    pairs = torch.ones(len(values), 6, 2, 2) * torch.tensor(values).view(-1, 1, 1, 1)
    pairs[:, 3:] *= -1
    return pairs


def test_pool_holds_pairs():
    pool, given, returned = PairPool(3), set(), []
    for i in range(1, 61):
        out = pool.query(constant_pairs(2.0 * i, 2.0 * i + 1))
        given |= {2.0 * i, 2.0 * i + 1}
        assert out.shape == (2, 6, 2, 2)
        for pair in out:
            value = pair[0, 0, 0].item()
            assert value in given
            assert (pair[:3] == value).all() and (pair[3:] == -value).all()
            returned.append(value)
        assert len(pool.pairs) <= 3
    assert returned[:3] == [2, 3, 4]  # while it fills, fakes pass through
    newest = [2.0 * i + j for i in range(1, 61) for j in (0, 1)]
    old = sum(a != b for a, b in zip(returned, newest))
    assert 30 < old < 90  # half of 120, four deviations
    # A pair that left the pool never comes back: each is seen at most as new and as old.
    assert max(Counter(returned).values()) <= 2


def test_pool_keeps_no_graph_and_no_view():
    pool = PairPool(1)
    fake = constant_pairs(1.0).requires_grad_()
    pool.query(fake)
    fake.data.zero_()
    assert not pool.pairs[0].requires_grad and (pool.pairs[0][:3] == 1).all()


def test_pool_of_size_0_passes_everything_on():
    pool = PairPool(0)
    pairs = constant_pairs(1.0, 2.0)
    for _ in range(5):
        assert torch.equal(pool.query(pairs), pairs)
    assert not pool.pairs


def hard_pair(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, 3, (1, 8, 8), generator=generator)
    ids[0, 0] = 255
    return join(torch.rand(1, 3, 8, 8, generator=generator), encode_ids(ids, 3))


@pytest.mark.parametrize('soft', [False, True])
def test_pool_comes_back_exactly(soft):
    pool, again = PairPool(4), PairPool(4)
    for k in range(6):
        pair = hard_pair(k)
        pool.query(torch.cat([pair[:, :3], pair[:, 3:] * 0.9], 1) if soft else pair)
    state = pool.state_dict()
    assert (state[0][1].dtype == torch.uint8) != soft  # hard maps are stored as ids
    again.load_state_dict(state)
    assert all(map(torch.equal, again.pairs, pool.pairs))


def test_pools_of_ranks_are_dealt_out_anew():
    states = [PairPool(3) for _ in range(2)]
    for k in range(5):
        states[k % 2].query(hard_pair(k))
    merged = PairPool.merge([pool.state_dict() for pool in states])
    assert [int(image.sum() * 1e4) for image, _ in merged] == [
        int(hard_pair(k)[0, :3].sum() * 1e4) for k in range(5)
    ]
    one, two, alone = PairPool(3), PairPool(3), PairPool(3)
    one.load_state_dict(merged, 0, 2)
    two.load_state_dict(merged, 1, 2)
    alone.load_state_dict(merged)
    assert [len(pool.pairs) for pool in (one, two, alone)] == [3, 2, 3]
    assert all(map(torch.equal, one.pairs, states[0].pairs))
    assert all(map(torch.equal, two.pairs, states[1].pairs))


def test_pool_of_images_alone():
    pool, again = PairPool(2), PairPool(2)
    image = torch.rand(1, 3, 4, 5)
    pool.query(image)
    again.load_state_dict(pool.state_dict())
    assert torch.equal(again.pairs[0], image[0])
