import { keyOf } from './place.js'
import type { Place, Served } from './place.js'

/** PyPI names the serial of each project here; a higher one than that of the document says no less. */
const SERIAL = 'add_header X-PyPI-Last-Serial 999999999;'

/** The configuration that serves a corpus as PyPI and its cache do: documents packed beforehand, connections kept. */
export function nginxConfig(place: Place, served: Served, log: string): string {
  const { directory, port, certificate, network } = place
  const tls =
    certificate === undefined ? '' : `ssl_certificate ${certificate};\n    ssl_certificate_key ${keyOf(certificate)};`
  // Started by root, the workers would else be somebody who may not read what root alone wrote.
  const user = process.getuid?.() === 0 ? 'user root;\n' : ''
  return `${user}daemon off;
pid ${directory}/nginx.pid;
worker_processes auto;
events { worker_connections 2048; }
http {
  log_format traffic '$status $bytes_sent $request';
  access_log ${log} traffic buffer=256k flush=100ms;
  client_body_temp_path ${directory}/client;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  client_body_in_single_buffer on;
  map $request_body $answer { ~changelog_last_serial serial.xml; default changes.xml; }
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  default_type application/octet-stream;
  etag off;
  server {
    listen ${network.host}:${port}${certificate === undefined ? '' : ' ssl'};
    ${tls}
    root ${served.documents};
    # The packed file is the only one; clients that take no gzip get it unpacked.
    gzip_static always;
    gunzip on;
    location /packages/ { root ${served.files}; etag on; gzip_static off; gunzip off; }
    location /integrity/ { default_type application/vnd.pypi.integrity.v1+json; gzip_static off; gunzip off; }
    location ~ ^/simple/?$ {
      root ${served.list.slice(0, served.list.lastIndexOf('/'))};
      rewrite ^ ${served.list.slice(served.list.lastIndexOf('/'))} break;
      default_type application/vnd.pypi.simple.v1+json;
      ${SERIAL}
    }
    location /simple/ {
      rewrite ^/simple/([^/]+)/$ /simple/$1 break;
      default_type application/vnd.pypi.simple.v1+json;
      ${SERIAL}
    }
    location ~ ^/pypi/[^/]+/json$ {
      rewrite ^/pypi/([^/]+)/json$ /pypi/$1 break;
      default_type application/json;
      ${SERIAL}
    }
    # Which call a body holds is known once it is read, which only passing it on brings about.
    location = /pypi { proxy_pass http://unix:${directory}/rpc.sock:/; proxy_set_header X-Answer $answer; }
  }
  server {
    listen unix:${directory}/rpc.sock;
    access_log off;
    root ${directory};
    default_type text/xml;
    # Static files refuse POST with 405.
    location / { error_page 405 =200 /$http_x_answer; return 405; }
    location ~ \\.xml$ { internal; }
  }
}
`
}
