#!/usr/bin/env bash
# named (BIND): a zone of 20,000 names, dnsperf with a fixed number of queries, a zone transfer and a reload.
# packages: bind9 bind9-dnsutils dnsperf python3
. "$(dirname "$0")/../preload.bash"

loaded() { dig +short +time=1 +tries=1 @127.0.0.1 -p "$port" ns.example | grep -q '^127'; }

workload() {
  local port i
  port=$(free_port)
  { printf '$TTL 60\n@ SOA ns.example. owner.example. 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\n'
    for i in $(seq 1 20000); do printf 'n%d A 10.%d.%d.%d\n' "$i" $((i / 65536)) $((i / 256 % 256)) $((i % 256)); done
  } >zone
  cat >named.conf <<EOT
options { directory "$PWD"; listen-on port $port { 127.0.0.1; }; listen-on-v6 { none; }; pid-file "$PWD/pid"; recursion no;
  session-keyfile "$PWD/key"; allow-transfer { any; }; minimal-responses no; };
controls { };
zone "example" { type primary; file "$PWD/zone"; };
EOT
  leave_root
  serve /usr/sbin/named -g -c named.conf -n 2
  answered loaded
  for i in $(seq 1 2500); do printf 'n%d.example A\nno%d.example TXT\n' $((i * 7)) "$i"; done >queries
  dnsperf -s 127.0.0.1 -p "$port" -d queries -n 8 -c 8 -q 20 -t 60 | grep -E 'Queries completed|Response codes'
  dig @127.0.0.1 -p "$port" +nostats axfr example | grep -v '^;' | sort | sha256sum
  kill -HUP "$server"
  dig @127.0.0.1 -p "$port" +short n777.example
  served
}
compare
