#!/usr/bin/env bash
# The layers main > run > {nn, method, data} > hw > base: an include may go down, never up or
# sideways; and each outside library has its place.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# wrong_includes SRC: prints every include that breaks a rule; the status says whether there is one.
wrong_includes() {
    (cd "$1" && find . -name '*.[ch]' | sort | sed 's|^\./||' | xargs grep -Hn '^ *# *include') |
        awk -F: '
        function level(layer) {
            if (layer == "base") return 1
            if (layer == "hw") return 2
            if (layer == "nn" || layer == "method" || layer == "data") return 3
            return layer == "run" ? 4 : 0
        }
        function wrong(why) {
            print $1 ":" $2 ": " $3 ": " why
            bad = 1
        }
        {
            own = index($1, "/") ? substr($1, 1, index($1, "/") - 1) : "main"
            match($3, /[<"][^>"]*[>"]/)
            name = substr($3, RSTART + 1, RLENGTH - 2)
            is_own = substr($3, RSTART, 1) == "\""
        }
        is_own && name == "commit.h" && $1 == "result/provenance.c" {
            next # made by the build
        }
        is_own {
            other = substr(name, 1, index(name, "/") - 1)
            if (level(other) == 0)
                wrong("not LAYER/NAME.h of a known layer")
            else if (own != "main" && other != own && level(other) >= level(own))
                wrong("goes up or sideways, from " own " to " other)
            next
        }
        name ~ /^mpi/ && $1 != "base/comm.c" && $1 != "store/store.c" {
            wrong("MPI belongs to base/comm.c and store/store.c")
        }
        name ~ /^hdf5|^H5/ && $1 !~ /^run\/store[a-z_]*\.[ch]$/ {
            wrong("HDF5 belongs to run/store")
        }
        name ~ /cblas|openblas/ && $1 !~ /^nn\// && $1 !~ /^run\/(provenance|command_bench)\.c$/ {
            wrong("BLAS belongs to nn, provenance and bench")
        }
        END { exit !bad }'
}

# is_noticed FILE INCLUDE: that line in a copy of the sources must be found, and nothing else.
is_noticed() {
    rm -rf "$work/src"
    cp -r "$root/src" "$work/src"
    echo "#include $2" >>"$work/src/$1"
    wrong_includes "$work/src" >"$work/wrong"
    cat "$work/wrong"
    [ "$(wc -l <"$work/wrong")" -eq 1 ] && grep -q "^$1:" "$work/wrong"
}

check "no include breaks a rule" fails wrong_includes "$root/src"
while read -r file include; do
    check "noticed: $include in $file" is_noticed "$file" "$include"
done <<'END'
base/log.c "hw/adc.h"
hw/adc.c "store/store.h"
hw/adc.c "nn/op.h"
method/l1.c "nn/network.h"
nn/loss.c "method/penalty.h"
nn/loss.c "data/dataset.h"
nn/loss.c "store/store.h"
cli/cli.c "main.h"
cli/cli.c "cli.h"
cli/cli.c <mpi.h>
nn/network.h <hdf5.h>
main.c <hdf5_hl.h>
hw/crossbar.c <cblas.h>
END
finish
