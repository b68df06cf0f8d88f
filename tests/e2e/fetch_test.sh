#!/bin/sh
# data/fetch.sh against a server on this machine, once with each of curl and wget that is here.
# One line a case; the last line is "N passed, M failed".
# shellcheck disable=SC2317,SC2181 # the cases are called through their names, under set -e
set -u
export no_proxy=127.0.0.1

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
fetch=$here/../../data/fetch.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/fetch_test.XXXXXX")
server=''
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# ---- the server: files of $work/www; it logs every request; `mode` makes it misbehave ----

cat >"$work/server.py" <<'END'
import http.server, os, re, sys

work = sys.argv[1]

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        mode_file = os.path.join(work, "mode")
        mode = open(mode_file).read().strip() if os.path.exists(mode_file) else ""
        asked = self.headers.get("Range")
        with open(os.path.join(work, "log"), "a") as log:
            log.write(f"{self.path} {asked or 'whole'}\n")
        path = os.path.join(work, "www") + self.path
        if not os.path.isfile(path):
            return self.send_error(404)
        data = open(path, "rb").read()
        start = int(re.match(r"bytes=(\d+)-$", asked)[1]) if asked and mode != "no-ranges" else 0
        if start and start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if mode == "cut-once":
            os.remove(mode_file)
        end = (start + len(data)) // 2 if mode.startswith("cut") else len(data)
        self.wfile.write(data[start:end])

    def log_message(self, *args):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(os.path.join(work, "port.new"), "w") as file:
    file.write(str(server.server_port))
os.rename(os.path.join(work, "port.new"), os.path.join(work, "port"))
server.serve_forever()
END

start_server() {
    python3 "$work/server.py" "$work" &
    server=$!
    for _ in $(seq 100); do
        if [ -f "$work/port" ]; then
            url=http://127.0.0.1:$(cat "$work/port")
            return
        fi
        sleep 0.1
    done
    echo "the server did not start"
    exit 1
}

# ---- what it serves: random bytes under the names of the real files ----

images=train-images-idx3-ubyte.gz
labels=train-labels-idx1-ubyte.gz
tarball=cifar-10-binary.tar.gz

make_files() {
    mkdir -p "$work/www/good" "$work/www/bad" "$work/cifar-10-batches-bin"
    for file in "$images" "$labels"; do
        head -c 100000 /dev/urandom >"$work/www/good/$file"
        head -c 100000 /dev/urandom >"$work/www/bad/$file"
    done
    for i in 1 2 3 4 5; do
        head -c 20000 /dev/urandom >"$work/cifar-10-batches-bin/data_batch_$i.bin"
    done
    head -c 20000 /dev/urandom >"$work/cifar-10-batches-bin/test_batch.bin"
    tar -C "$work" -czf "$work/www/good/$tarball" cifar-10-batches-bin
    head -c 50000 "$work/www/good/$tarball" >"$work/www/bad/$tarball"
    {
        sum md5 "$images" "mnist/$images"
        sum sha256 "$labels" "mnist/$labels"
        sum sha256 "$tarball" "$tarball"
    } >"$work/sums"
}

# sum ALGORITHM FILE PATH: a line of the checksum list.
sum() {
    echo "$1 $("$1sum" <"$work/www/good/$2" | cut -d ' ' -f 1) $3"
}

# ---- helpers of the cases ----

# run STATUS ARGUMENT...: fetch.sh must end with this status; its words go to $dir.out.
run() {
    want=$1 got=0
    shift
    RESLICE_FETCH_SUMS=$work/sums PATH=$client_path "$fetch" "$@" >"$dir.out" 2>&1 || got=$?
    cat "$dir.out"
    [ "$got" -eq "$want" ] || {
        echo "status $got instead of $want"
        return 1
    }
}

same() {
    cmp "$1" "$2"
}

absent() {
    for path; do
        [ ! -e "$path" ] || {
            echo "$path exists"
            return 1
        }
    done
}

says() {
    grep -q -- "$1" "$dir.out"
}

# requests N: the server has seen so many since the last call of forget.
requests() {
    [ "$(wc -l <"$work/log")" -eq "$1" ] || {
        cat "$work/log"
        return 1
    }
}

forget() {
    : >"$work/log"
}

# asked PATH RANGE: the server has seen this request.
asked() {
    grep -qx "$1 $2" "$work/log" || {
        cat "$work/log"
        return 1
    }
}

half_part() {
    mkdir -p "$dir/mnist"
    head -c 50000 "$work/www/$1/$images" >"$dir/mnist/$images.part"
}

both_there() {
    same "$dir/mnist/$images" "$work/www/good/$images"
    same "$dir/mnist/$labels" "$work/www/good/$labels"
    absent "$dir/mnist/$images.part" "$dir/mnist/$labels.part"
}

# ---- the cases: each in a fresh $dir, under set -e ----

all_files() {
    run 0 mnist --mirror "$url/good" "$dir"
    both_there
    requests 2
}

second_run_downloads_nothing() {
    run 0 mnist --mirror "$url/good/" "$dir/"
    forget
    run 0 mnist "$dir" --mirror "$url/good"
    requests 0
    both_there
}

half_part_is_resumed() {
    half_part good
    run 0 mnist --mirror "$url/good" "$dir"
    asked "/good/$images" bytes=50000-
    both_there
}

half_part_without_range_support() {
    half_part good
    echo no-ranges >"$work/mode"
    run 0 mnist --mirror "$url/good" "$dir"
    both_there
}

whole_part_is_only_renamed() {
    mkdir -p "$dir/mnist"
    cp "$work/www/good/$images" "$dir/mnist/$images.part"
    run 0 mnist --mirror "$url/good" "$dir"
    both_there
    requests 1
}

foreign_part_is_thrown_away() {
    half_part bad
    run 0 mnist --mirror "$url/good" "$dir"
    asked "/good/$images" whole
    both_there
}

long_foreign_part_is_thrown_away() {
    mkdir -p "$dir/mnist"
    head -c 120000 /dev/urandom >"$dir/mnist/$images.part"
    run 0 mnist --mirror "$url/good" "$dir"
    both_there
}

wrong_file_is_replaced() {
    mkdir -p "$dir/mnist"
    cp "$work/www/bad/$images" "$dir/mnist/$images"
    run 0 mnist --mirror "$url/good" "$dir"
    both_there
}

corrupt_on_server() {
    run 1 mnist --mirror "$url/bad" "$dir"
    absent "$dir/mnist/$images" "$dir/mnist/$images.part"
    says "$images: wrong md5 checksum"
    says "expected $(md5sum <"$work/www/good/$images" | cut -d ' ' -f 1)"
    says "found $(md5sum <"$work/www/bad/$images" | cut -d ' ' -f 1)"
}

not_on_server() {
    run 1 mnist --mirror "$url/nowhere" "$dir"
    absent "$dir/mnist/$images" "$dir/mnist/$images.part"
    says "$images: not downloaded"
    requests 1
}

not_on_server_keeps_the_part() {
    half_part good
    run 1 mnist --mirror "$url/nowhere" "$dir"
    run 0 mnist --mirror "$url/good" "$dir"
    asked "/good/$images" bytes=50000-
    both_there
}

connection_cut_once() {
    echo cut-once >"$work/mode"
    run 0 mnist --mirror "$url/good" "$dir"
    asked "/good/$images" whole
    asked "/good/$images" bytes=50000-
    both_there
}

connection_cut_always_then_next_run() {
    echo cut-always >"$work/mode"
    run 1 mnist --mirror "$url/good" "$dir"
    absent "$dir/mnist/$images"
    [ -s "$dir/mnist/$images.part" ]
    had=$(wc -c <"$dir/mnist/$images.part")
    rm "$work/mode"
    run 0 mnist --mirror "$url/good" "$dir"
    asked "/good/$images" "bytes=$had-"
    both_there
}

no_server() {
    run 1 mnist --mirror http://127.0.0.1:1 "$dir"
    absent "$dir/mnist/$images" "$dir/mnist/$images.part"
}

tarball_is_unpacked() {
    run 0 cifar10 --mirror "$url/good" "$dir"
    for file in "$work"/cifar-10-batches-bin/*.bin; do
        same "$file" "$dir/cifar-10-batches-bin/${file##*/}"
    done
    [ "$(ls -A "$dir")" = cifar-10-batches-bin ] # neither tarball nor temporary folder
    forget
    run 0 cifar10 --mirror "$url/good" "$dir"
    requests 0
}

half_tarball_is_resumed() {
    mkdir -p "$dir"
    head -c 50000 "$work/www/good/$tarball" >"$dir/$tarball.part"
    run 0 cifar10 --mirror "$url/good" "$dir"
    asked "/good/$tarball" bytes=50000-
}

damaged_unpacked_file_is_repaired() {
    run 0 cifar10 --mirror "$url/good" "$dir"
    echo x >"$dir/cifar-10-batches-bin/test_batch.bin"
    run 0 cifar10 --mirror "$url/good" "$dir"
    same "$work/cifar-10-batches-bin/test_batch.bin" "$dir/cifar-10-batches-bin/test_batch.bin"
    [ "$(ls -A "$dir")" = cifar-10-batches-bin ]
}

corrupt_tarball() {
    run 1 cifar10 --mirror "$url/bad" "$dir"
    [ -z "$(ls -A "$dir")" ]
}

foreign_folder_is_left_alone() {
    mkdir -p "$dir/cifar-10-batches-bin"
    echo mine >"$dir/cifar-10-batches-bin/test_batch.bin"
    run 1 cifar10 --mirror "$url/good" "$dir"
    [ "$(cat "$dir/cifar-10-batches-bin/test_batch.bin")" = mine ]
    requests 0
}

wrong_usage() {
    run 2
    run 2 mnist
    run 2 nonsense "$dir"
    says "allowed are mnist, fashion-mnist, cifar10"
    run 2 mnist "$dir" more
    run 2 mnist "$dir" --mirror
    run 2 mnist --nonsense "$dir"
    absent "$dir"
}

# The list that the script carries names every file that reslice reads, with well-formed sums.
built_in_list() {
    sed -n 's/^\(md5\|sha256\) //p' "$fetch" >"$dir.list"
    for set in mnist fashion-mnist; do
        for file in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
            grep -Eqx "[0-9a-f]{32} $set/$file-ubyte.gz" "$dir.list"
        done
    done
    grep -Eqx "[0-9a-f]{64} $tarball" "$dir.list"
    grep -Eqx "[0-9a-f]{32} cifar-100-binary.tar.gz" "$dir.list"
    [ "$(wc -l <"$dir.list")" -eq 10 ]
}

# ---- running them ----

passed=0 failed=0

try() {
    dir=$work/$client/$1
    mkdir -p "$work/$client"
    rm -f "$work/mode"
    forget
    (
        set -e
        "$1"
    ) >"$work/words" 2>&1
    if [ $? -eq 0 ]; then # not "if (…)": that would switch set -e off inside
        passed=$((passed + 1))
        echo "ok     $client: $1"
    else
        failed=$((failed + 1))
        echo "FAILED $client: $1"
        sed 's/^/       | /' "$work/words"
    fi
}

# A PATH with the tools that fetch.sh needs and one of the two clients.
make_path() {
    client_path=$work/$client-bin
    mkdir -p "$client_path"
    for tool in sh cat cut head mkdir mktemp mv rm sed sleep tar gzip md5sum sha256sum "$client"; do
        ln -s "$(command -v "$tool")" "$client_path/$tool"
    done
}

make_files
start_server
for client in curl wget; do
    command -v "$client" >/dev/null || continue
    make_path
    for name in all_files second_run_downloads_nothing half_part_is_resumed \
        half_part_without_range_support whole_part_is_only_renamed foreign_part_is_thrown_away \
        long_foreign_part_is_thrown_away wrong_file_is_replaced corrupt_on_server not_on_server \
        not_on_server_keeps_the_part connection_cut_once connection_cut_always_then_next_run \
        no_server tarball_is_unpacked half_tarball_is_resumed damaged_unpacked_file_is_repaired \
        corrupt_tarball foreign_folder_is_left_alone wrong_usage built_in_list; do
        try "$name"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
