# A stop finishes what has begun, for as long as the drain of hello.ini allows, whatever systemd's own limit.
mkdir -p /run/systemd/system/hello.service.d
printf '[Service]\nTimeoutStopSec=1s\n' >/run/systemd/system/hello.service.d/limit.conf
systemctl daemon-reload
sed -i 's/^sleep = .*/sleep = 3s/; s/^drain = .*/drain = 20s/' /etc/hello.ini
page >/dev/null
hellod --apply # lest the stop meet the reload that a save brings about
page /sleep >/run/slept &
client=$!
wait_for sh -c 'ss --no-header --tcp --numeric state established "( sport = :7878 )" | grep -q .'
begun=$SECONDS
systemctl stop hello.service 2>/dev/null
took=$((SECONDS - begun))
wait $client
like '*Hello!*' "$(cat /run/slept)" 'a request of three seconds is answered during a stop with a limit of one'
[ $took -ge 1 ] || fail "the stop took $took seconds, and so waited for nobody"
like '*, 0 connections cut short*' "$(journal --unit=hello.service)" 'none was cut short'
same success "$(property hello.service Result)" 'and systemd killed nobody'

sed -i 's/^sleep = .*/sleep = 1h/; s/^drain = .*/drain = 500ms/' /etc/hello.ini
page >/dev/null
hellod --apply
page /sleep >/dev/null 2>&1 &
wait_for sh -c 'ss --no-header --tcp --numeric state established "( sport = :7878 )" | grep -q .'
systemctl stop hello.service 2>/dev/null
like '*Draining has taken its time; 1 connections are cut short*' "$(journal --unit=hello.service)" 'the drain ends when its time is over'
event=$(event DRAIN_CUT)
like '*1 connections are cut short*' "$(journal --unit=hello.service MESSAGE_ID="$event")" 'which is an event'
