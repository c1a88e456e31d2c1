"""Several processes do what one does with all samples."""

import pytest
import tiny
import torch

#: Weights stay as they are, and momentum_buffer, which checkpoints hold, is the sum of the
#: gradients of all iterations. So gradients from equal weights are compared, and no update carries
#: the rounding of one iteration into the next.
SUM_OF_GRADIENTS = """
sgd = dict(optimizer=dict(type='SGD', lr=0.0, momentum=1.0, _delete_=True))
optim_wrapper = dict(generators=sgd, discriminators=sgd)
env_cfg = dict(dist_cfg=dict(backend='gloo'))
"""


def gradients(checkpoint: dict, name: str) -> torch.Tensor:
    """What an optimizer has summed up, as one vector."""
    state = checkpoint['optimizer'][name]['state']
    return torch.cat([state[i]['momentum_buffer'].flatten() for i in sorted(state)])


@pytest.mark.slow
def test_two_ranks_do_what_one_does_with_both_samples(frames, tmp_path):
    config = tiny.write_semgan_config(tmp_path, frames, iters=5, interval=5)
    config.write_text(config.read_text() + SUM_OF_GRADIENTS)
    saved = {}
    for ranks in (2, 1):
        work_dir = tmp_path / f'{ranks}'
        done = tiny.call(
            tiny.REPO / 'tools' / 'dist_train.sh',
            config,
            ranks,
            '--work-dir',
            work_dir,
            '--cfg-options',
            'env_cfg.dist_cfg.backend=gloo',
            f'train_dataloader.batch_size={2 // ranks}',
            # A residual head begins at 0, so clipped pixels are clipped again at exactly +-1, where
            # rounding decides whether a gradient passes.
            'model.generator.residual=False',
            'model.pool_size=50',  # not full in five steps: a full pool draws, each rank its own
            cwd=tmp_path,
            PORT=tiny.free_port(),
        )
        assert done.returncode == 0, done.stdout
        saved[ranks] = torch.load(work_dir / 'iter_5.pth', weights_only=True)
    for name in ('generators', 'discriminators'):
        one, two = (gradients(saved[ranks], name) for ranks in (1, 2))
        # Measured: 1e-6 and 2e-7; more if rounding decides a tie in a loss.
        assert one.norm() > 0 and (one - two).norm() < 5e-3 * one.norm(), name
    for key, value in saved[1]['state_dict'].items():
        torch.testing.assert_close(saved[2]['state_dict'][key], value, atol=1e-5, rtol=1e-5)
    assert int(saved[1]['state_dict']['draws.count']) == 10
    # Both ranks' fakes are kept, and the log has the mean over the ranks.
    assert len(saved[2]['semgan_pools']['pool_T']) == 10
    for name in ('loss_eq3_dom_G', 'loss_eq6_rec_image_F', 'loss_eq4_D_T'):
        logs = [saved[r]['message_hub']['log_scalars'][f'train/{name}'][0] for r in (1, 2)]
        assert len(logs[0]) == 5 and logs[0] == pytest.approx(logs[1], rel=1e-4)


def test_one_process_with_all_frames_is_many_with_one_whatever_they_ignore():
    """Frames that ignore 2 and 12 of their 16 rows: the mean of the losses is the loss of both."""
    parts = [tiny.batch(seed=k, ignored=rows) for k, rows in enumerate((2, 12))]
    both = {
        key: {domain: [part[key][domain][0] for part in parts] for domain in parts[0][key]}
        for key in parts[0]
    }
    found = []
    for data in (both, *parts):
        torch.manual_seed(0)
        model, _ = tiny.build_semgan(pool_size=0)
        batch = model.data_preprocessor(data)
        log, *_ = model.generator_losses(batch['source'], batch['target'])
        sum(log.values()).backward()
        found.append(torch.cat([p.grad.flatten() for p in model.G.parameters()]))
    both, *parts = found
    assert torch.allclose(both, sum(parts) / 2, atol=1e-5 * both.abs().max().item())
