# The running process has nothing to give away.
page >/dev/null
pid=$(property hello.service MainPID)
status=$(cat /proc/$pid/status)
of() { awk -v key="$1:" '$1 == key { print $2 }' <<<"$status"; }
user=$(of Uid)
same 1 $((user >= 61184 && user <= 65519)) 'it runs as a user that systemd made for it'
same '' "$(getent --service=files passwd hello-www || true)" 'that no file knows'
for set in CapInh CapPrm CapEff CapBnd CapAmb; do same 0000000000000000 "$(of $set)" "$set is empty"; done
same '1 2' "$(of NoNewPrivs) $(of Seccomp)" 'it can get no privilege, and has a filter for system calls'
for space in net mnt user ipc; do
    [ "$(readlink /proc/$pid/ns/$space)" != "$(readlink /proc/1/ns/$space)" ] || fail "its $space namespace is the system's"
done
ok 'it has namespaces of its own'
same lo "$(awk -F: 'NR > 2 { gsub(/ /, "", $1); print $1 }' /proc/$pid/net/dev)" \
    'it sees no network'
same '' "$(nsenter --target $pid --net ss --no-header --listening --tcp)" 'not even its own listening socket'
same 'MemoryMax=1073741824 TasksMax=288' "$(systemctl show --property=MemoryMax --property=TasksMax hello.service | sort | paste -sd ' ')" \
    'memory and tasks are limited'
