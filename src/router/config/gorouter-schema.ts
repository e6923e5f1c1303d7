import {
  type Checked,
  duration,
  flag,
  integer,
  listOf,
  oneOf,
  optional,
  port,
  section,
  text,
} from './rule.ts';

/** Settings of gorouter that this version refuses with a word of explanation. */
const LATER = new Set(
  `disable_http enable_ssl ssl_port tls_pem ca_certs client_ca_certs only_trust_client_ca_certs
  client_cert_validation enable_verify_client_certificate_metadata verify_client_certificate_metadata
  cipher_suites min_tls_version max_tls_version skip_ssl_validation tls_handshake_timeout enable_http2
  enable_http1_concurrent_read_write enable_proxy forwarded_client_cert force_forwarded_proto_https
  sanitize_forwarded_proto hop_by_hop_headers_to_filter isolation_segments routing_table_sharding_mode
  extra_headers_to_log tracing trace_key prometheus per_request_metrics_reporting
  enable_envelope_v1_metrics send_http_start_stop_server_event send_http_start_stop_client_event
  per_app_prometheus_http_metrics_reporting debug_addr zone go_max_procs
  publish_start_message_interval publish_active_apps_interval websocket_dial_timeout
  endpoint_keep_alive_probe_interval route_latency_metric_muzzle_duration secure_cookies
  sticky_session_cookie_names sticky_sessions_for_auth_negotiate healthcheck_poll_interval
  healthcheck_timeout balancing_algorithm balancing_algorithm_az_preference max_idle_conns
  max_response_header_bytes max_request_headers max_response_headers keep_alive_100_continue_requests
  http_rewrite html_error_template_file route_services_secret route_services_secret_decrypt_only
  route_services_timeout route_services_recommend_https route_services_hairpinning
  route_services_hairpinning_allowlist route_services_internal_server_port route_services routing_api
  oauth token_fetcher_max_retries token_fetcher_retry_interval
  token_fetcher_expiration_buffer_time`.split(/\s+/),
);

const LATER_STATUS = new Set([
  'enable_nontls_health_checks',
  'tls',
  'routes',
  'enable_deprecated_varz_healthz_endpoints',
]);
const LATER_NATS = new Set(['tls_enabled', 'ca_certs', 'cert_chain', 'private_key']);
const LATER_LOGGING = new Set([
  'syslog',
  'syslog_addr',
  'syslog_network',
  'syslog_truncate',
  'extra_access_log_fields',
  'loggregator_enabled',
  'metron_address',
]);
const LATER_BACKENDS = new Set(['max_conns', 'cert_chain', 'private_key']);

/**
 * gorouter's configuration file, as far as this version goes, with its names. A default that differs
 * from gorouter's says so: it is what the Cloud Foundry release sets anyway, or safer.
 */
export const GOROUTER_SCHEMA = section(
  {
    /** Number of this router among its like; part of its id. */
    index: integer(0, 0),
    port: port(8081),
    /** Ours: which address the traffic listener binds. */
    listen_address: text('0.0.0.0'),
    /** Ours: file that tells, as JSON, that the router serves. */
    ready_file: optional(text()),
    pid_file: optional(text()),

    status: section(
      { host: text('0.0.0.0'), port: port(8080), user: text(), pass: text() },
      LATER_STATUS,
    ),
    nats: section(
      {
        hosts: listOf(section({ hostname: text('localhost'), port: port(4222) })),
        user: optional(text()),
        pass: optional(text()),
      },
      LATER_NATS,
    ),
    nats_client_ping_interval: duration('20s'),
    logging: section(
      {
        level: oneOf('info', 'debug', 'warn', 'error'), // gorouter: debug
        format: section({ timestamp: oneOf('unix-epoch', 'rfc3339') }),
        disable_log_forwarded_for: flag(false),
        disable_log_source_ip: flag(false),
        redact_query_params: oneOf('none', 'all', 'hash'),
      },
      LATER_LOGGING,
    ),
    access_log: section({ file: optional(text()), enable_streaming: flag(false) }),

    start_response_delay_interval: duration('5s'),
    load_balancer_healthy_threshold: duration('0'),
    droplet_stale_threshold: duration('120s'),
    prune_stale_droplets_interval: duration('30s'),
    suspend_pruning_if_nats_unavailable: flag(true), // gorouter: false
    empty_pool_response_code_503: flag(true), // gorouter: false
    empty_pool_timeout: duration('120s'), // gorouter: 0, so that its 503 never shows

    backends: section({ max_attempts: integer(3, 1) }, LATER_BACKENDS),
    disable_keep_alives: flag(false), // gorouter: true
    max_idle_conns_per_host: integer(100, 0), // gorouter: 2
    endpoint_dial_timeout: duration('5s'),
    endpoint_timeout: duration('60s'),
    frontend_idle_timeout: duration('900s'),
    read_header_timeout: duration('60s'), // gorouter: off, so that slow heads hold connections for ever
    max_request_header_bytes: integer(0, 0), // 0 = 1 MiB
    healthcheck_user_agent: text('HTTP-Monitor/1.1'),
    drain_wait: duration('0'),
    /** gorouter's default: `endpoint_timeout`. */
    drain_timeout: optional(duration('0')),
  },
  LATER,
);

export type GorouterSettings = Checked<typeof GOROUTER_SCHEMA>;
