#!/usr/bin/env bash
# Trains a SemGAN under Slurm: tools/slurm_train.sh PARTITION JOB_NAME CONFIG [ARGS of train_semgan.py]
# GPUS (8 in all), GPUS_PER_NODE (8), CPUS_PER_TASK (5) and SRUN_ARGS as in mmseg's script.
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG [ARGS of tools/train_semgan.py]" >&2
    exit 2
fi
PARTITION=$1
JOB_NAME=$2
CONFIG=$3
GPUS=${GPUS:-8}
GPUS_PER_NODE=${GPUS_PER_NODE:-8}
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2086  # SRUN_ARGS are several words
PYTHONPATH="$HERE/..:${PYTHONPATH:-}" \
exec srun -p "$PARTITION" \
    --job-name="$JOB_NAME" \
    --gres="gpu:$((GPUS < GPUS_PER_NODE ? GPUS : GPUS_PER_NODE))" \
    --ntasks="$GPUS" \
    --ntasks-per-node="$((GPUS < GPUS_PER_NODE ? GPUS : GPUS_PER_NODE))" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} \
    python -u "$HERE/train_semgan.py" "$CONFIG" --launcher slurm "${@:4}"
