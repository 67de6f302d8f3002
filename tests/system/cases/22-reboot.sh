# After a reboot the port is open again, and the first client is served.
if [ "$boot" -eq 1 ]; then
    page >/dev/null
    sed -i 's/^index = .*/index = 404.html/' /etc/hello.ini
    reboot_now
fi
same 'active inactive' "$(state_of hello.socket) $(state_of hello.service)" 'after a reboot the socket is open and the service waits'
like '*Oops!*' "$(page)" 'the first client is served, as the changed hello.ini says'
