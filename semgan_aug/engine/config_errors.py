"""Config errors: any error raised while objects are built from a config names the config."""

import errno
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

from ..core.errors import ConfigError, InputError, UserFacingError, found_no_frames, user_message

#: The config entries from which a Runner is built; other names in a config are variables.
ENTRIES = tuple(inspect.signature(Runner.__init__).parameters)[1:]


@contextmanager
def building(
    path: str | Path, cfg: Config | None = None, entry: str = '', until: Any = None
) -> Iterator[None]:
    """Turns every error in the ``with`` block into a ConfigError that names config and entry.

    Args:
        path: the config file.
        cfg: the config, if it has been read already; the entry is looked up in it.
        entry: the config entry that the block builds, used if the traceback does not show it.
        until: ``run`` of a training loop. Errors inside it stay as they are, because everything has
            been built by then. The hooks' ``before_train`` still counts as building.

    Raises:
        ConfigError: the block raised an error. Errors of the operating system (other than a
            missing file) and a UserFacingError other than InputError pass unchanged.

    Example:
        >>> from mmseg.registry import MODELS
        >>> cfg = Config(dict(model=dict(type='CycleGAN', num_classes=3, weight=1)))
        >>> with building('a.py', cfg):
        ...     MODELS.build(cfg.model)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        semgan_aug.core.errors.ConfigError: a.py: model: ...unexpected keyword argument 'weight'...
    """
    try:
        yield
    except Exception as error:
        if until is not None and _has_begun(error.__traceback__, until):
            raise
        if isinstance(error, ConfigError) or _is_of_the_system(error, cfg):
            raise
        if isinstance(error, UserFacingError) and not isinstance(error, InputError):
            raise
        entry = entry_of(error.__traceback__, cfg) or entry
        raise ConfigError(_sentence(error, str(path), entry)) from error


def _sentence(error: Exception, path: str, entry: str) -> str:
    text = user_message(error)
    if isinstance(error, SyntaxError):
        return f'{path}, or one of its bases, is no valid Python ({text}); correct it'
    where = f'{entry}: ' if entry else ''
    if path not in text:
        where = f'{path}: {where}'
    if isinstance(error, InputError):  # its message names the next step already
        return where + text
    if isinstance(error, OSError) and error.filename is not None:
        text = f'there is no {error.filename}'
    if found_no_frames(error):
        return f'{where}no frames were found; check data_root, data_prefix and ann_file'
    if ' ' not in text and not text.endswith('Error'):  # e.g. a KeyError, whose text is the key
        text = f'{type(error).__name__}: {text}'
    return f'{where}{text.rstrip(".")}; correct the config or the option'


def _is_of_the_system(error: Exception, cfg: Config | None) -> bool:
    """Whether the system refused something, e.g. a full disk or the work dir.

    A file that is missing elsewhere is the config's fault.
    """
    if not isinstance(error, OSError) or error.errno is None:
        return False
    work_dir: Any = None if cfg is None else cfg.get('work_dir')
    place = Path(str(error.filename))
    in_work_dir = bool(work_dir) and Path(work_dir) in (place, *place.parents)
    return error.errno != errno.ENOENT or in_work_dir


def _has_begun(traceback: TracebackType | None, run: Any) -> bool:
    frames = list(_frames(traceback))
    hooks = [f.f_locals.get('fn_name') for f in frames if f.f_code.co_name == 'call_hook']
    return run.__code__ in [f.f_code for f in frames] and 'before_train' not in hooks


def _frames(traceback: TracebackType | None) -> Iterator[Any]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def entry_of(traceback: TracebackType | None, cfg: Config | None) -> str:
    """The config entry that was being built when an error was raised.

    The first argument of mmengine's ``build_*`` functions is the part of the config to build. For
    each such call in the traceback, this part is searched in the config by its content: first
    inside the part that the calling function built, then in the whole config.

    Args:
        traceback: the error's traceback.
        cfg: the config; None finds nothing.

    Returns:
        Dotted keys, e.g. ``train_dataloader.dataset.source``; '' if no entry is found.
    """
    if cfg is None:
        return ''
    root = {key: value for key, value in cfg.items() if key in ENTRIES}
    path: list[str] = []
    for frame in _frames(traceback):
        code = frame.f_code
        names = [name for name in code.co_varnames[: code.co_argcount] if name != 'self']
        if not code.co_name.startswith('build_') or 'mmengine' not in code.co_filename or not names:
            continue
        part = frame.f_locals.get(names[0])
        inside = _path_to(part, _at(root, path))
        path = path + inside if inside else _path_to(part, root) or path
    return '.'.join(path)


def _at(node: Any, path: list[str]) -> Any:
    for key in path:
        node = node[int(key) if isinstance(node, (list, tuple)) else key]
    return node


def _path_to(part: Any, node: Any) -> list[str] | None:
    """The keys from a config node to the first part below it that equals ``part``, or None."""
    if not isinstance(part, (dict, list, tuple)) or not part:
        return None
    inside = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in inside:
        if value == part:
            return [str(key)]
        if isinstance(value, (dict, list, tuple)):
            found = _path_to(part, value)
            if found:
                return [str(key), *found]
    return None
