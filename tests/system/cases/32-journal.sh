# The journal tells what happened, by unit and by field.
page >/dev/null
systemctl stop hello.socket
said=$(journal --unit=hello.service)
like '*Listening on 127.0.0.1:7878*Serving /usr/share/hellod/www with*SIGTERM: stopping*Stopped: 1 connections, 1 requests served*' "$said" \
    'journalctl -u hello tells of start and stop'
like '*Listening on hello.socket*Closed hello.socket*' "$(journal --unit=hello.socket)" 'journalctl -u hello.socket tells of the socket'
both=$(journal --unit='hello.*')
like '*Listening on hello.socket*Serving /usr/share/hellod/www*' "$both" "journalctl -u 'hello.*' tells of both"
like '*Serving*' "$(journal _COMM=hellod)" 'what the program said is found by its name'
like '*Serving*' "$(journal _SYSTEMD_UNIT=hello.service _EXE=/usr/lib/hellod/hellod PRIORITY=6)" 'by unit, program and priority'
same '' "$(journal --unit=hello.service --priority=warning)" 'and nothing of it is a warning'

sed -i 's/^port = .*/prot = 80/' /etc/hello.ini
systemctl start hello.service 2>/dev/null || true
like '*unknown key*' "$(journal --unit=hello.service --priority=err)" 'a mistake in hello.ini is an error'
