# The servers of the bench: written configurations, started, watched, stopped. Sourced by tests/bench/run and exact.
#
# A server is known by the name of its kind, or KIND:WORD where there are several. Each leads a session of its own, by which
# all its processes are found and ended. Needs: $out, a folder of ours, as an absolute path; $root, what is served.

declare -A server_pid server_port
peers=(nginx lighttpd h2o)
next_port=$((20000 + RANDOM % 8000))
HELLOD=${HELLOD:-build/hellod}

die() {
    echo "bench: $*" >&2
    exit 1
}

# The peers are unpacked from Debian's packages, not installed: so none is enabled or started, and nothing of them stays.
# One that is installed is used where it is.
fetch_peers() {
    local debs=$out/debs missing=() package
    PATH=$out/peers/usr/sbin:$out/peers/usr/bin:/usr/sbin:$PATH
    for package in nginx-light:nginx lighttpd:lighttpd h2o:h2o; do
        command -v "${package#*:}" >/dev/null || missing+=("${package%:*}")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "Fetching Debian's packages of ${missing[*]}"
    mkdir -p "$debs/partial" "$out/peers"
    download "$debs" "${missing[@]}" || { apt-get -qq update && download "$debs" "${missing[@]}"; } ||
        die "can't fetch them: $(cat "$out/apt.log")"
    for package in "$debs"/*.deb; do dpkg-deb --extract "$package" "$out/peers"; done
}

# With what they need and this host has not.
download() {
    apt-get -qq --yes --no-install-recommends --download-only -o Dir::Cache::archives="$1" -o Debug::NoLocking=1 \
        install "${@:2}" >"$out/apt.log" 2>&1
}

free_port() {
    local listening
    listening=$(awk '$4 == "0A" { print substr($2, length($2) - 3) }' /proc/net/tcp /proc/net/tcp6)
    while grep -qi "^$(printf '%04x' "$next_port")$" <<<"$listening"; do next_port=$((next_port + 1)); done
    port=$next_port
    next_port=$((next_port + 1))
}

# As shipped, save the port, the root and the threads, and that 127.0.0.1 may be a crowd; and the access log, once there is
# one.
configure_hellod() {
    local access=off
    if [[ $name == *:access-log ]]; then access=on; fi
    cat >"$conf" <<END
[server]
address = 127.0.0.1
port = $port
document_root = $root
pool_size = $threads
[limits]
connections_per_address = 100000
END
    if has_access_log; then printf '[log]\naccess = %s\n' "$access" >>"$conf"; fi
}

has_access_log() {
    printf '[server]\ndocument_root = %s\n' "$root" >"$out/dump.ini"
    "$HELLOD" --dump-config --config "$out/dump.ini" 2>/dev/null | grep -q '^access *='
}

configure_nginx() {
    local user=''
    if [ "$(id -u)" -eq 0 ]; then user='user root;'; fi
    cat >"$conf" <<END
$user
daemon off;
worker_processes $threads;
pid $out/nginx.pid;
lock_file $out/nginx.lock;
error_log $out/nginx.errors;
events {
    worker_connections 4096;
}
http {
    types { text/html html; }
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    access_log off;
    keepalive_timeout 75s;
    keepalive_requests 100000000;
    open_file_cache max=1000 inactive=20s;
    open_file_cache_valid 30s;
    open_file_cache_min_uses 2;
    open_file_cache_errors on;
    client_body_temp_path $out/nginx-1;
    proxy_temp_path $out/nginx-2;
    fastcgi_temp_path $out/nginx-3;
    uwsgi_temp_path $out/nginx-4;
    scgi_temp_path $out/nginx-5;
    server {
        listen 127.0.0.1:$port reuseport;
        root $root;
        index hello.html;
    }
}
END
}

configure_lighttpd() {
    cat >"$conf" <<END
server.bind = "127.0.0.1"
server.port = $port
server.document-root = "$root"
server.errorlog = "$out/lighttpd.errors"
server.upload-dirs = ( "$out" )
server.max-worker = $threads
server.event-handler = "linux-sysepoll"
server.network-backend = "sendfile"
server.stat-cache-engine = "simple"
server.max-fds = 16384
server.max-connections = 8192
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 75
static-file.etags = "enable"
index-file.names = ( "hello.html" )
mimetype.assign = ( ".html" => "text/html", "" => "application/octet-stream" )
END
}

configure_h2o() {
    local user=''
    if [ "$(id -u)" -eq 0 ]; then user='user: root'; fi
    cat >"$conf" <<END
$user
num-threads: $threads
max-connections: 16384
http1-request-timeout: 75
error-log: $out/h2o.errors
file.index: [ "hello.html" ]
hosts:
  default:
    listen:
      host: 127.0.0.1
      port: $port
    paths:
      "/":
        file.dir: $root
END
}

# Sets the array argv.
command_of() {
    case $kind in
    limit) argv=("$bin/limit" "$port" "$threads" "$root/${name#*:}") ;;
    shape) argv=("$bin/shapes" "${name#*:}" "$port" "$threads" "$root/hello.html" "${@:3}") ;;
    hellod) argv=("$HELLOD" --config "$conf") ;;
    nginx) argv=(nginx -p "$out" -e "$out/nginx.errors" -c "$conf") ;;
    lighttpd) argv=(lighttpd -D -f "$conf") ;;
    h2o) argv=(h2o -c "$conf") ;;
    *) die "$kind: no such server" ;;
    esac
    if [ "$kind" = lighttpd ] && [ -d "$out/peers/usr/lib/lighttpd" ]; then argv+=(-m "$out/peers/usr/lib/lighttpd"); fi
}

# server_start NAME THREADS [ARGUMENT...]; $wrapper, if set, is what it runs under.
server_start() {
    local name=$1 threads=$2 kind=${1%%:*} conf=$out/$1.conf port argv n
    free_port
    if declare -F "configure_$kind" >/dev/null; then "configure_$kind"; fi
    command_of "$@"
    LD_LIBRARY_PATH=$out/peers/usr/lib:$out/peers/usr/lib/$(uname -m)-linux-gnu \
        setsid ${wrapper-} "${argv[@]}" >"$out/$name.log" 2>&1 </dev/null &
    server_pid[$name]=$!
    server_port[$name]=$port
    for ((n = 0; n < 1000; n++)); do
        kill -0 "${server_pid[$name]}" 2>/dev/null || break
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
        sleep 0.01 # lint: sleeps, because not all of them say when they are ready
    done
    die "$name does not start: $(cat "$out/$name.log" "$out/$kind.errors" 2>/dev/null)"
}

# servers_start THREADS NAME...
servers_start() {
    local name
    for name in "${@:2}"; do server_start "$name" "$1"; done
}

# A server that is started by another program leads no session of its own any more when that ends: all of it goes.
server_stop() {
    local pid=${server_pid[$1]-} n
    [ -n "$pid" ] || return 0
    unset "server_pid[$1]"
    kill -TERM "$pid" 2>/dev/null
    for ((n = 0; n < 500; n++)); do
        [ -n "$(pgrep -s "$pid")" ] || break
        if [ $n -eq 300 ]; then kill -KILL -- "-$pid" 2>/dev/null; fi
        sleep 0.01 # lint: sleeps, because there is no waiting for processes that are not our children
    done
    wait "$pid" 2>/dev/null
    return 0
}

servers_stop() {
    local name
    for name in "${!server_pid[@]}"; do server_stop "$name"; done
}

# What /proc says of all threads of a server: nanoseconds on a CPU; times that one of them went to sleep.
server_cpu() {
    # Threads that have ended are only in the sum of the process, which counts in ticks.
    if [ "$1" = shape:connection ]; then
        awk -v tick="$(getconf CLK_TCK)" '{ printf "%.0f\n", ($14 + $15) / tick * 1e9 }' "/proc/${server_pid[$1]}/stat"
        return
    fi
    server_tasks "$1" schedstat | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

server_wakeups() {
    server_tasks "$1" status | awk '/^voluntary_ctxt_switches/ { sum += $2 } END { printf "%.0f\n", sum }'
}

server_tasks() {
    local process
    for process in $(pgrep -s "${server_pid[$1]}"); do cat "/proc/$process/task"/*/"$2"; done
}

# Bytes of memory, what is shared with other processes by halves, thirds, ...
server_memory() {
    local process
    for process in $(pgrep -s "${server_pid[$1]}"); do cat "/proc/$process/smaps_rollup"; done |
        awk '/^Pss:/ { sum += $2 } END { printf "%.0f\n", sum * 1024 }'
}

# The head of the answer, without CRs:  server_head NAME PATH [FIELD]
server_head() {
    local line connection
    exec {connection}<>"/dev/tcp/127.0.0.1/${server_port[$1]}" || return
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s\r\n' "$2" "${3:+$3$'\r\n'}" >&"$connection"
    while IFS= read -r -t 5 -u "$connection" line && [ "$line" != $'\r' ]; do echo "${line%$'\r'}"; done
    exec {connection}>&-
}

server_status() { server_head "$@" | awk 'NR == 1 { print $2 }'; }

server_field() { server_head "$1" "$2" | awk -v field="$3:" 'tolower($1) == tolower(field) { print $2 }'; }
