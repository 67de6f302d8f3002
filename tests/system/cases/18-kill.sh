# A server that is killed is there again for the next client, and for those who wait.
page >/dev/null
killed=$(property hello.service MainPID)
kill -KILL "$killed"
like '*Hello!*' "$(page)" 'after kill -9, the next request is served'
same active "$(state_of hello.socket)" 'the socket was open all the time'
[ "$(property hello.service MainPID)" != "$killed" ] || fail 'the process is the same'

load_start
for n in 1 2 3 4 5; do
    systemctl kill --signal=KILL hello.service
    wait_for property_is hello.service SubState running
done
load_stop
like '*ok=[1-9]* refused=0 *' "$sums" 'five kills under load: no connection is refused'
like '* short=0 wrong=0 late=0 *' "$sums" 'nor answered wrong'
same active "$(state_of hello.socket)" 'the socket lives'
