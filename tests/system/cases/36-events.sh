# What an administrator may look for is an event with a number of its own, found by it and explained.
systemctl disable --now hello-config.path 2>/dev/null
said() { journal --unit=hello.service MESSAGE_ID="$(event "$1")"; }
told() { [ -n "$(said "$1")" ]; }

for id in $(grep -o '"[0-9a-f]\{32\}"' /event.h | tr -d '"'); do
    like "*Defined-By: hellod*" "$(journalctl --dump-catalog "$id" 2>&1)" "the catalog explains $id"
done

mkdir -p /srv/site
echo hello >/srv/site/hello.html
sed -i 's,^document_root = .*,document_root = /srv/site,; s/^max_connections = .*/max_connections = 2/' /etc/hello.ini
page >/dev/null
wait_for told STARTED
like 'Started hellod 0.1.0: /srv/site on 127.0.0.1:7878, 4 workers' "$(said STARTED)" 'a start tells what is served, and how'
wait_for told READY
ok 'and that it is done'
like '*hellod has started*which version it is*' "$(journalctl --boot --no-pager --catalog MESSAGE_ID="$(event STARTED)")" \
    'journalctl -x explains it'

exec 5<>/dev/tcp/127.0.0.1/7878 6<>/dev/tcp/127.0.0.1/7878
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&5
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&6
head -n 1 <&5 >/dev/null
head -n 1 <&6 >/dev/null
exec 7<>/dev/tcp/127.0.0.1/7878
wait_for told LIMIT
like '*connections are taken (\[server\] max_connections)*' "$(said LIMIT)" 'a limit that was reached is named'
exec 5>&- 6>&- 7>&-

systemctl reload hello.service
like 'Reloaded: *; nothing has changed in the configuration' "$(said RELOADED)" 'a reload tells how it went, and that nothing has changed'
sed -i 's/^pool_size = .*/pool_size = 8/; s/^access_4xx = .*/access_4xx = notice/' /etc/hello.ini
systemctl reload hello.service
changed() { [ -n "$(journal --unit=hello.service CONFIG_CHANGED=log.access_4xx)" ]; }
wait_for changed
like 'Reloaded: *; \[server\] pool_size 4 -> 8; \[log\] access_4xx info -> notice' \
    "$(journal --unit=hello.service MESSAGE_ID="$(event RELOADED)" CONFIG_CHANGED=server.pool_size)" 'or what has, from which value to which'
same '' "$(journal --unit=hello.service MESSAGE_ID="$(event RELOADED)" CONFIG_CHANGED=server.port)" 'and no more'
like '*"RELOAD_PAUSE_USEC":"[0-9]*"*' "$(journal --unit=hello.service --output=json CONFIG_CHANGED=server.pool_size)" 'its pause is a field'
head -c 60000000 /dev/urandom >/srv/site/large
curl --silent --limit-rate 1M --output /run/large "$url/large" &
wait_for test -s /run/large
truncate --size=1000 /srv/site/large
wait $! || true
wait_for told FILE
like '*cut short: /srv/site/large was shortened while it was sent*' "$(said FILE)" 'a file that is shortened while it is sent is named'

systemctl stop hello.service hello.socket 2>/dev/null
wait_for told STOPPED
like '*: stopping, *' "$(said STOPPING)" 'a stop tells that it begins'
like 'Stopped: * requests served, *' "$(said STOPPED)" 'and what was served'

mkdir -p /run/systemd/system/hello.service.d
printf '[Service]\nLimitNOFILE=100\n' >/run/systemd/system/hello.service.d/limit.conf
sed -i 's/^max_connections = .*/max_connections = 1000/' /etc/hello.ini
systemctl daemon-reload
systemctl start hello.service
wait_for told SHORTAGE
like '*connections at most*LimitNOFILE= raises it*' "$(said SHORTAGE)" 'a shortage of fds says what raises them'
systemctl stop hello.service 2>/dev/null

mkdir -p /root/site
sed -i 's,^document_root = .*,document_root = /root/site,' /etc/hello.ini
systemctl start hello.service 2>/dev/null || true
told_by_anyone() { [ -n "$(journal MESSAGE_ID="$(event ROOT)")" ]; }
wait_for told_by_anyone
ok 'a document root that the service does not see is an event of its own'
like '*/root/site*hello.service hides*' "$(journal --unit=hello.service --priority=err)" 'and the line before it says why'
