# The rows that are CPU time a request. Sourced by tests/bench/run.

rows_of_work() {
    row_hello_2
    rows_of_files
    row_threads
    rows_of_crowds
}

row_hello_2() {
    wanted hello-2 || return
    servers_start 2 limit:hello.html hellod "${peers[@]}"
    in_turn hello-2 "limit:hello.html hellod ${peers[*]}" /hello.html
    servers_stop
}

# The limit has a thread a CPU, the cheapest it can have; the others have what hellod is shipped with.
rows_of_files() {
    local ours=hellod path
    wanted hello-4 pipelined file-10k file-1m small-files connections not-modified not-found || return
    if has_access_log; then ours='hellod hellod:access-log'; fi
    servers_start "$cpus" limit:{hello.html,10k.bin,1m.bin}
    servers_start "$threads" $ours "${peers[@]}"
    for path in /hello.html /10k.bin /1m.bin /small/00/00.html; do expect 200 "$ours ${peers[*]}" $path; done
    expect 404 "hellod ${peers[*]}" /nothing.html

    in_turn hello-4 "limit:hello.html $ours ${peers[*]}" /hello.html
    BENCH_MODE='pipelined 16' in_turn pipelined "limit:hello.html hellod ${peers[*]}" /hello.html
    in_turn file-10k "limit:10k.bin hellod ${peers[*]}" /10k.bin
    in_turn file-1m "limit:1m.bin hellod ${peers[*]}" /1m.bin
    BENCH_MODE='random 10000' in_turn small-files "hellod ${peers[*]}" /
    in_turn connections "hellod ${peers[*]}" /hello.html -H 'Connection: close'
    row_not_modified
    in_turn not-found "hellod ${peers[*]}" /nothing.html
    servers_stop
}

# Each server is asked by its own entity tag.
row_not_modified() {
    local server tag round able=()
    declare -A tags
    wanted not-modified || return
    for server in hellod "${peers[@]}"; do
        tag=$(server_field "$server" /hello.html ETag)
        if [ -n "$tag" ] && [ "$(server_status "$server" /hello.html "If-None-Match: $tag")" = 304 ]; then
            able+=("$server") tags[$server]=$tag
        else
            note not-modified "$server was left out: it has no 304 for If-None-Match"
        fi
    done
    echo not-modified
    for ((round = 0; round < rounds; round++)); do
        for server in "${able[@]}"; do load not-modified "$server" /hello.html -H "If-None-Match: ${tags[$server]}"; done
    done
}

row_threads() {
    wanted threads-64 || return
    server_start hellod "$threads"
    server_start hellod:64-threads 64
    in_turn threads-64 "hellod hellod:64-threads" /hello.html
    servers_stop
}

# As many connections as the row wants, or as the limit of open files lets hellod take: it keeps two for each.
rows_of_crowds() {
    local crowd=20000 most=$((($(ulimit -n) - 500) / 2))
    wanted crowd || return
    if [ $most -lt $crowd ]; then
        note crowd "$most connections instead of $crowd: the limit of open files is $(ulimit -n) here"
        crowd=$most
    fi
    servers_start "$threads" hellod hellod:crowd
    server_start limit:hello.html "$cpus"
    # The limit has patience without end; hellod closes who is idle for long.
    client_start limit crowd "${server_port[limit:hello.html]}" /hello.html $crowd
    client_start hellod:crowd crowd "${server_port[hellod:crowd]}" /hello.html $crowd
    in_turn crowd "hellod hellod:crowd" /hello.html
    busy_crowds crowd-busy limit:hello.html limit hellod:crowd hellod:crowd
    client_stop hellod:crowd
    client_stop limit
    servers_stop
}

# busy_crowds ROW SERVER CROWD [SERVER CROWD]...: all connections of a crowd ask at once, for a second.
busy_crowds() {
    local row=$1 round pairs
    echo "$row"
    for ((round = 0; round < rounds; round++)); do
        pairs=("${@:2}")
        while [ ${#pairs[@]} -gt 0 ]; do
            busy_crowd "$row" "${pairs[0]}" "${pairs[1]}"
            pairs=("${pairs[@]:2}")
        done
    done
}

busy_crowd() {
    local before after requests nsec
    before=$(server_cpu "$2")
    client_tell "$3" run 1
    read -r _ requests nsec < <(client_hear "$3")
    after=$(server_cpu "$2")
    if [ "${requests:-0}" -eq 0 ]; then
        note "$1" "${2%%:*}: $(cat "$out/$3.log")"
        return
    fi
    result "$1" "${2%%:*}" "$(awk "BEGIN { print ($after - $before) / $requests / 1000 }")" \
        "$(awk "BEGIN { printf \"%.0f\", $requests / $nsec * 1e9 }")"
}
