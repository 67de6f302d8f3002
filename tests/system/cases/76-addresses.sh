# Several addresses at a time, of all kinds.
sed -i 's|^address = .*|address = 127.0.0.1 [::1] /run/web/hello.sock @hello|' /etc/hello.ini
wait_for test -S /run/web/hello.sock
like '*Hello!*' "$(page)" 'IPv4'
like '*Hello!*' "$(curl --silent --globoff 'http://[::1]:7878/')" 'IPv6'
like '*Hello!*' "$(curl --silent --unix-socket /run/web/hello.sock http://hello/)" 'a unix socket'
same 666 "$(stat --format=%a /run/web/hello.sock)" 'for every user'
like '*Hello!*' "$(curl --silent --abstract-unix-socket hello http://hello/)" 'one with an abstract name'
said=$(hellod --check)
like '*hello.socket: listens on 127.0.0.1:7878, \[::1\]:7878, /run/web/hello.sock and @hello*' "$said" 'hellod --check lists them'
same '' "$(journal --unit=hello.socket --priority=warning | grep -v 'configuration has changed while unit has been running')" \
    'systemd has nothing to complain of'

sed -i 's|^address = .*|address = ::|' /etc/hello.ini
wait_for sh -c '! test -e /run/web/hello.sock'
ok 'the file of the unix socket is gone with it'
wait_for sh -c "curl --silent --globoff 'http://[::1]:7878/' | grep --quiet Hello"
like '*Hello!*' "$(page)" ':: alone is all of IPv4 as well'
sed -i 's|^address = .*|address = :: 127.0.0.1|' /etc/hello.ini
wait_for sh -c 'systemctl show hello.socket --property=BindIPv6Only --value | grep --quiet ipv6-only'
wait_for page
ok 'with an address of IPv4 beside it, it is not'

# An address that the host has not got yet, as at boot.
sed -i 's|^address = .*|address = 192.0.2.1 127.0.0.1|' /etc/hello.ini
wait_for sh -c 'systemctl show hello.socket --property=Listen | grep --quiet 192.0.2.1'
wait_for page
like '*this host has no address 192.0.2.1:7878 now*' "$(journal --unit=hello-config.service --priority=warning)" 'an address that is not there is warned of'
ip address add 192.0.2.1/32 dev lo
like '*Hello!*' "$(curl --silent http://192.0.2.1:7878/)" 'and served once it is'

echo precious >/run/web/file
sed -i 's|^address = .*|address = /run/web/file|' /etc/hello.ini
wait_for sh -c 'journalctl --boot --unit=hello-config.service --output=cat | grep --quiet "/run/web/file is a file, and no socket"'
same precious "$(cat /run/web/file)" 'a file in the place of a unix socket is left alone'
