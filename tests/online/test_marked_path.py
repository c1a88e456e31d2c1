"""File names that carry a translation request through workers."""

import copy
import pickle

from semgan_aug.online.marked_path import MarkedPath


def test_marks_go_through_workers_and_copies():
    path = MarkedPath.mark('a/b.png', 'request')
    for other in (copy.deepcopy(path), pickle.loads(pickle.dumps(path))):
        assert other == 'a/b.png' and other.request == 'request' and isinstance(other, MarkedPath)
