import { join } from 'node:path';

/** Where a proxy listens, what it forwards to, and a folder for its files. */
export interface Plan {
  readonly folder: string;
  readonly port: number;
  readonly originPort: number;
  readonly appHost: string;
}

export interface Peer {
  readonly name: string;
  /** Program that must be on PATH, or a path. */
  readonly program: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** File name → content, written to the plan's folder first. */
  readonly files: Readonly<Record<string, string>>;
}

export const APP = 'c3d5ac1e-6a35-4f0e-9d38-5d0d4d9e6b11';
export const INSTANCE = '0b8e7a30-44c2-4a5f-a4dc-6f1bb2a5d9ff';

/** Small answers from memory: the origin must never be what limits. */
export function originConfig(folder: string, port: number): string {
  return `worker_processes 1; master_process off; daemon off; pid ${folder}/origin.pid;
error_log ${folder}/origin.err;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000;
  server { listen 127.0.0.1:${port}; location / { default_type text/plain; return 200 "hello world\\n"; } } }
`;
}

/** Same headers added, same fields logged, logs buffered where the program can. */
export function nginx(plan: Plan): Peer {
  const { folder } = plan;
  const config = `worker_processes 1; master_process off; daemon off; pid ${folder}/nginx.pid;
error_log ${folder}/nginx.err;
events { worker_connections 4096; }
http {
  log_format router '$http_host - [$time_iso8601] "$request" $status $request_length $body_bytes_sent '
    '"$http_referer" "$http_user_agent" "$remote_addr:$remote_port" "$upstream_addr" '
    'x_forwarded_for:"$proxy_add_x_forwarded_for" x_forwarded_proto:"$scheme" '
    'vcap_request_id:"$request_id" response_time:$request_time gorouter_time:$upstream_response_time '
    'app_id:"${APP}" app_index:"0" instance_id:"${INSTANCE}" x_cf_routererror:"-"';
  access_log ${folder}/nginx.log router buffer=64k flush=1s;
  keepalive_requests 1000000000;
  upstream app { server 127.0.0.1:${plan.originPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${plan.port};
    server_name ${plan.appHost};
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Request-Start $msec;
      proxy_set_header X-Vcap-Request-Id $request_id;
      proxy_set_header X-CF-ApplicationID ${APP};
      proxy_set_header X-CF-InstanceID ${INSTANCE};
      proxy_set_header X-CF-InstanceIndex 0;
      add_header X-Vcap-Request-Id $request_id;
    }
  }
}
`;
  return {
    name: 'nginx',
    program: 'nginx',
    argv: ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'nginx.err')],
    env: {},
    files: { 'nginx.conf': config },
  };
}

/** HAProxy does not buffer lines to a file; as usual it sends them over its standard output. */
export function haproxy(plan: Plan): Peer {
  const config = `global
  nbthread 1
  maxconn 4096
  log stdout format raw local0
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
frontend front
  bind 127.0.0.1:${plan.port}
  log global
  unique-id-format %[uuid()]
  unique-id-header X-Vcap-Request-Id
  option forwardfor
  capture request header Host len 64
  capture request header Referer len 64
  capture request header User-Agent len 200
  log-format "%[capture.req.hdr(0)] - [%Tl] %{+Q}r %ST %U %B %{+Q}[capture.req.hdr(1)] %{+Q}[capture.req.hdr(2)] \\"%ci:%cp\\" \\"%si:%sp\\" x_forwarded_for:\\"%ci\\" x_forwarded_proto:\\"http\\" vcap_request_id:\\"%ID\\" response_time:%Ta gorouter_time:%Tr app_id:\\"${APP}\\" app_index:\\"0\\" instance_id:\\"${INSTANCE}\\" x_cf_routererror:\\"-\\""
  acl app hdr(host) -i ${plan.appHost}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Request-Start %[date(0,ms)]
  http-request set-header X-CF-ApplicationID ${APP}
  http-request set-header X-CF-InstanceID ${INSTANCE}
  http-request set-header X-CF-InstanceIndex 0
  http-response set-header X-Vcap-Request-Id %[unique-id]
  use_backend app if app
backend app
  server origin 127.0.0.1:${plan.originPort}
`;
  return {
    name: 'haproxy',
    program: 'haproxy',
    argv: ['-q', '-f', join(plan.folder, 'haproxy.cfg')],
    env: {},
    files: { 'haproxy.cfg': config },
  };
}

export function caddy(plan: Plan): Peer {
  const config = `{
  admin off
  auto_https off
}
http://:${plan.port} {
  bind 127.0.0.1
  log {
    output file ${plan.folder}/caddy.log
  }
  @app host ${plan.appHost}
  handle @app {
    header X-Vcap-Request-Id {http.request.uuid}
    reverse_proxy 127.0.0.1:${plan.originPort} {
      header_up X-Request-Start {time.now.unix_ms}
      header_up X-Vcap-Request-Id {http.request.uuid}
      header_up X-CF-ApplicationID ${APP}
      header_up X-CF-InstanceID ${INSTANCE}
      header_up X-CF-InstanceIndex 0
      transport http {
        keepalive_idle_conns_per_host 256
      }
    }
  }
}
`;
  return {
    name: 'caddy',
    program: 'caddy',
    argv: ['run', '--config', join(plan.folder, 'Caddyfile'), '--adapter', 'caddyfile'],
    env: { GOMAXPROCS: '1', HOME: plan.folder },
    files: { Caddyfile: config },
  };
}

/** The data plane with its table and its access log, in a process of its own. */
export function sprue(plan: Plan): Peer {
  return {
    name: 'sprue',
    program: process.execPath,
    argv: [
      '--max-semi-space-size=2', // as bin/sprue starts it
      join(import.meta.dirname, 'sprue-router.ts'),
      JSON.stringify({ ...plan, appGuid: APP, instanceId: INSTANCE }),
    ],
    env: {},
    files: {},
  };
}
