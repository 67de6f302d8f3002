# The first client starts the service, and so do two hundred at a time.
same inactive "$(state_of hello.service)" 'the service waits for its first client'
like '*<h1>Hello!</h1>*' "$(page)" 'the first client gets the page'
same active "$(state_of hello.service)" 'the service runs'
like '*Serving /usr/share/hellod/www on 127.0.0.1:7878*' "$(systemctl status hello.service)" 'systemctl status says what it does'
like '*Oops!*' "$(curl --silent $url/nothing)" 'what is not there gets the 404 page'

systemctl stop hello.socket
systemctl start hello.socket
same inactive "$(state_of hello.service)" 'stopped with its socket'
like 'ok=200 refused=0 reset=0 empty=0 short=0 wrong=0 late=0 *' "$(/programs/load --clients 200 --requests 200 | tail -n 1)" \
    '200 first clients at a time: all are answered'
