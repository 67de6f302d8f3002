# What systemd itself thinks of the sandbox: 10 is none at all, 0.2 what a service with the host's files in sight can have.
for unit in hello.service hello@site.service; do
    said=$(systemd-analyze security --threshold=2 --no-pager $unit) || fail "$unit: $(tail -n 1 <<<"$said")"
    like '*exposure level for *: 0.[0-2] *' "$(tail -n 1 <<<"$said")" "$unit is exposed by 0.2 at most"
done
same '' "$(systemd-analyze verify --man=no hello.socket hello.service hello@site.socket hello@site.service 2>&1)" 'it knows every key of the units'
