import type { Link } from './resource.ts';

/** `GET /`: where the parts of the API are. Links that the platform does not offer are `null`. */
export interface RootDocument {
  readonly links: {
    readonly self: Link;
    readonly cloud_controller_v3: Link & { readonly meta: { readonly version: string } };
    readonly login: Link;
    readonly uaa: Link;
    readonly log_cache: Link;
    readonly network_policy_v1: Link | null;
    readonly routing: Link | null;
    readonly logging: Link | null;
    readonly app_ssh: Link | null;
    /** Sprue's own additions to the API. */
    readonly sprue: Link;
  };
}

/** The V3 version that the API claims: all that `cf` v8 and v9 want, without route policies. */
export const V3_VERSION = '3.215.0';
