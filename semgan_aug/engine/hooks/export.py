"""Exports the translator as one small file at the end of a training."""

from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ...translator.checkpoint import latest_checkpoint
from ...translator.export import export_translator


@HOOKS.register_module()
class ExportHook(Hook):
    """Writes ``translator.safetensors`` to the work dir when training has ended.

    Args:
        dtype: dtype of the weights, 'float32' or 'float16'; see :func:`export.export_translator`.

    Example:
        >>> hook = HOOKS.build(dict(type='ExportHook', dtype='float16'))
    """

    def __init__(self, dtype: str = 'float32') -> None:
        self.dtype = dtype

    @master_only
    def after_train(self, runner: Runner) -> None:
        ckpt = latest_checkpoint(runner.work_dir)
        if ckpt is None:
            return
        out = Path(runner.work_dir) / 'translator.safetensors'
        export_translator(ckpt, out, self.dtype, runner.cfg.pretty_text)
        runner.logger.info(
            f"The translator is in {out}: dict(type='SemGANTranslate', ckpt='{out}')"
        )
