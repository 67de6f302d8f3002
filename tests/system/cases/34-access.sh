# The access log: each request an entry with fields, a flood a sum a second, and a journal that stands still stops nobody.
systemctl disable --now hello-config.path 2>/dev/null
mkdir -p /srv/site
echo hello >/srv/site/hello.html
sed -i 's,^document_root = .*,document_root = /srv/site,' /etc/hello.ini
systemctl restart hello.service
access() { journal --unit=hello.service "$@"; }
fields() {
    journalctl --sync
    journalctl --boot --unit=hello.service --output=json HTTP_TARGET="$1"
}
logged() { [ -n "$(access "$@")" ]; }

curl --silent --output /dev/null --user-agent 'say "hi"' --referer http://there/ "$url/nothing?q=1"
page / >/dev/null
wait_for logged HTTP_STATUS=404
like '127.0.0.1 - - \[*\] "GET /nothing?q=1 HTTP/1.1" 404 * "http://there/" "say \\x22hi\\x22"' "$(access HTTP_STATUS=404)" \
    'journalctl -u hello HTTP_STATUS=404 shows the line of what was not found'
entry=$(fields '/nothing?q=1')
for field in HTTP_METHOD:GET HTTP_TARGET:/nothing?q=1 HTTP_STATUS:404 HTTP_PROTOCOL:HTTP/1.1 HTTP_HOST:127.0.0.1:7878 \
    HTTP_REFERER:http://there/ CLIENT_ADDR:127.0.0.1 REQUEST_ON_CONNECTION:1 CACHE:none PRIORITY:6 SYSLOG_IDENTIFIER:hellod \
    _SYSTEMD_UNIT:hello.service; do
    like "*\"${field%%:*}\":\"${field#*:}\"*" "$entry" "${field%%:*} is a field of it"
done
for field in RESPONSE_BYTES DURATION_USEC CLIENT_PORT CONNECTION_ID WORKER; do
    like "*\"$field\":\"[0-9]*\"*" "$entry" "$field is a number"
done
like '*"HTTP_USER_AGENT":"say *x22hi*x22"*' "$entry" 'what the client says is escaped'
wait_for logged HTTP_STATUS=200
like '*"GET / HTTP/1.1" 200 6 "-" "curl/*' "$(access HTTP_STATUS=200)" 'and of what was found'
curl --silent --http1.0 --header 'Host;' --output /dev/null "$url/old"
wait_for logged HTTP_PROTOCOL=HTTP/1.0
like '*"CLOSE_REASON":"client"*' "$(fields /old)" 'of the last request of a connection, why that ended'

load_start
event=$(event ACCESS_SUM)
wait_for logged MESSAGE_ID="$event"
load_stop
like 'ok=[1-9]* refused=0 reset=0 empty=0 short=0 wrong=0 late=0 *' "$sums" 'in a flood all are served'
like '*more request*: [1-9]* with 200*; the slowest took * ms: GET / HTTP/1.1*' "$(access MESSAGE_ID="$event")" 'a flood is summed up'
like '*Requests were counted, not written one by one*access_rate = off*' \
    "$(journalctl --boot --no-pager --catalog MESSAGE_ID="$event")" 'journalctl -x explains it'

sed -i 's/^access_rate = .*/access_rate = off/' /etc/hello.ini
systemctl restart hello.service
same hello "$(page)" 'every request has its entry from now on'
# By the shell alone: what speaks to systemd may wait for the journal itself.
journald=$(property systemd-journald.service MainPID)
kill -STOP "$journald"
# Long ones, far more than the ring and the journal's queue hold.
load_start --requests 4000 --path "/?$(printf '%01500d' 0)"
wait "$load_pid" || true
sums=$(tail -n 1 /run/load)
kill -CONT "$journald"
like 'ok=4000 refused=0 reset=0 empty=0 short=0 wrong=0 *' "$sums" 'while the journal stands still all are answered'
tells() { page / >/dev/null && [[ $(access --priority=warning) == *' access entries are missing here'* ]]; }
wait_for tells
ok 'and the journal is told how many entries it missed'

systemctl restart systemd-journald.service
same hello "$(page /?after)" 'a journal that starts anew is no matter'
wait_for logged HTTP_TARGET=/?after
ok 'and has entries again'

sed -i 's/^access = .*/access = off/' /etc/hello.ini
systemctl restart hello.service
page /?unseen >/dev/null
systemctl stop hello.socket
same '' "$(access HTTP_TARGET=/?unseen)" 'access = off writes none'
