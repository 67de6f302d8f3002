# The list of system calls is all that serving takes: here a call that is not in it kills.
mkdir -p /run/systemd/system/hello.service.d /srv/site/folder
printf '[Service]\nSystemCallErrorNumber=kill\n' >/run/systemd/system/hello.service.d/kill.conf
systemctl daemon-reload
head --bytes=100M /dev/urandom >/srv/site/large
cp /usr/share/hellod/www/* /srv/site
ln -s ../hello.html /srv/site/folder/inside
ln -s /etc/passwd /srv/site/folder/outside
ln -s ../../../etc/passwd /srv/site/folder/above
mkdir /srv/site/list
(cd /srv/site/list && seq --format 'a-name-that-is-long-enough-%g' 2000 | xargs touch)
ln -s /srv/site/hello.html /srv/site/list/absolute
gzip --keep /srv/site/hello.html
sed -i 's|^document_root = .*|document_root = /srv/site|; s/^listing = .*/listing = on/; s/^sleep = .*/sleep = 1s/; s/^pool_size = .*/pool_size = auto/; s/^level = .*/level = debug/' \
    /etc/hello.ini
for n in 1 2 3; do page /sleep >/run/slept.$n & done
cmp <(page /large) /srv/site/large
ok 'a file of 100 MiB arrives as it is'
wait
like '*Hello!*Hello!*Hello!*' "$(cat /run/slept.*)" 'requests of /sleep are answered meanwhile'
like '*Hello!*' "$(page /folder/inside)" 'a link that stays in the document root is followed'
same '404 404' "$(status_of /folder/outside) $(status_of /folder/above)" 'one that leaves it is not'
same '301 200 404' "$(status_of /folder) $(status_of /folder/) $(status_of /folder/../../etc/passwd)" 'folders are told from files'
like '*a-name-that-is-long-enough-2000*' "$(page /list/)" 'a large folder is listed'
like '*Hello!*' "$(page /list/absolute)" 'an absolute link that stays in the document root is followed'
like '*Hello!*' "$(curl --silent --show-error --compressed "$url/hello.html")" 'a precompressed page is sent'
load_start --clients 64 --path /hello.html
/programs/load --clients 20 --requests 40 --path /large >/run/large
load_stop
like 'ok=40 *' "$(tail -n 1 /run/large)" 'forty downloads of it at a time'
like 'ok=[1-9]* refused=0 reset=0 empty=0 short=0 wrong=0 late=0 *' "$sums" 'and many small ones besides'
pid=$(property hello.service MainPID)
for n in 1 2 3; do nsenter --net --target "$pid" hellod --reload="$pid" & done
wait
like '*Reloaded: *Reloaded: *Reloaded: *' "$(journal --unit=hello.service)" 'three who ask for a reload at once are answered'
systemctl restart hello.service
page >/dev/null
systemctl stop hello.service 2>/dev/null
same 'success 0' "$(property hello.service Result) $(property hello.service NRestarts)" \
    'no call was missing'
