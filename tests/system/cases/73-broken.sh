# A wrong hello.ini changes nothing, and the journal says every mistake; also where the host boots with it.
# May boot degraded.
set_port() { sed -i "s/^port = .*/port = $1/" /etc/hello.ini; }
not_applied_times() { [ "$(journal --unit=hello-config.service | grep --count 'hello.ini is not applied')" -ge "$1" ]; }
if [ "$boot" -eq 1 ]; then
    page >/dev/null
    before=$(systemctl show --property=InvocationID hello.socket hello.service)
    sed -i 's/^port = .*/prot = 8081/; s/^idle = .*/idle = never/' /etc/hello.ini
    wait_for not_applied_times 1
    port_line=$(grep --line-number '^prot' /etc/hello.ini | cut --delimiter=: --fields=1)
    idle_line=$(grep --line-number '^idle =' /etc/hello.ini | cut --delimiter=: --fields=1)
    said=$(journal --unit=hello-config.service --priority=err)
    like "*/etc/hello.ini:$port_line: *prot = 8081: unknown key, did you mean port?*" "$said" 'the journal tells the first mistake'
    like "*/etc/hello.ini:$idle_line: *idle = never: not a duration*" "$said" 'and the second'
    same "$before" "$(systemctl show --property=InvocationID hello.socket hello.service)" 'neither socket nor service was touched'
    systemctl daemon-reload
    like '*Hello!*' "$(page)" 'a daemon-reload does no harm'
    if systemctl reload hello 2>/dev/null; then fail 'systemctl reload says that all is well'; fi
    ok 'systemctl reload fails'
    like '*Hello!*' "$(page)" 'the site goes on'
    # The port is right, something else is not: neither counts.
    sed -i 's/^prot = .*/port = 8082/' /etc/hello.ini
    wait_for not_applied_times 2
    like '*Hello!*' "$(page)" 'a mistake elsewhere keeps the port where it is'
    mkdir -p /srv/private
    chmod 700 /srv/private
    sed -i 's/^idle = .*/idle = 1min/; s|^document_root = .*|document_root = /srv/private|' /etc/hello.ini
    wait_for sh -c 'journalctl --boot --unit=hello-config.service --output=cat |
        grep --quiet "document_root = /srv/private: hello.service may not enter /srv/private, mode 0700; chmod o+x /srv/private"'
    ok 'a document root that the service may not enter is a mistake'
    sed -i 's|^document_root = .*|document_root = /home/someone/site|' /etc/hello.ini
    wait_for sh -c 'journalctl --boot --unit=hello-config.service --output=cat |
        grep --quiet "document_root = /home/someone/site: hello.service does not see /home (ProtectHome=); move the folder"'
    ok 'and so is one under /home'
    like '*Hello!*' "$(page)" 'and still the site goes on'
    sed -i 's|^document_root = .*|document_root = /usr/share/hellod/www|; s/^port = .*/prot = 8081/' /etc/hello.ini
    reboot_now
fi
same failed "$(state_of hello.socket)" 'with a wrong hello.ini at boot, the socket does not guess where to listen'
like '*/etc/hello.ini:*prot = 8081: unknown key, did you mean port?*' "$(systemctl status hello.socket || true)" \
    'systemctl status says why'
like '*Failed to connect*' "$(page 2>&1 || true)" 'nothing is open'
sed -i 's/^prot = .*/port = 8083/' /etc/hello.ini
systemctl is-active --quiet hello-config.path || fail 'nobody watches hello.ini'
wait_for curl --silent --fail http://127.0.0.1:8083/
ok 'once the file is right, the socket starts by itself'
