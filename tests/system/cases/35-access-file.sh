# access = file: a line for every request in the one folder where the service may write, and rotation loses none.
systemctl disable --now hello-config.path 2>/dev/null
mkdir -p /srv/site
echo hello >/srv/site/hello.html
sed -i 's,^document_root = .*,document_root = /srv/site,; s/^access = .*/access = file/; s/^access_rate = .*/access_rate = 1/' /etc/hello.ini
sed 's/^port = .*/port = 7879/; s/^access_format = .*/access_format = json/' /etc/hello.ini >/etc/hello/site.ini
log=/var/log/hello/access.log
page >/dev/null
wait_for test -s $log
like '127.0.0.1 - - \[*\] "GET / HTTP/1.1" 200 6 "-" "curl/*"' "$(cat $log)" 'a request is a line of the combined format'
same '640 750' "$(stat --format=%a $log) $(stat --dereference --format=%a /var/log/hello)" 'for the owner and the group'
same '700 root' "$(stat --format='%a %U' /var/log/private)" 'and nobody else gets there'
same '' "$(journal --unit=hello.service HTTP_STATUS=200)" 'the journal has it not as well'

systemctl enable --now hello@site.socket 2>/dev/null
curl --silent --show-error --fail --output /dev/null http://127.0.0.1:7879/
wait_for test -s /var/log/hello@site/access.log
like '{"time": "20*Z", "client_addr": "127.0.0.1", *"http_status": 200, *}' "$(cat /var/log/hello@site/access.log)" \
    'another site has a folder of its own; JSON is an object a line'

like "*$log: the access log*" "$(hellod --check)" 'hellod --check says where'
like '*/var/log/hello@site/access.log: the access log*' "$(hellod --check --config=/etc/hello/site.ini)" 'for each site'

# As logrotate does it, in the midst of many requests.
load_start
for n in 1 2 3; do
    mv $log $log.$n
    systemctl try-reload-or-restart hello.service 'hello@*.service'
done
load_stop
like 'ok=[1-9]* refused=0 reset=0 empty=0 short=0 wrong=0 late=0 *' "$sums" 'rotation three times over loses no request'
answered=${sums#ok=} answered=${answered%% *}
all_written() { [ "$(cat $log $log.? | wc -l)" -ge $((answered + 1)) ]; }
wait_for all_written
# Those that the load gave up at its end may have been answered, too.
[ "$(cat $log $log.? | wc -l)" -le $((answered + 9)) ] || fail "$answered requests, and $(cat $log $log.? | wc -l) lines"
ok 'nor a line'
same '' "$(cat $log $log.? | grep -v '^127.0.0.1 - - \[.*\] "GET / HTTP/1.1" 200 6 "-" ".*"$' || true)" 'and each of them is whole'
same '' "$(journal --unit=hello.service --priority=warning)" 'and nothing of it is a warning'
systemctl restart hello.service
page >/dev/null
ok 'after a restart the file is still its own'

mv $log $log.kept
systemctl reload hello.service
page >/dev/null
wait_for test -s $log
logrotate --force --verbose /etc/logrotate.d/hellod >/run/rotated 2>&1 || fail "logrotate: $(cat /run/rotated)"
same '' "$(grep -i error /run/rotated || true)" 'logrotate finds nothing wrong with what the package says to it'
if [ ! -s $log.1 ] || [ -s $log ]; then fail "logrotate has not rotated: $(cat /run/rotated)"; fi
page /new >/dev/null 2>&1 || true
wait_for grep --quiet /new $log
ok 'it rotates, and the server goes on in a new file'
sed -i 's/^pool_size = .*/pool_size = none/' /etc/hello.ini
logrotate --force /etc/logrotate.d/hellod >/run/rotated 2>&1 || fail "logrotate: $(cat /run/rotated)"
comes_anew() { page /newer >/dev/null 2>&1 || true; grep --quiet /newer $log; }
wait_for comes_anew
ok 'also while there is a mistake in hello.ini'
sed -i 's/^pool_size = .*/pool_size = 4/' /etc/hello.ini
systemctl reload hello.service

sed -i 's,^access_file = .*,access_file = /srv/site/access.log,' /etc/hello.ini
like '*access_file = /srv/site/access.log: unless ReadWritePaths= of hello.service says more, it can write in /var/log/hello/ only*' \
    "$(hellod --check 2>&1)" 'hellod --check warns of a file elsewhere'
systemctl reload hello.service 2>/dev/null && fail 'a file elsewhere is refused'
like '*access_file = /srv/site/access.log: *Read-only file system; the service may write in its folder for logs only, /var/log/hello*' \
    "$(journal --unit=hello.service --priority=err)" 'a file elsewhere is refused, with the cure'
same hello "$(page)" 'and the server goes on'

# A full disk.
sed -i 's,^access_file = .*,access_file = /dev/full,' /etc/hello.ini
systemctl reload hello.service
for n in 1 2 3 4 5; do page >/dev/null; done
event=$(event ACCESS_LOST)
lost() { [ -n "$(journal --unit=hello.service MESSAGE_ID="$event")" ]; }
wait_for lost
like 'An access entry could not be written to /dev/full: No space left on device' "$(journal --unit=hello.service MESSAGE_ID="$event")" \
    'a full disk stops nobody, and the journal says so, once'
like '*missing in the file*A full disk wants room*' "$(journalctl --boot --no-pager --catalog MESSAGE_ID="$event")" 'journalctl -x explains it'
