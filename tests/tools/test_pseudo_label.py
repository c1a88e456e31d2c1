"""tools/pseudo_label.py: what it says of a wrong command line."""

import tiny


def test_a_dataset_that_the_config_does_not_have(tmp_path, run_tool):
    config = tiny.REPO / 'mmseg_configs/unet/unet_w16_250_game2camera-96x160.py'
    said = run_tool(
        'pseudo_label', config, tmp_path / 'no.pth', tmp_path / 'out', '--dataset', 'nothing'
    )
    assert "has no dataset 'nothing' with a pipeline" in said
    tiny.assert_one_sentence(said)
