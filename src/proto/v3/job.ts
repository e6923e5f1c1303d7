import type { ResourceFrame } from './resource.ts';

/** What a `202` answer's `Location` leads to. Sprue's jobs are complete when the 202 is sent. */
export interface Job extends Omit<ResourceFrame, 'metadata'> {
  readonly operation: string;
  readonly state: 'PROCESSING' | 'POLLING' | 'COMPLETE' | 'FAILED';
  readonly errors: readonly {
    readonly code: number;
    readonly title: string;
    readonly detail: string;
  }[];
  readonly warnings: readonly { readonly detail: string }[];
}
