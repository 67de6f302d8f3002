# The clients of the bench: wrk, and programs of ours that are told what to do and answer. Sourced by tests/bench/run.

# load ROW SERVER PATH [OPTION OF WRK...]: one run of wrk, one result.
load() {
    local row=$1 server=$2 path=$3 before after said requests usec bad_status broken p99
    before=$(server_cpu "$server")
    said=$(wrk "${clients[@]}" -d1s --latency -s $here/load.lua "${@:4}" "http://127.0.0.1:${server_port[$server]}$path" 2>&1)
    after=$(server_cpu "$server")
    kill -0 "${server_pid[$server]}" 2>/dev/null || die "$server died of it: $(cat "$out/$server.log")"
    read -r requests usec bad_status broken p99 < <(sed -n 's/^bench //p' <<<"$said")
    if [ "${requests:-0}" -eq 0 ]; then
        note "$row" "$server: wrk says: $said"
        return
    fi
    if [ "$row" = not-found ]; then bad_status=$((requests - bad_status)); fi
    if [ $((bad_status + broken)) -gt 0 ]; then
        note "$row" "$server: $bad_status answers of $requests are not what was asked for, $broken connections broke"
    fi
    result "$row" "${server/#limit:*/limit}" "$(awk "BEGIN { print ($after - $before) / $requests / 1000 }")" \
        "$(awk "BEGIN { printf \"%.0f\", $requests / $usec * 1000000 }")"
    if [ "$row" = shapes ]; then result shapes-p99 "$server" "$p99"; fi
}

# in_turn ROW "SERVER..." PATH [OPTION OF WRK...]
in_turn() {
    local row=$1 servers=$2 server round
    wanted "$row" || return
    echo "$row"
    for ((round = 0; round < rounds; round++)); do
        for server in $servers; do load "$row" "$server" "${@:3}"; done
    done
}

# expect STATUS "SERVER..." PATH: every server answers so, or the row would compare different things.
expect() {
    local server got
    for server in $2; do
        case $server in limit:*) continue ;; esac
        got=$(server_status "$server" "$3")
        [ "$got" = "$1" ] || die "$server answers $3 with ${got:-nothing}, not $1"
    done
}

declare -A client_pid client_to client_from

# client_start NAME PROGRAM ARGUMENT...: one of ours, which says "ready" when all its connections are there.
client_start() {
    local name=$1 to from said pipes=$out/$1
    rm -f "$pipes.in" "$pipes.out"
    mkfifo "$pipes.in" "$pipes.out"
    "$bin/$2" "${@:3}" <"$pipes.in" >"$pipes.out" 2>"$pipes.log" &
    client_pid[$name]=$!
    exec {to}>"$pipes.in" {from}<"$pipes.out"
    client_to[$name]=$to client_from[$name]=$from
    said=$(client_hear "$name")
    [ "$said" = ready ] || die "the client $name: ${said:-nothing heard} $(cat "$pipes.log")"
}

client_tell() { echo "${*:2}" >&"${client_to[$1]}"; } 2>/dev/null

client_hear() {
    local line
    IFS= read -r -t 180 -u "${client_from[$1]}" line && echo "$line"
}

# client_stop NAME: its last word, if it has one, is then in $last_word.
client_stop() {
    local to=${client_to[$1]} from=${client_from[$1]}
    client_tell "$1" end
    last_word=$(client_hear "$1")
    exec {to}>&- {from}<&-
    wait "${client_pid[$1]}"
}
