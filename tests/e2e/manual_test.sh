#!/usr/bin/env bash
# Help, manual page and completion say what the tables that parse say.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

mapfile -t commands < <("$reslice" | sed -n 's/^  \([a-z]*\) .*/\1/p')
[ ${#commands[@]} -ge 6 ]
"$reslice" help man >"$work/reslice.1"
"$reslice" help bash >"$work/reslice.bash"
"$reslice" help markdown >"$work/manual.md"

options_of() {
    "$reslice" "$1" --help | sed -n 's/^  \(-[-a-z]*\) .*/\1/p'
}

settings() {
    "$reslice" options --format csv | sed -n 's/^settings,\([a-z_.]*\),.*/\1/p'
}

# Options that --help prints are those that are parsed: each is known, and one more is not.
help_is_complete() {
    local command option
    for command in "${commands[@]}"; do
        "$reslice" "$command" --help >"$work/help"
        grep -q "^usage: reslice $command" "$work/help"
        "$reslice" help "$command" | cmp - "$work/help"
        "$reslice" "$command" --nonsense 2>"$work/err" && return 1
        for option in $(options_of "$command"); do
            grep -qF -e " $option" "$work/err" || {
                echo "$command: $option is not in: $(cat "$work/err")"
                return 1
            }
        done
    done
}

# rows_of COMMAND: a line an option, "--name text", with the rest of its text behind it.
rows_of() {
    "$reslice" "$1" --help | sed -n '/^  -/,$p' | sed -e ':a' -e 'N;$!ba' -e 's/\n \{9,\}/ /g'
}

# What help says about a number, a default or another option is what parsing does.
help_is_true() {
    local command row option range other numbers=0 others=0
    for command in "${commands[@]}"; do
        while IFS= read -r row; do
            option=$(sed 's/^  \(-[-a-z]*\).*/\1/' <<<"$row")
            range=$(sed -n 's/.*[(;] *\(-*[0-9.e]*\.\.[0-9.e]*[0-9]\).*)$/\1/p' <<<"$row")
            if [ -n "$range" ]; then
                numbers=$((numbers + 1))
                "$reslice" "$command" "$option=many" 2>"$work/err" && return 1
                grep -qF -e "$option: value 'many'; allowed: a" "$work/err"
                grep -q -e " number ${range//./\\.}\$" "$work/err" || {
                    echo "$row: $(cat "$work/err")"
                    return 1
                }
            fi
            for other in $(sed -n -e 's/.*(needs \(-[-a-z]*\).*/\1/p' \
                -e 's/.*(not with \(-[-a-z]*\).*/\1/p' <<<"$row"); do
                others=$((others + 1))
                options_of "$command" | grep -xF -e "$other" >"$work/found"
            done
        done < <(rows_of "$command")
    done
    echo "$numbers numbers, $others options that ask for or exclude another"
    [ "$numbers" -ge 20 ] && [ "$others" -ge 15 ]
}

page_is_complete() {
    local command option setting
    for setting in $(settings); do
        grep -qF -e "\\fB$setting = " "$work/reslice.1"
        grep -qF -e "| \`$setting\` |" "$work/manual.md"
    done
    for command in "${commands[@]}"; do
        grep -q "^\\.SS \"$command\"" "$work/reslice.1"
        for option in $(options_of "$command"); do
            grep -qF -e "\\fB${option//-/\\-}\\fR" "$work/reslice.1"
        done
    done
}

page_has_no_warnings() {
    if command -v groff >/dev/null; then
        groff -k -ww -man -Tutf8 "$work/reslice.1" >"$work/page" 2>"$work/warnings"
        cat "$work/warnings"
        [ ! -s "$work/warnings" ]
        [ -s "$work/page" ]
    fi
    if command -v man >/dev/null; then
        LC_ALL=C.UTF-8 man --warnings -l "$work/reslice.1" 2>&1 >"$work/page" |
            tee "$work/warnings"
        [ ! -s "$work/warnings" ]
    fi
}

# completes "WORD…" EXPECTED…: the last word is the one that is being written.
completes() {
    local expected words
    read -ra words <<<"$1"
    [[ "$1" != *' ' ]] || words+=('')
    shift
    # shellcheck disable=SC2016 # for the other bash
    bash -c '. "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _reslice reslice; printf "%s\n" "${COMPREPLY[@]}"' - "$work/reslice.bash" "${words[@]}" |
        tee "$work/completions"
    for expected; do
        grep -qxF -e "$expected" "$work/completions"
    done
}

completion_works() {
    local command option
    completes 'reslice cr' crossbar
    completes 'reslice ' "${commands[@]}"
    for command in "${commands[@]}"; do
        # shellcheck disable=SC2046 # a list of words
        completes "reslice $command -" $(options_of "$command")
    done
    completes 'reslice train x.yaml --set training.ra' training.rate=
    completes 'reslice train x.yaml --set data.name = mn' mnist
    completes 'reslice train x.yaml --set training.nesterov =' true false
    cd "$work" && mkdir -p folder/inside
    completes 'reslice train x.yaml --output fold' folder
    completes 'reslice train x.yaml --task ' ''
}

markdown_table() {
    "$reslice" options --format markdown >"$work/options.md"
    grep -qF '| training.rate |' "$work/options.md"
    [ "$(settings | wc -l)" -ge 35 ]
}

refusals() {
    local status=0
    "$reslice" help nonsense 2>"$work/err" || status=$?
    [ "$status" -eq 2 ]
    grep -q "help: value 'nonsense'; allowed: man, markdown, bash, train" "$work/err"
    "$reslice" options --format nonsense 2>"$work/err" && return 1
    grep -q 'allowed: text, markdown, latex, csv, json' "$work/err"
    status=0
    "$reslice" help man 2>"$work/err" >/dev/full || status=$?
    [ "$status" -eq 3 ]
    grep -q 'standard output: cannot be written' "$work/err"
    "$reslice" --version >"$work/version"
    grep -qE '^reslice [0-9]+\.[0-9]+\.[0-9]+ \(' "$work/version"
}

check "--help of each command is its table" help_is_complete
check "ranges in --help are those of parsing; needed options are there" help_is_true
check "the page has every command, option and setting" page_is_complete
check "the page makes man and groff say nothing" page_has_no_warnings
check "completion of commands, options, settings, choices" completion_works
check "settings as a table" markdown_table
check "refused, in one line; the version" refusals
finish
