import type { DnsReports, FloatingIpList, FloatingIpResource } from '../../proto/v3/floating-ip.ts';
import type { Rest } from './rest.ts';

const PATH = '/sprue/v1/floating_ips';

/** Floating IPs and the edges' name servers. One method is one request. */
export class EdgesApi {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  floatingIps(): Promise<FloatingIpList> {
    return this.#rest.get(PATH);
  }

  /** Without an address: the next free one. */
  allocate(address: string | undefined, router: string | undefined): Promise<FloatingIpResource> {
    return this.#rest.post(PATH, { address, router });
  }

  /** `null`: it shall lead nowhere. */
  associate(address: string, router: string | null): Promise<FloatingIpResource> {
    return this.#rest.patch(`${PATH}/${encodeURIComponent(address)}`, { router });
  }

  async release(address: string): Promise<void> {
    await this.#rest.delete(`${PATH}/${encodeURIComponent(address)}`);
  }

  dns(): Promise<DnsReports> {
    return this.#rest.get('/sprue/v1/dns');
  }
}
