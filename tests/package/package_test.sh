#!/usr/bin/env bash
# cmake --install puts everything in its place, and what is there works on its own; the Debian package
# has the same files and asks for the libraries that the program needs.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/common.sh"
unset RESLICE_DATA # as a user has it
build=$(dirname "$reslice")
prefix=$work/prefix

files='bin/reslice share/bash-completion/completions/reslice
    share/reslice/experiments/quickstart.sh share/reslice/experiments/quickstart.yaml
    share/reslice/experiments/pack_images.py share/reslice/experiments/load_crossbars.py share/reslice/jobs/table.sh
    share/reslice/jobs/train.sbatch share/reslice/jobs/modulefile share/reslice/jobs/package.py
    share/reslice/data/fetch.sh share/doc/reslice/README.md share/doc/reslice/manual.md
    share/doc/reslice/formats.md share/doc/reslice/copyright'

installs() {
    local file
    cmake --install "$build" --prefix "$prefix"
    for file in $files; do
        [ -s "$prefix/$file" ] || {
            echo "not installed: $file"
            return 1
        }
    done
    for file in "$root"/experiments/*.{yaml,py} "$root"/jobs/*; do
        file=${file#"$root"/}
        cmp "$root/$file" "$prefix/share/reslice/$file"
        [ ! -x "$root/$file" ] || [[ $file == *.sbatch ]] || [ -x "$prefix/share/reslice/$file" ]
    done
    ls "$prefix"/share/man/man1/reslice.1*
}

# Nothing of the source is looked for.
works_alone() {
    export PATH=$prefix/bin:$PATH
    cd "$work"
    [ "$(command -v reslice)" = "$prefix/bin/reslice" ]
    reslice --version
    reslice train "$prefix/share/reslice/experiments/quickstart.yaml" --list | grep -c missing
    "$prefix/share/reslice/jobs/table.sh" --dry-run \
        "$prefix/share/reslice/experiments/quickstart.yaml" >"$work/jobs"
    grep -q "^sbatch .*$prefix/share/reslice/jobs/train.sbatch" "$work/jobs"
    # the whole quickstart, with next to nothing to train
    sed 's/epochs: [0-9]*/epochs: 1/; s/validation: 5000/validation: 50, train: 500, test: 50/' \
        "$root/experiments/quickstart.yaml" >"$prefix/share/reslice/experiments/quickstart.yaml"
    "$prefix/share/reslice/experiments/quickstart.sh" | tee "$work/quickstart.log"
    grep -q '^bitslice ' "$work/quickstart.log"
    [ -s "$work/results/quickstart/bitslice.h5" ]
    ! grep -q 'building' "$work/quickstart.log"
}

module_file() {
    grep -q '^#%Module' "$root/jobs/modulefile"
    python3 -m py_compile "$root/jobs/package.py"
    rm -rf "$root/jobs/__pycache__"
    local modulecmd
    modulecmd=$(command -v modulecmd ||
        find /usr/lib /usr/share/modules -name modulecmd.tcl -print -quit 2>/dev/null) || true
    if [ -z "$modulecmd" ]; then
        echo "not tried: there is no modulecmd"
        return
    fi
    mkdir -p "$work/modules/reslice"
    sed "s|^set prefix .*|set prefix $prefix|; s|^set dependencies .*|set dependencies {}|" \
        "$root/jobs/modulefile" >"$work/modules/reslice/test"
    MODULEPATH=$work/modules "$modulecmd" bash load reslice/test >"$work/module"
    (
        eval "$(cat "$work/module")"
        [ "$(command -v reslice)" = "$prefix/bin/reslice" ]
    )
}

debian_package() {
    if ! command -v dpkg-shlibdeps >/dev/null; then
        echo "not tried: there is no dpkg-shlibdeps"
        return
    fi
    cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/package"
    local package file
    package=$(ls "$work"/package/*.deb)
    dpkg-deb -c "$package" | tee "$work/contents"
    for file in $files share/man/man1/reslice.1.gz; do
        grep -q " \./usr/$file\$" "$work/contents"
    done
    # nothing that is not in a place of its own, nobody else's
    awk '$6 !~ "^\\./usr/" || $2 != "root/root"' "$work/contents" | tee "$work/strange"
    [ ! -s "$work/strange" ]
    dpkg-deb -f "$package" Depends | tee "$work/depends"
    for file in openmpi-bin libopenmpi libhdf5-openmpi libopenblas libyaml zlib1g libc6; do
        grep -q "$file" "$work/depends"
    done
}

check "installed files" installs
check "what is installed works alone" works_alone
check "the module file" module_file
check "the Debian package" debian_package
finish
