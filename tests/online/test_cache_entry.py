"""The file of a cached translation: a file that is not what was written is refused."""

import pytest
from cache_content import KEY, content

from semgan_aug.online.cache_entry import BrokenEntryError, decode_entry, encode_entry


@pytest.mark.parametrize('cut', [0, 3, 40, -1])
def test_cut_or_foreign_files_are_broken(cut):
    data = encode_entry(KEY, *content(KEY), 'png')
    with pytest.raises(BrokenEntryError):
        decode_entry(data[:cut], KEY)
    with pytest.raises(BrokenEntryError, match='something else'):
        decode_entry(data, bytes(16))
