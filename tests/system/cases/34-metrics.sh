# The metrics have a socket of their own. It waits for who wants it, and goes on over reload and upgrade.
metrics=/run/hellod/metrics.sock
scrape() { curl --silent --show-error --fail --max-time 30 --unix-socket "${1-$metrics}" "http://metrics${2-/metrics}"; }
# scraped SERIES: its value in text, the last scrape.
scraped() { awk -v series="$1" '$1 == series { print $2 }' <<<"$text"; }
states() { for unit in "$@"; do state_of $unit; done | xargs; }

same 'disabled inactive' "$(systemctl is-enabled hello-metrics.socket || true) $(state_of hello-metrics.socket)" \
    'after the installation nobody can scrape'
page >/dev/null
if systemctl start hello-metrics.socket 2>/dev/null; then fail 'the socket starts beside its service'; fi
same 'inactive active' "$(states hello-metrics.socket hello.service)" 'its start is refused while the service runs, which goes on'
like '*hello.service already active, refusing*' "$(journal --unit=hello-metrics.socket)" 'and the journal says why'
systemctl reload hello.service
[ ! -e $metrics ] || fail 'there is a socket'
ok 'a reload does not change that'

load_start
systemctl restart hello-metrics.socket
load_stop
like 'ok=[1-9]* refused=0 reset=0 *' "$sums" 'its restart takes the service along, and no client is refused or reset'
same 'active active' "$(states hello-metrics.socket hello.service)" 'both are active'
same 'socket root root 600' "$(stat --format='%F %U %G %a' $metrics)" 'the socket is for root alone'
text=$(scrape)
said=$(/tests/exposition <<<"$text") || fail "not what Prometheus reads: $said"
ok 'what is scraped is what Prometheus reads'
for series in process_resident_memory_bytes process_virtual_memory_bytes process_cpu_seconds_total; do
    like '*[1-9]*' "$(scraped $series)" "in the sandbox there is $series"
done
pid=$(property hello.service MainPID)
same "$(awk '/^Max open files/ { print $4 }' /proc/$pid/limits)" "$(scraped process_max_fds)" 'fds are limited to what is told'
# One more is the scrape's own.
same $(($(find /proc/$pid/fd -mindepth 1 | wc -l) + 1)) "$(scraped process_open_fds)" 'and as many are open as are told'
like '*on /run/hellod/metrics.sock, up *Requests *Connections *requests/s  path*' "$(hellod --top)" 'hellod --top shows it'
if said=$(setpriv --reuid=65534 --clear-groups hellod --top 2>&1); then fail 'everybody may see it'; fi
like '*Permission denied; it is for root*' "$said" 'and tells others why not'
same 404 "$(status_of /metrics)" 'on the port there are no metrics'

before=$(property hello-metrics.socket InvocationID) inode=$(stat --format=%i $metrics)
systemctl reload hello.service
text=$(scrape)
like "[1-9]* $pid" "$(scraped hellod_reloads_total) $(property hello.service MainPID)" 'a reload keeps the socket and counts on'
install_package /packages/hellod-0.9.1.deb
text=$(scrape)
like "[2-9]* 1 $pid" "$(scraped hellod_reloads_total) $(scraped 'hellod_build_info{version="0.9.1"}') $(property hello.service MainPID)" 'so does an upgrade'
same "$before $inode" "$(property hello-metrics.socket InvocationID) $(stat --format=%i $metrics)" 'it is the same socket'
systemctl restart hello.service
text=$(scrape)
same '0 active' "$(scraped hellod_reloads_total) $(state_of hello-metrics.socket)" 'after a restart of the service the counters are new, on that socket'
systemctl stop hello.service 2>/dev/null
text=$(scrape)
same 0 "$(scraped hellod_connections_accepted_total)" 'a scrape starts the service as a client does'

systemctl stop hello.socket
same 'inactive inactive inactive' "$(states hello.socket hello.service hello-metrics.socket)" 'a stop of hello.socket stops all three'
[ ! -e $metrics ] || fail 'the socket is left behind'
ok 'nobody can open the port by scraping'
if systemctl start hello-metrics.socket 2>/dev/null; then fail 'the socket starts without the site'; fi
same inactive "$(state_of hello.socket)" 'nor by a start of the socket'
systemctl enable hello-metrics.socket 2>/dev/null
systemctl start hello.socket
text=$(scrape)
same 'active active' "$(states hello.socket hello-metrics.socket)" 'once enabled, it comes with hello.socket'
systemctl restart hello.socket
text=$(scrape)
like '*Hello!*' "$(page)" 'and goes through a restart with it'

mkdir -p /etc/systemd/system/hello-metrics.socket.d
printf '[Socket]\nListenStream=127.0.0.1:9179\nSocketGroup=adm\nSocketMode=0660\n' >/etc/systemd/system/hello-metrics.socket.d/override.conf
systemctl daemon-reload
systemctl restart hello-metrics.socket
same 'root adm 660' "$(stat --format='%U %G %a' $metrics)" 'a drop-in gives the socket to a group'
/tests/exposition <<<"$(curl --silent --max-time 30 http://127.0.0.1:9179/metrics)"
text=$(scrape)
ok 'and the metrics a port besides'

printf '[server]\ndocument_root = /usr/share/hellod/www\n' >/etc/hello/site.ini
systemctl start hello@site.socket
systemctl start hello-metrics@site.socket
curl --silent --unix-socket /run/hellod/site.socket http://site/ >/dev/null
text=$(scrape /run/hellod/site.metrics.sock)
same 1 "$(scraped hellod_connections_accepted_total)" 'a site has metrics of its own'
systemctl disable --now hello-metrics.socket 2>/dev/null
same 'inactive disabled' "$(state_of hello-metrics.socket) $(systemctl is-enabled hello-metrics.socket || true)" 'disable --now ends it'
like '*Hello!*' "$(page)" 'and the site is served as ever'
same '' "$(journal --unit=hello.service --priority=warning)" 'all that without a warning of the service'
