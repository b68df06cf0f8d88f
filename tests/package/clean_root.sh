#!/usr/bin/env bash
# The Debian package in a clean Debian: makes a minimal root with debootstrap, installs the package
# with what it depends on, and runs the quickstart there. As root, with network; minutes.
#
#     tests/package/clean_root.sh [FOLDER]     the root (default: a temporary one); not removed if given
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build
suite=${SUITE:-bookworm}
clean=${1:-$(mktemp -d)/root}

leave() {
    umount -q "$clean/proc" "$clean/sys" "$clean/dev/shm" || true
    [ $# -gt 0 ] || rm -rf --one-file-system "$clean"
}
trap 'leave "$@"' EXIT

cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$build" -j "$(nproc)" >/dev/null
cpack -G DEB --config "$build/CPackConfig.cmake" -B "$build"
[ -d "$clean/usr" ] || debootstrap --variant=minbase "$suite" "$clean" >/dev/null
cp "$build"/reslice_*.deb "$clean/tmp/"
cp /etc/resolv.conf "$clean/etc/"
mkdir -p "$clean/dev/shm"
mount --bind /proc "$clean/proc"
mount --bind /sys "$clean/sys"
mount -t tmpfs tmpfs "$clean/dev/shm" # where ranks meet
chroot "$clean" sh -ec '
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    apt-get -q -y install --no-install-recommends /tmp/reslice_*.deb dataset-fashion-mnist
    cd /tmp
    reslice --version
    ! command -v gcc
    /usr/share/reslice/experiments/quickstart.sh --fresh
    reslice crossbar results/quickstart/bitslice.h5 --quick --samples 500 --test 500'
