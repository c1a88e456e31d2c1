"""tools/translation_cache.py: info, verify, prune, clear."""

from cache_content import fill

from semgan_aug.online import cache_folder


def test_tool(tmp_path, run_tool):
    def tool(*args):
        return run_tool('translation_cache', *args, '--cache-dir', tmp_path / 'c')

    assert 'a folder that exists is needed' in tool('info')
    fill(tmp_path / 'c', 10)
    assert ': 10 frames' in tool('info')
    assert '10 frames are whole, 0 were broken, 0 cannot be read\n' in tool('verify')
    path = next(cache_folder.files(tmp_path / 'c'))
    path.write_bytes(path.read_bytes()[:-9])
    said = tool('verify')
    assert f'deleted {path}' in said
    assert '9 frames are whole, 1 were broken, 0 cannot be read\n1' in said
    path.symlink_to(path)  # cannot be read
    said = tool('verify')
    assert f'{path} cannot be read (Too many levels of symbolic links); see to' in said
    assert '9 frames are whole, 0 were broken, 1 cannot be read\n1' in said
    path.unlink()
    path.mkdir()  # nobody's frame
    size = cache_folder.total_bytes(tmp_path / 'c')
    assert '4 frames deleted' in tool('prune', '--max-bytes', size * 0.6)
    assert '5 frames deleted, 0.0 MB left' in tool('clear')
    assert path.is_dir()
    assert '--max-bytes is -1' in tool('prune', '--max-bytes', '-1')


def test_files_of_others_stay(tmp_path, run_tool):
    fill(tmp_path, 2)
    others = [tmp_path / 'notes.pair', tmp_path / 'keys' / 'ab' / 'my.pair']
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('mine')
    (tmp_path / 'folder.pair').mkdir()
    assert '2 frames are whole, 0 were broken, 0 cannot be read' in run_tool(
        'translation_cache', 'verify', '--cache-dir', tmp_path
    )
    assert '2 frames deleted' in run_tool('translation_cache', 'clear', '--cache-dir', tmp_path)
    assert [path.read_text() for path in others] == ['mine'] * 2
