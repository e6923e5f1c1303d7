/** `GET /sprue/v1/status`: what the controller sees of the platform. */
export interface PlatformStatus {
  readonly domain: string;
  readonly api: string;
  readonly nats: { readonly connected: boolean };
  readonly deas: readonly DeaStatus[];
  readonly routers: readonly RouterStatus[];
  readonly counts: {
    readonly apps: number;
    readonly started_apps: number;
    readonly routes: number;
    readonly desired_instances: number;
    readonly running_instances: number;
    readonly crashed_instances: number;
  };
  readonly memory: { readonly resident_mib: number };
}

export interface DeaStatus {
  readonly id: string;
  readonly address: string;
  readonly memory_mib: number;
  /** Promised to instances. */
  readonly memory_reserved_mib: number;
  readonly instances: number;
  readonly buildpacks: readonly string[];
  readonly version: string;
  /** Seconds since it was last heard. */
  readonly seen_seconds_ago: number;
}

export interface RouterStatus {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly seen_seconds_ago: number;
}
