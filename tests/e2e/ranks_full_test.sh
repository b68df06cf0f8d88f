#!/usr/bin/env bash
# The same bytes on any number of ranks (ranks.sh): the quick start's data in full, one epoch.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/ranks.sh"

cp "$root/experiments/quickstart.yaml" "$work"
train_on_ranks quickstart --set epochs=1
check_ranks quickstart "quickstart, one epoch"
finish
