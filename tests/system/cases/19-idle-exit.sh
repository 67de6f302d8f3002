# With idle_exit, a service without clients ends, and the next client starts it, as often as may be.
systemctl disable --now hello-config.path 2>/dev/null
sed -i 's/^idle_exit = .*/idle_exit = 1s/' /etc/hello.ini
gone() { [ "$(systemctl is-active hello.service)" != active ]; }

page >/dev/null
wait_for property_is hello.service ActiveState inactive
same 'success active' "$(property hello.service Result) $(state_of hello.socket)" 'it ends when nobody comes, and the socket stays'
like '*Nobody has come for as long as idle_exit says*' "$(journal --unit=hello.service)" 'the journal tells why'
like '*Hello!*' "$(page)" 'the next client starts it'
for n in {1..8}; do
    wait_for gone
    [[ $(page) == *Hello!* ]] || fail "round $n: the client was not served"
done
ok 'a client who comes as it ends is served, eight times in a row'
same 'active 0' "$(state_of hello.socket) $(property hello.service NRestarts)" 'no limit of starts is hit, and nothing has failed'
