#!/usr/bin/env bash
# nginx: two worker processes, files of several sizes with gzip, under wrk with a fixed number of requests.
# packages: nginx-light wrk python3 curl
. "$(dirname "$0")/preload.bash"
. "$(dirname "$0")/load.bash"

workload() {
  local port
  port=$(free_port)
  mkdir site
  seq 1 200 >site/small.txt
  seq 1 20000 >site/large.txt
  cat >nginx.conf <<EOT
daemon off; worker_processes 2; pid $PWD/pid; error_log $PWD/error.log; events { worker_connections 512; }
http {
  access_log off; client_body_temp_path $PWD/body; proxy_temp_path $PWD/proxy; fastcgi_temp_path $PWD/fastcgi;
  uwsgi_temp_path $PWD/uwsgi; scgi_temp_path $PWD/scgi; types { text/plain txt; } gzip on; gzip_types text/plain;
  server {
    listen 127.0.0.1:$port; root $PWD/site; keepalive_requests 200;
    location /back/ { proxy_pass http://127.0.0.1:$port/; proxy_buffers 8 16k; }
  }
}
EOT
  leave_root
  serve /usr/sbin/nginx -p "$PWD" -e "$PWD/error.log" -c "$PWD/nginx.conf"
  answered curl -sf "http://127.0.0.1:$port/small.txt"
  curl -s --compressed "http://127.0.0.1:$port/back/large.txt" | sha256sum
  load 12000 "http://127.0.0.1:$port/small.txt"
  load 6000 "http://127.0.0.1:$port/back/small.txt"
  load 1500 "http://127.0.0.1:$port/large.txt"
  curl -s "http://127.0.0.1:$port/large.txt" | sha256sum
  served QUIT
}
compare
