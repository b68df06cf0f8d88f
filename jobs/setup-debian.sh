#!/usr/bin/env bash
# Installs what is missing to build and run reslice; with --tests also what its tests need, with
# --slurm what jobs/local-slurm.sh needs (starts nothing).
#
#     jobs/setup-debian.sh [--tests] [--slurm]
#
# For Debian and Ubuntu. When nothing is missing it does nothing and prints nothing. Where it cannot
# install (no apt-get, or neither root nor sudo) it looks for the tools themselves, which may come
# from cluster modules, and says what is missing.
set -euo pipefail

# "a|b": any of them will do, a is installed.
needed='gcc libc6-dev make cmake pkg-config|pkgconf libopenmpi-dev openmpi-bin
    libhdf5-openmpi-dev libopenblas-serial-dev|libopenblas-pthread-dev|libopenblas-openmp-dev
    zlib1g-dev libyaml-dev libprotobuf-c-dev protobuf-c-compiler' # the last two: users may do without
needed_by_tests='libcmocka-dev clang git curl|wget hdf5-tools python3 python3-numpy python3-h5py
    python3-xarray python3-h5netcdf python3-netcdf4 python3-matplotlib python3-pil
    groff-base man-db gnuplot-nox|gnuplot-qt|gnuplot-x11' # gnuplot: users may do without
needed_by_slurm='slurmctld slurmd slurm-client munge libpmix-dev' # srun opens libpmix.so

say() {
    echo "setup: $*" >&2
}

# ---- Debian packages ----

# Prints the packages to install.
missing_packages() {
    local installed package
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n')
    for package; do
        grep -Eqx "installed (${package//./\\.})" <<<"$installed" || echo "${package%%|*}"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null
}

# What there is without the package, if its lack is no reason to stop.
instead_of() {
    case $1 in
        dataset-fashion-mnist) echo "instead: data/fetch.sh fashion-mnist data" ;;
        libclang-rt-14-dev) echo "tests/fuzz needs clang's fuzzer runtime, in whatever package it is" ;;
        *) return 1 ;;
    esac
}

# Not every distribution has every package.
without_unknown() {
    local package hint
    for package; do
        if hint=$(instead_of "$package") && ! apt-cache show "$package" >/dev/null 2>&1; then
            say "this distribution has no package $package; $hint"
        else
            echo "$package"
        fi
    done
}

install_packages() {
    local log packages
    log=$(mktemp)
    say "installing $*"
    as_root apt-get -q update >"$log" 2>&1 ||
        say "apt-get update has failed; going on with the lists that are here"
    mapfile -t packages < <(without_unknown "$@")
    if [ ${#packages[@]} -gt 0 ] &&
        ! as_root apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends \
            "${packages[@]}" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        say "apt-get has failed (its words are above)"
        return 1
    fi
    rm -f "$log"
}

# Debian 12 has clang's fuzzer runtime in a package of its own, others with clang.
clang_can_fuzz() {
    echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
        clang -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null
}

# ---- the tools themselves, wherever they come from ----

python_can_import() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c "import $1" 2>/dev/null; then
            return 0
        fi
    done
    return 1
}

# Prints what is not there.
missing_tools() {
    local what
    for what in cc make cmake pkg-config mpicc mpirun h5pcc; do
        command -v "$what" >/dev/null || echo "$what"
    done
    for what in openblas yaml-0.1 zlib; do
        pkg-config --exists "$what" 2>/dev/null || echo "$what (for pkg-config)"
    done
    if $with_slurm; then
        for what in slurmctld slurmd munged sbatch; do
            command -v "$what" >/dev/null || echo "$what"
        done
    fi
    if ! $with_tests; then
        return
    fi
    pkg-config --exists cmocka 2>/dev/null || echo "cmocka (for pkg-config)"
    command -v h5diff >/dev/null || echo h5diff
    command -v gnuplot >/dev/null || echo gnuplot
    python_can_import 'numpy, h5py, xarray, matplotlib' ||
        echo "python3 with numpy, h5py, xarray and matplotlib"
}

use_what_is_there() {
    local tools
    tools=$(missing_tools | paste -sd ';' | sed 's/;/; /g')
    if [ -z "$tools" ]; then
        return 0
    fi
    say "missing: $tools"
    if [ $# -gt 0 ]; then
        say "this needs root or sudo; an administrator can run"
        say "    apt-get install --no-install-recommends $*"
    fi
    say "on a cluster, load the modules of MPI, parallel HDF5, OpenBLAS and CMake (see README)"
    return 1
}

with_tests=false with_slurm=false
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ ! -d "$root/data/fashion-mnist" ] && [ ! -d "${RESLICE_DATA:-}/fashion-mnist" ]; then
    needed="$needed dataset-fashion-mnist"
fi
for argument; do
    case $argument in
        --tests)
            with_tests=true
            needed="$needed $needed_by_tests"
            clang_can_fuzz || needed="$needed libclang-rt-14-dev"
            ;;
        --slurm)
            with_slurm=true
            needed="$needed $needed_by_slurm"
            ;;
        *)
            say "usage: jobs/setup-debian.sh [--tests] [--slurm]"
            exit 2
            ;;
    esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    use_what_is_there
    exit
fi
# shellcheck disable=SC2086 # a list of words
mapfile -t missing < <(missing_packages $needed)
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
elif can_be_root; then
    install_packages "${missing[@]}"
else
    use_what_is_there "${missing[@]}"
fi
