"""A file name that carries a translation request from a worker to the main process."""

from .request import TranslationRequest


class MarkedPath(str):
    """The path of a frame's image, with the translation request for SemGANTranslateHook.

    A packed sample keeps ``img_path`` with any loader and any start method of workers. mmseg's
    PackSegInputs drops all other entries that a transform adds, unless the user's config is
    changed.
    """

    request: TranslationRequest

    @classmethod
    def mark(cls, path: str, request: TranslationRequest) -> 'MarkedPath':
        """A string with the text of ``path``, which carries a request."""
        marked = cls(path)
        marked.request = request
        return marked
