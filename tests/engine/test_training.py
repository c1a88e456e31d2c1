"""What a training does beside its step: losses in the log, means of weights, several ranks."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import tiny
import torch
from mmengine.hooks import Hook
from mmseg.registry import HOOKS, OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS

from semgan_aug import load_translator
from semgan_aug.core.errors import InputError
from semgan_aug.engine.hooks import LossesHook, NonFiniteLossError
from semgan_aug.models import losses
from semgan_aug.translator.checkpoint import CheckpointError, latest_checkpoint

# Losses


@HOOKS.register_module()
class KeepLossesHook(Hook):
    kept: list = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.kept.append({name: value.item() for name, value in outputs.items()})


def test_log_has_the_mean_over_each_interval(make_runner):
    KeepLossesHook.kept.clear()
    runner = make_runner(
        **{
            'train_cfg.max_iters': 5,
            'default_hooks.logger.interval': 2,
            'default_hooks.checkpoint.interval': 100,
            'custom_hooks': [dict(type='ClassColorsHook'), dict(type='KeepLossesHook')],
        }
    )
    runner.train()
    kept = KeepLossesHook.kept
    name = 'loss_eq6_rec_image_G'
    logged = runner.message_hub.get_scalar(f'train/{name}').data[0].tolist()
    values = [losses[name] for losses in kept]
    expected = [sum(values[:2]) / 2, sum(values[2:4]) / 2, values[4]]
    assert logged == pytest.approx(expected, rel=1e-5)


def test_a_non_finite_loss_stops_before_the_next_checkpoint(make_runner, monkeypatch):
    original = losses.semantic_consistency_loss

    def spoilt(scores, ids):
        return original(scores, ids) * (float('nan') if runner.iter == 3 else 1)

    monkeypatch.setattr(losses, 'semantic_consistency_loss', spoilt)
    runner = make_runner(
        **{
            'train_cfg.max_iters': 12,
            'default_hooks.logger.interval': 5,
            'default_hooks.checkpoint.interval': 3,
        }
    )
    with pytest.raises(NonFiniteLossError) as error:
        runner.train()
    message = str(error.value)
    assert message.startswith('not finite in iteration 4: loss_eq3_dom_G, ')
    assert 'adv' not in message and str(runner.work_dir) in message
    assert runner.iter == 4  # iteration 5, of which the log wanted to know
    tiny.assert_one_sentence(message)
    newest = latest_checkpoint(runner.work_dir)
    assert newest.name == 'iter_3.pth'
    state = torch.load(newest, weights_only=True)['state_dict']
    assert all(value.isfinite().all() for value in state.values())


def test_losses_are_read_once_per_interval():
    """Only ``tolist`` and ``item`` wait for a device; between the intervals neither is called."""
    hook, pushed = LossesHook(), []
    hub = SimpleNamespace(update_scalar=lambda name, value: pushed.append((name, value)))
    runner = SimpleNamespace(iter=0, max_iters=100, message_hub=hub, work_dir='.')
    hook._intervals, hook._names, hook._since, hook._images = [4], [], 0.0, 0
    for k in range(8):
        runner.iter = k
        hook.after_train_iter(runner, k, outputs=dict(loss_a=torch.tensor(float(k))))
        assert len(pushed) == 2 * ((k + 1) // 4)
    speed = 'train/images_per_second'
    assert [name for name, _ in pushed] == ['train/loss_a', speed] * 2
    assert [value for name, value in pushed if name != speed] == [1.5, 5.5]


# Running mean of the weights


def test_running_mean_by_hand():
    torch.manual_seed(0)
    model, optim = tiny.build_semgan(ema_decay=0.75)
    weight = model.G.image_head[1].weight
    mean = weight.detach().clone()
    for k in range(30):
        model.train_step(tiny.batch(seed=k), optim)
        new = weight.detach().clone()
        decay = min(0.75, (1 + k) / (10 + k))  # so that the beginning is soon forgotten
        mean = decay * mean + (1 - decay) * new
    kept = model.ema['G'].module.image_head[1].weight
    assert torch.allclose(kept, mean, atol=1e-7) and not torch.equal(kept, weight)
    with torch.no_grad():
        before = model(**tiny.batch())['source']['image']
        weight.zero_()
        assert torch.equal(model(**tiny.batch())['source']['image'], before)  # pictures' forward
    trained = {id(p) for group in optim['generators'].param_groups for p in group['params']}
    assert not trained & {id(p) for p in model.ema.parameters()}


def test_the_running_mean_is_what_is_used(make_runner, pair):
    runner = make_runner(**{'model.ema_decay': 0.5, 'train_cfg.max_iters': 3})
    runner.train()
    path = latest_checkpoint(runner.work_dir)
    state = torch.load(path, weights_only=True)['state_dict']
    used = load_translator(path).generator.state_dict()
    assert all(torch.equal(value, state[f'ema.G.module.{key}']) for key, value in used.items())
    assert not all(torch.equal(value, state[f'G.{key}']) for key, value in used.items())


@pytest.mark.parametrize('decay', [-0.1, 1.0])
def test_wrong_decay(decay):
    with pytest.raises(ValueError, match=f'ema_decay is {decay}'):
        tiny.build_semgan(ema_decay=decay)


# Gradient accumulation


def optimizers(model, count):
    sgd = dict(optimizer=dict(type='SGD', lr=0.1), accumulative_counts=count)
    constructor = OPTIM_WRAPPER_CONSTRUCTORS.build(
        dict(
            type='SemGANOptimWrapperConstructor',
            optim_wrapper_cfg=dict(generators=sgd, discriminators=sgd),
        )
    )
    return constructor(model)


def test_gathered_gradients_are_those_of_one_batch():
    whole = tiny.batch(n=2)
    parts = [
        {
            key: {domain: samples[i : i + 1] for domain, samples in value.items()}
            for key, value in whole.items()
        }
        for i in range(2)
    ]
    torch.manual_seed(0)
    one, _ = tiny.build_semgan(ema_decay=0.5)
    two, _ = tiny.build_semgan(ema_decay=0.5)
    two.load_state_dict(one.state_dict())
    start = {key: value.clone() for key, value in one.state_dict().items()}
    one.train_step(whole, optimizers(one, 1))
    optim = optimizers(two, 2)
    two.train_step(parts[0], optim)
    assert all(torch.equal(value, start[key]) for key, value in two.state_dict().items())
    two.train_step(parts[1], optim)
    for key, value in two.state_dict().items():
        assert torch.allclose(value, one.state_dict()[key], atol=1e-6), key
    assert not torch.equal(two.G.image_head[1].weight, start['G.image_head.1.weight'])


@pytest.mark.parametrize(
    'changes, message',
    [
        (
            {'default_hooks.checkpoint.interval': 3, 'train_cfg.max_iters': 6},
            'checkpoint.interval is 3, but generators gather gradients over 2',
        ),
        (
            {'default_hooks.checkpoint.interval': 2, 'train_cfg.max_iters': 5},
            'max_iters is 5, but generators gather gradients over 2',
        ),
    ],
)
def test_half_gathered_gradients_are_refused(make_runner, changes, message):
    runner = make_runner(**{'optim_wrapper.generators.accumulative_counts': 2, **changes})
    with pytest.raises(InputError, match=message) as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))


def test_no_checkpoints_but_the_last(make_runner):
    runner = make_runner(
        **{
            'optim_wrapper.generators.accumulative_counts': 2,
            'default_hooks.checkpoint.interval': -1,
        }
    )
    runner.train()
    assert [p.name for p in Path(runner.work_dir).glob('*.pth')] == ['iter_2.pth']


def test_the_only_checkpoint_is_never_deleted(make_runner):
    runner = make_runner(**{'default_hooks.checkpoint.max_keep_ckpts': 1})
    with pytest.raises(InputError, match='max_keep_ckpts is 1, but') as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))


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


# Going on


def test_a_new_learning_rate_holds_after_resuming(make_runner):
    decay = [
        dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=2, end=10, by_epoch=False)
    ]
    schedule = {'param_scheduler': decay, 'train_cfg.max_iters': 6}
    runner = make_runner(**schedule)
    runner.train()
    half = str(Path(runner.work_dir) / 'iter_4.pth')
    lr = 'optim_wrapper.generators.optimizer.lr'
    rates = {}
    for new in (5e-4, 1e-4):  # as before, and a fifth
        runner = make_runner(load_from=half, resume=True, **schedule, **{lr: new})
        runner.train()
        logged = runner.message_hub.get_scalar('train/generators.lr').data[0][-2:].tolist()
        rates[new] = logged
        assert (
            runner.message_hub.get_scalar('train/discriminators.lr').data[0][-2:].tolist()
            == (rates[5e-4])
        )
    assert 5e-4 > rates[5e-4][0] > rates[5e-4][1] > 0  # on its way down
    assert rates[1e-4] == pytest.approx([rate / 5 for rate in rates[5e-4]])


def test_weights_that_are_not_finite_are_not_saved(make_runner):
    """The losses of an iteration are those before its update, so they cannot tell."""
    runner = make_runner(
        **{
            'optim_wrapper.generators.optimizer.lr': float('inf'),
            'default_hooks.checkpoint.interval': 1,
        }
    )
    with pytest.raises(NonFiniteLossError, match='not finite after the update of iteration 1'):
        runner.train()
    assert not list(Path(runner.work_dir).glob('*.pth'))


def test_processes_at_different_iterations(make_runner, monkeypatch):
    monkeypatch.setattr(
        'semgan_aug.engine.hooks.checkpoint.all_gather_object', lambda value: [value, 4]
    )
    runner = make_runner()
    with pytest.raises(InputError, match=r'at the iterations \[0, 4\].*a disk that all nodes'):
        runner.train()


def test_what_a_killed_run_left_behind_is_removed(make_runner):
    runner = make_runner()
    part = Path(runner.work_dir) / '.iter_2.pth.4711.part'
    part.write_bytes(b'half')
    runner.train()
    assert not part.exists() and (Path(runner.work_dir) / 'iter_2.pth').exists()


# Weights that do not fit


@pytest.mark.parametrize(
    'change, message',
    [
        ({'model.generator.base_channels': 6}, r'G.encoder.0.1.weight is \(4, 13, 7, 7\) in the'),
        ({'model.ema_decay': 0.5}, 'lacks ema.F.count'),
        ({'model.class_colors': False}, 'has colors_S.count .and 4 more.*model lacks'),
    ],
)
def test_weights_that_do_not_fit(make_runner, ckpt, change, message):
    runner = make_runner(load_from=str(ckpt), **change)
    with pytest.raises(CheckpointError, match=message) as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))


# Several ranks

SGD = """
sgd = dict(optimizer=dict(type='SGD', lr=1e-4, _delete_=True))
optim_wrapper = dict(generators=sgd, discriminators=sgd)
env_cfg = dict(dist_cfg=dict(backend='gloo'))
"""


def test_two_ranks_do_what_one_does_with_both_samples(frames, tmp_path):
    """With SGD: Adam's step is of size lr even where the gradient is rounding."""
    config = tiny.write_semgan_config(tmp_path, frames, iters=5, interval=5)
    config.write_text(config.read_text() + SGD)
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
    for key, value in saved[1]['state_dict'].items():
        other = saved[2]['state_dict'][key]
        atol = 1e-5 if key.startswith('colors') else 1e-6
        assert torch.allclose(value, other, atol=atol, rtol=1e-5), key
    # Both ranks' fakes are kept, and the log has the mean over the ranks.
    assert len(saved[2]['semgan_pools']['pool_T']) == 10
    name = 'train/loss_eq3_dom_G'
    logs = [saved[ranks]['message_hub']['log_scalars'][name][0] for ranks in (1, 2)]
    assert len(logs[0]) == 5 and logs[0] == pytest.approx(logs[1], rel=1e-4)


def test_bfloat16_forward_and_float32_weights():
    """Under our wrapper a forward pass runs in bfloat16 where AmpOptimWrapper asks for a GPU."""
    net = torch.nn.Conv2d(3, 4, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    cfg = dict(type='Bfloat16OptimWrapper', optimizer=optimizer)
    wrapper = OPTIM_WRAPPERS.build(cfg)
    x = torch.rand(1, 3, 8, 8)
    before = net.weight.detach().clone()
    with wrapper.optim_context(net):
        out = net(x)
    assert out.dtype == torch.bfloat16 and net(x).dtype == torch.float32
    torch.testing.assert_close(out.float(), net(x), atol=0.02, rtol=0.02)
    wrapper.update_params(out.float().square().mean())
    assert net.weight.dtype == torch.float32 and not torch.equal(net.weight, before)
