#!/usr/bin/env bash
# Trains a SemGAN on several processes: tools/dist_train.sh CONFIG GPUS [ARGS of train_semgan.py]
# Several nodes: NNODES, NODE_RANK, MASTER_ADDR and PORT as in mmseg's script.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG GPUS [ARGS of tools/train_semgan.py]" >&2
    exit 2
fi
CONFIG=$1
GPUS=$2
if ! [[ $GPUS =~ ^[1-9][0-9]*$ ]]; then
    echo "dist_train: GPUS is '$GPUS', but a number from 1 is needed: $0 CONFIG GPUS" >&2
    exit 2
fi
HERE=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH="$HERE/..:${PYTHONPATH:-}" \
exec python -m torch.distributed.run \
    --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="${PORT:-29500}" \
    --nproc_per_node="$GPUS" \
    "$HERE/train_semgan.py" "$CONFIG" --launcher pytorch "${@:3}"
