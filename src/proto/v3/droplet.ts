import type { ResourceFrame, ToOne } from './resource.ts';

export interface Droplet extends ResourceFrame {
  readonly state: 'STAGED' | 'EXPIRED';
  readonly error: string | null;
  readonly lifecycle: { readonly type: 'buildpack'; readonly data: object };
  readonly execution_metadata: string;
  /** Start command by process type. */
  readonly process_types: Readonly<Record<string, string>> | null;
  readonly checksum: { readonly type: 'sha256'; readonly value: string } | null;
  readonly buildpacks: readonly DropletBuildpack[];
  readonly stack: string | null;
  readonly image: null;
  readonly relationships: { readonly app: ToOne };
}

export interface DropletBuildpack {
  readonly name: string;
  readonly detect_output: string | null;
  readonly version: string | null;
  readonly buildpack_name: string | null;
}
