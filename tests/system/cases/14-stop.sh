# What a stop of the service stops, and what a stop of the socket.
page >/dev/null
said=$(systemctl stop hello.service 2>&1)
like '*hello.socket*' "$said" 'a stop of the service warns that the socket will start it again'
same inactive "$(state_of hello.service)" 'the service is stopped'
like '*Hello!*' "$(page)" 'until the next client'
same active "$(state_of hello.service)" 'who started it'

for _ in $(seq 10); do
    page >/dev/null
    touch /etc/hello.ini
    systemctl reload --no-block hello.service
    systemctl stop hello.service 2>/dev/null
    [ "$(state_of hello.service) $(property hello.service Result)" = 'inactive success' ] || fail 'a stop amid a reload ended as a failure'
done
ok 'no stop amid a reload is a failure, ten times'
wait_for property_is hello-config.service ActiveState inactive
same success "$(property hello-config.service Result)" 'nor for what applies hello.ini'

systemctl stop hello.socket
same 'inactive inactive' "$(state_of hello.socket) $(state_of hello.service)" 'a stop of the socket stops both'
like '*Failed to connect*' "$(page 2>&1 || true)" 'the port is closed'
systemctl start hello.socket
like '*Hello!*' "$(page)" 'a start of the socket is enough to serve again'

systemctl disable --now hello.socket 2>/dev/null
same 'disabled inactive' "$(systemctl is-enabled hello.socket || true) $(state_of hello.service)" 'disable --now ends it for good'
