# The rows that are not CPU time a request: memory, wakeups, latency, the first byte, shapes and jobs. Sourced by
# tests/bench/run.

rows_of_rest() {
    rows_of_memory
    rows_of_wakeups
    row_hostile
    row_first_byte
    rows_of_shapes
}

# Each server alone, as processes of the same program share the memory of its code. Warm, then 4,000 connections more.
rows_of_memory() {
    local server round before after count=4000
    wanted memory || return
    echo memory
    for ((round = 0; round < rest_rounds; round++)); do
        for server in hellod "${peers[@]}"; do
            server_start "$server" "$threads"
            result memory-rest "$server" "$(server_memory "$server" | awk '{ print $1 / 1048576 }')"
            client_start warm crowd "${server_port[$server]}" /hello.html 64
            client_stop warm
            before=$(server_memory "$server")
            client_start many crowd "${server_port[$server]}" /hello.html $count
            after=$(server_memory "$server")
            client_stop many
            result memory-connection "$server" "$(awk "BEGIN { print ($after - $before) / $count }")"
            server_stop "$server"
        done
    done
}

# How often any thread of a server woke up, a second, with nobody connected and with 1,000 who say nothing.
rows_of_wakeups() {
    local server
    wanted wakeups || return
    echo wakeups
    servers_start "$threads" hellod "${peers[@]}"
    wakeups_in wakeups-none
    for server in hellod "${peers[@]}"; do client_start "$server" crowd "${server_port[$server]}" /hello.html 1000; done
    wakeups_in wakeups-idle
    for server in hellod "${peers[@]}"; do client_stop "$server"; done
    servers_stop
}

# The time is a little short of whole seconds: what happens once a second then counts once a second, not once more.
wakeups_in() {
    local server
    declare -A before
    sleep 2 # lint: sleeps, because what was begun shall have settled
    for server in hellod "${peers[@]}"; do before[$server]=$(server_wakeups "$server"); done
    sleep $((rest_seconds - 1)).8 # lint: sleeps, because it measures what happens meanwhile
    for server in hellod "${peers[@]}"; do
        result "$1" "$server" "$(awk "BEGIN { print ($(server_wakeups "$server") - ${before[$server]}) / $rest_seconds }")"
    done
}

# Others ask 2,000 times a second, whether hostile clients are there or not.
row_hostile() {
    local round
    wanted hostile || return
    echo hostile
    server_start hellod "$threads"
    for ((round = 0; round < rest_rounds; round++)); do
        latency hostile hellod:unloaded hellod
        client_start hostile hostile "${server_port[hellod]}" /100m.bin 500 500
        sleep 1 # lint: sleeps, because each of them shall have had its turn
        latency hostile hellod hellod
        client_stop hostile
        hostile_were_there $last_word
    done
    servers_stop
}

hostile_were_there() {
    local readers=${2:-0} dribblers=${3:-0} read=${4:-0} dribbled=${5:-0} cuts=${6:-0}
    if [ "$readers" -lt 495 ] || [ "$dribblers" -lt 495 ] || [ "$read" -eq 0 ] || [ "$dribbled" -eq 0 ]; then
        note hostile "of 500 and 500 hostile clients $readers and $dribblers were connected, $cuts were cut off"
    fi
}

# latency ROW LABEL SERVER: the time that 99 of 100 answers take at most.
latency() {
    local p99 said
    said=$("$bin/latency" "${server_port[$3]}" /hello.html 64 2000 2 2>&1)
    read -r _ _ _ _ p99 _ <<<"$said"
    if [[ $said != done* ]]; then note "$1" "$2: $said" && return; fi
    result "$1" "$2" "$p99"
}

# Needs a systemd of its own: see tests/bench/first_byte.
row_first_byte() {
    local name value said
    wanted first-byte || return
    echo first-byte
    if ! said=$($here/first_byte "$HELLOD" "$bin/first" "$out" "$first_byte_times" 2>&1); then
        note first-byte "not measured: ${said##*$'\n'}"
        return
    fi
    while read -r name value; do result first-byte "$name" "$value"; done <<<"$said"
}

rows_of_shapes() {
    local shape round names=(single connection textbook sets shared)
    if wanted shapes; then
        servers_start "$threads" "${names[@]/#/shape:}"
        for ((round = 0; round < rest_rounds; round++)); do
            for shape in "${names[@]}"; do load shapes "shape:$shape" /; done
        done
        servers_stop
        shapes_blocked
    fi
    if wanted jobs; then rows_of_jobs; fi
}

# The same, and each 200th request holds its thread for 20 ms, as a file would that has to come from a cold disk.
shapes_blocked() {
    local shape round
    echo shapes
    for shape in "${names[@]}"; do server_start "shape:$shape" "$threads" 200 20; done
    for ((round = 0; round < rest_rounds; round++)); do
        for shape in "${names[@]}"; do latency shapes-blocked "shape:$shape" "shape:$shape"; done
    done
    servers_stop
}

rows_of_jobs() {
    local kind pool jobs wall cpu
    echo jobs
    while read -r kind pool jobs wall cpu; do
        result "jobs-$kind" "$pool" "$(awk "BEGIN { print $wall / $jobs / 1000 }")" "$(awk "BEGIN { printf \"%.0f\", $jobs / $wall * 1e9 }")"
        result "jobs-$kind-cpu" "$pool" "$(awk "BEGIN { print $cpu / $jobs / 1000 }")"
    done < <("$bin/jobs" "$threads" 1000000 1000 "$rest_rounds")
}
