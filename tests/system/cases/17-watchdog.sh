# A pool that waits for a disk which doesn't answer is restarted; one that is well or has nobody to serve is not, nor one
# that reloads. systemctl status tells how it goes.
systemctl disable --now hello-config.path 2>/dev/null
mkdir -p /run/systemd/system/hello.service.d
printf '[Service]\nWatchdogSec=4s\n' >/run/systemd/system/hello.service.d/watchdog.conf
systemctl daemon-reload
sed -i 's/^sleep = .*/sleep = 8s/; s/^cache = .*/cache = 0/' /etc/hello.ini
# shellcheck disable=SC2053
status_says() { [[ $(systemctl show --property=StatusText hello.service) == $1 ]]; }
pass_time() { timeout "$1" tail -f /dev/null || true; }

page >/dev/null
wait_for status_says '*Serving /usr/share/hellod/www on 127.0.0.1:7878; idle, requests: 1 since *'
ok 'an idle server says so in its status'
same 100y "$(property hello.service WatchdogUSec)" 'and is not watched'
pass_time 6
pid=$(property hello.service MainPID)
page /sleep >/dev/null &
client=$!
wait_for status_says '*; connections: 1, transfers: 0, requests/s: *, requests: * since *'
ok 'the status tells of the connections'
same 4s "$(property hello.service WatchdogUSec)" 'with which it is watched'
systemctl reload hello.service
pass_time 6
wait $client
same "$pid 0" "$(property hello.service MainPID) $(property hello.service NRestarts)" \
    'neither an idle one nor one whose client waits, through a reload, is restarted'
wait_for property_is hello.service WatchdogUSec 100y
ok 'when that has gone, it is watched no more'

/programs/block "$pid" >/run/block &
wait_for grep --quiet waiting /run/block
for n in {1..8}; do page >/dev/null 2>&1 & done
wait_for grep --quiet blocked /run/block
ok 'all workers wait for the disk'
wait_for property_reaches hello.service NRestarts 1
wait_for property_is hello.service SubState running
[ "$(property hello.service MainPID)" != "$pid" ] || fail 'the process is the same'
ok 'it is restarted'
like '*Watchdog timeout*' "$(journal UNIT=hello.service)" 'by the watchdog of systemd'
event=$(event WORKER_STUCK)
like '*has been at one job for *' "$(journal MESSAGE_ID="$event")" 'the journal has an event of it'
journalctl --sync
like '*A worker of hellod is stuck*' "$(journalctl --boot --no-pager --catalog MESSAGE_ID="$event")" 'journalctl -x explains it'
like '*Hello!*' "$(page)" 'and it serves again'
