#!/bin/sh
# Fetches a data set: data/fetch.sh NAME [--mirror URL] DIR
#
#   NAME           mnist, fashion-mnist, cifar10 or cifar100
#   --mirror URL   take the files from URL/FILE instead of their public homes
#   DIR            data folder; reslice finds it through --data DIR or RESLICE_DATA=DIR
#
# Needs curl or wget. Makes DIR/mnist/*.gz, DIR/fashion-mnist/*.gz, DIR/cifar-10-batches-bin/*.bin
# or DIR/cifar-100-binary/*.bin.
# A download is FILE.part until its checksum is right; a broken one is resumed by the next call.
# Files that are there and right are left alone.
# Status: 0 all files are there and right; 1 download or checksum failed; 2 wrong usage.
#
# For tests: RESLICE_FETCH_SUMS=FILE replaces the checksums below, and with them the list of files
# (lines "ALGORITHM HASH PATH", ALGORITHM md5 or sha256, PATH below DIR).
set -eu

attempts=3 # for each home, when the connection breaks

sums() {
    if [ -n "${RESLICE_FETCH_SUMS:-}" ]; then
        cat "$RESLICE_FETCH_SUMS"
        return
    fi
    cat <<'END'
md5 f68b3c2dcbeaaa9fbdd348bbdeb94873 mnist/train-images-idx3-ubyte.gz
md5 d53e105ee54ea40749a09fcbcd1e9432 mnist/train-labels-idx1-ubyte.gz
md5 9fb629c4189551a2d022fa330f9573f3 mnist/t10k-images-idx3-ubyte.gz
md5 ec29112dd5afa0611ce80d1b7f02629c mnist/t10k-labels-idx1-ubyte.gz
md5 8d4fb7e6c68d591d4c3dfef9ec88bf0d fashion-mnist/train-images-idx3-ubyte.gz
md5 25c81989df183df01b3e8a0aad5dffbe fashion-mnist/train-labels-idx1-ubyte.gz
md5 bef4ecab320f06d8554ea6380940ec79 fashion-mnist/t10k-images-idx3-ubyte.gz
md5 bb300cfdad3c16e7a12a480ee83cd310 fashion-mnist/t10k-labels-idx1-ubyte.gz
sha256 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd cifar-10-binary.tar.gz
md5 03b5dce01913d631647c71ecec9e9cb8 cifar-100-binary.tar.gz
END
}

# The public homes of a set, best first.
homes() {
    case $1 in
    mnist)
        echo https://ossci-datasets.s3.amazonaws.com/mnist
        echo https://storage.googleapis.com/cvdf-datasets/mnist
        ;;
    fashion-mnist)
        echo http://fashion-mnist.s3-website.eu-central-1.amazonaws.com
        echo https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion
        ;;
    cifar10 | cifar100)
        echo https://www.cs.toronto.edu/~kriz
        ;;
    esac
}

say() {
    echo "fetch.sh: $*"
}

die() {
    say "$*" >&2
    exit 1
}

usage() {
    say "$*" >&2
    echo "usage: data/fetch.sh mnist|fashion-mnist|cifar10|cifar100 [--mirror URL] DIR" >&2
    exit 2
}

# hash_of md5|sha256 FILE
hash_of() {
    "$1sum" <"$2" | cut -d ' ' -f 1
}

# is_right FILE ALGORITHM HASH
is_right() {
    [ -f "$1" ] && [ "$(hash_of "$2" "$1")" = "$3" ]
}

# The three downloads below give back: 0 complete, 1 broken (worth another attempt),
# 2 refused (another attempt will not help), 3 refused to go on in the middle.

# curl_rest URL FILE: gets what is missing of FILE.
curl_rest() {
    code=0
    # shellcheck disable=SC2086 # several words
    http=$(curl --fail --location $curl_progress --connect-timeout 30 --speed-limit 100 \
        --speed-time 60 --continue-at - --write-out '%{http_code}' --output "$2" "$1") || code=$?
    case $code-$http in
    0-*) return 0 ;;
    33-* | 36-* | 22-416) return 3 ;;
    22-5*) return 1 ;;
    22-* | 23-*) return 2 ;; # HTTP error, cannot write
    *) return 1 ;;
    esac
}

# wget_rest URL FILE: the same; a server that cannot go on in the middle makes it start again.
wget_rest() {
    code=0
    # shellcheck disable=SC2086 # several words
    wget $wget_progress --tries=1 --timeout=60 --continue --output-document="$2" "$1" || code=$?
    case $code in
    0) return 0 ;;
    3 | 8) return 2 ;; # cannot write, HTTP error
    *) return 1 ;;
    esac
}

# download URL FILE: several attempts at one home.
download() {
    attempt=1
    while :; do
        status=0
        "$client" "$1" "$2" || status=$?
        case $status in
        0) return 0 ;;
        2) return 2 ;;
        3) rm -f "$2" ;;
        esac
        [ "$attempt" -lt "$attempts" ] || return 1
        sleep "$attempt"
        attempt=$((attempt + 1))
    done
}

# download_any FILE: tries every home until FILE.part is complete.
download_any() {
    for home in $all_homes; do
        say "$home/${1##*/}"
        if download "$home/${1##*/}" "$1.part"; then
            return 0
        fi
    done
    [ -s "$1.part" ] || rm -f "$1.part"
    return 1
}

# fetch_file FILE ALGORITHM HASH: makes sure that FILE is there and right.
fetch_file() {
    if is_right "$1" "$2" "$3"; then
        say "$1: already there"
        return
    fi
    mkdir -p "${1%/*}"
    if ! is_right "$1.part" "$2" "$3"; then
        resumed=no
        [ ! -s "$1.part" ] || resumed=yes
        download_any "$1" || die "$1: not downloaded; the next call goes on where this one ended"
    fi
    if is_right "$1.part" "$2" "$3"; then
        mv "$1.part" "$1"
        say "$1: ok"
        return
    fi
    found=$(hash_of "$2" "$1.part")
    rm -f "$1.part"
    [ "$resumed" = yes ] || die "$1: wrong $2 checksum: expected $3, found $found; removed it"
    say "$1: the old .part did not fit, starting again"
    fetch_file "$@"
}

# fetch_listed PATTERN: every file of the list whose path matches.
fetch_listed() {
    none=yes
    while read -r algorithm hash path; do
        # shellcheck disable=SC2254 # a pattern
        case $path in
        $1)
            none=no
            command -v "${algorithm}sum" >/dev/null || die "needs ${algorithm}sum"
            fetch_file "$dir/$path" "$algorithm" "$hash"
            ;;
        esac
    done <<END
$(sums)
END
    [ $none = no ] || die "no checksum for $1"
}

# unpack TARBALL FOLDER: puts the tarball's folder of that name in place, whole or not at all.
# The checksums inside let the next call see whether it is still right.
unpack() {
    temp=$(mktemp -d "$dir/.fetch.XXXXXX")
    trap 'rm -rf "$temp"' EXIT
    trap 'exit 1' HUP INT TERM
    tar -xzf "$1" --no-same-owner -C "$temp" || die "$1: cannot unpack"
    new=$temp/${2##*/}
    [ -d "$new" ] || die "$1: has no folder ${2##*/}"
    (cd "$new" && sha256sum ./*.bin >SHA256SUMS) || die "$1: has no .bin files"
    [ ! -e "$2" ] || mv "$2" "$temp/old"
    mv "$new" "$2"
    rm -f "$1"
    say "$2: ok"
}

# fetch_cifar TARBALL FOLDER
fetch_cifar() {
    folder=$dir/$2
    if [ -e "$folder" ]; then
        [ -f "$folder/SHA256SUMS" ] ||
            die "$folder: is not from this script and cannot be checked; move it away first"
        if (cd "$folder" && sha256sum --check --quiet SHA256SUMS); then
            say "$folder: already there"
            return
        fi
        say "$folder: damaged, fetching it again"
    fi
    fetch_listed "$1"
    unpack "$dir/$1" "$folder"
}

name='' dir='' mirror=''
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    --mirror)
        [ $# -ge 2 ] || usage "--mirror needs a URL"
        mirror=${2%/}
        shift
        ;;
    -*) usage "unknown option '$1'" ;;
    *)
        if [ -z "$name" ]; then
            name=$1
        elif [ -z "$dir" ]; then
            dir=${1%/}
        else
            usage "too many arguments: '$1'"
        fi
        ;;
    esac
    shift
done
[ -n "$name" ] || usage "no data set named"
public_homes=$(homes "$name")
[ -n "$public_homes" ] ||
    usage "unknown data set '$name', allowed are mnist, fashion-mnist, cifar10, cifar100"
[ -n "$dir" ] || usage "no folder named"
all_homes=${mirror:-$public_homes}

curl_progress='--silent --show-error' wget_progress=--no-verbose
if [ -t 2 ]; then
    curl_progress=--progress-bar wget_progress='--quiet --show-progress'
fi
if command -v curl >/dev/null; then
    client=curl_rest
elif command -v wget >/dev/null; then
    client=wget_rest
else
    die "needs curl or wget"
fi

case $name in
cifar10) fetch_cifar cifar-10-binary.tar.gz cifar-10-batches-bin ;;
cifar100) fetch_cifar cifar-100-binary.tar.gz cifar-100-binary ;;
*) fetch_listed "$name/*" ;;
esac
