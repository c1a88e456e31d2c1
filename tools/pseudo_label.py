"""Labels target frames with a trained segmenter, so that SemGAN can train without target labels.

Writes <stem>.png with class indices, and 255 where the segmenter is not confident. To use the
labels in a config: target=dict(type='PseudoLabelDataset', dataset=<the target>, folder=<OUT>)
"""

import argparse
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.core.errors import InputError
from semgan_aug.core.progress import Progress
from semgan_aug.datasets.fixed_steps import fixed_steps
from semgan_aug.engine.config_errors import building
from semgan_aug.evaluation.segmenter import load_segmenter
from semgan_aug.offline.pseudo_labels import write_pseudo_labels


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', type=Path, help="the segmenter's config")
    parser.add_argument('ckpt', type=Path, help='its checkpoint')
    parser.add_argument('out', type=Path, help='folder for the labels')
    parser.add_argument(
        '--dataset', default='target_all', help='name of the dataset in the config: %(default)s'
    )
    parser.add_argument('--confidence', type=float, default=0.9, help='default: %(default)s')
    parser.add_argument(
        '--share',
        type=float,
        default=0.5,
        help='share of each class that is kept in any case, default: %(default)s',
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    with user_errors('pseudo_label', args.traceback, 'the same command begins again'):
        run(args)


def run(args: argparse.Namespace) -> None:
    """Builds the dataset and the segmenter, predicts, and writes the labels."""
    if not args.config.is_file():
        raise InputError(f"there is no config {args.config}; name the segmenter's")
    if args.out.exists() and not args.out.is_dir():
        raise InputError(f'{args.out} is a file; name a folder for the labels')
    with building(args.config):
        cfg = Config.fromfile(args.config)
    init_default_scope('mmseg')
    frames = cfg.get(args.dataset)
    if not isinstance(frames, dict) or not {'type', 'pipeline'} <= set(frames):
        found = [
            k for k, v in cfg.items() if isinstance(v, dict) and {'type', 'pipeline'} <= set(v)
        ]
        raise InputError(
            f'{args.config} has no dataset {args.dataset!r} with a pipeline; choose one of {found} '
            'with --dataset'
        )
    with building(args.config, entry=args.dataset):
        dataset = DATASETS.build(frames | dict(pipeline=fixed_steps(frames.pipeline)))
    segmenter = load_segmenter(cfg.pretty_text, str(args.ckpt))
    with Progress('predicting', 'frames') as progress:
        # Each frame is predicted twice.
        progress.begin(total=2 * len(dataset))
        shares = write_pseudo_labels(
            segmenter, dataset, args.out, args.confidence, args.share, progress.advance
        )
    for name, share in shares.items():
        print(f'{name:16s} {100 * share:5.1f} % of the pixels predicted as it are kept')
    print(f'{len(dataset)} labels are in {args.out}')


if __name__ == '__main__':
    main()
