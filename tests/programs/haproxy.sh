#!/usr/bin/env bash
# haproxy: two threads, rules on headers, and a proxy in front of a proxy, under wrk with a fixed number of requests.
# packages: haproxy wrk python3 curl
. "$(dirname "$0")/preload.bash"
. "$(dirname "$0")/load.bash"

workload() {
  local front back
  front=$(free_port)
  back=$(free_port)
  seq 1 400 >answer.txt
  cat >haproxy.cfg <<EOT
global
  nbthread 2
  maxconn 500
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 60s
frontend outer
  bind 127.0.0.1:$front
  http-request set-header X-Kind %[path,field(2,/),lower,regsub(o,0,g)]
  http-response set-header X-Length %[res.hdr(content-length)]
  filter compression
  compression algo gzip
  compression type text/plain
  default_backend inner
backend inner
  balance leastconn
  server one 127.0.0.1:$back
frontend own
  bind 127.0.0.1:$back
  http-request return status 200 content-type text/plain file answer.txt
EOT
  serve /usr/sbin/haproxy -db -f haproxy.cfg
  answered curl -sf "http://127.0.0.1:$front/hello"
  curl -s --compressed "http://127.0.0.1:$front/hello" | sha256sum
  load 16000 "http://127.0.0.1:$front/hello/World"
  curl -s "http://127.0.0.1:$front/hello" | sha256sum
  served USR1
}
compare
