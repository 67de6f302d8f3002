# A restart, also in a loop and under load, refuses nobody: the socket is systemd's.
load_start
for n in 1 2 3 4 5 6 7 8 9 10; do
    before=$(property hello.service InvocationID)
    systemctl restart hello.service
    [ "$before" != "$(property hello.service InvocationID)" ] || fail "restart $n did nothing"
done
load_stop
like 'ok=[1-9]*' "$sums" 'clients were served'
like '* refused=0 reset=0 empty=0 short=0 wrong=0 late=0 *' "$sums" 'ten restarts under load: no connection was lost'
like '*SIGTERM: stopping*' "$(journal --unit=hello.service)" 'every run drained'

for n in {1..40}; do
    systemctl restart hello.socket
    page >/dev/null
done
ok 'the socket can be restarted while the service runs, forty times'
