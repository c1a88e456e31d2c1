"""A file name that carries a translation request from a worker to the main process."""

from .request import TranslationRequest


class MarkedPath(str):
    """The path of a frame's image, with the request that SemGANTranslateHook is to carry out.

    A packed sample keeps ``img_path`` through any loader and any start method of workers. Nothing
    else that a transform adds gets past mmseg's PackSegInputs without a change to the user's
    config.
    """

    request: TranslationRequest

    @classmethod
    def mark(cls, path: str, request: TranslationRequest) -> 'MarkedPath':
        """The same text as ``path``, with a request."""
        marked = cls(path)
        marked.request = request
        return marked
