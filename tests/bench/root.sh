# What the servers of the bench serve. Sourced by tests/bench/run and exact.

root=$out/root

make_root() {
    local i
    mkdir -p "$root"
    printf '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Hello</title></head><body>%s</body></html>\n' \
        '<h1>Hello!</h1><p>Hi from a server that has nothing else to say, but says it fast.</p>' >"$root/hello.html"
    truncate -s 182 "$root/hello.html"
    [ -e "$root/small/99/99.html" ] && return
    head -c 10240 /dev/urandom >"$root/10k.bin"
    head -c 1048576 /dev/urandom >"$root/1m.bin"
    truncate -s 100M "$root/100m.bin"
    # 10,000 files of 0.5 to 16 KiB, 82 MB in all.
    mkdir -p "$root"/small/{00..99}
    awk -v folder="$root/small" 'BEGIN {
        while (length(filler) < 16384) filler = filler "A small file. " filler
        for (i = 0; i < 10000; i++) {
            file = sprintf("%s/%02d/%02d.html", folder, int(i / 100), i % 100)
            printf "%s", substr(filler, 1, 512 + i * 7919 % 15872) >file
            close(file)
        }
    }'
}
