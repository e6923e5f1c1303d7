import type { Ipv4 } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { DnsReport } from '../proto/edge.ts';
import { reportDns } from './dns/dns-report.ts';
import { DnsServer } from './dns/dns-server.ts';
import { type PlatformDns, platformZones } from './dns/platform-zone.ts';
import { nextSerial } from './dns/serial.ts';
import { createZone } from './dns/zone.ts';
import type { EdgeDnsOptions } from './edge-options.ts';

export interface NameServiceOptions extends EdgeDnsOptions {
  readonly domains: readonly [string, ...string[]];
  readonly clock: Clock;
  /** Of the zones when it last served. */
  readonly serial?: number | undefined;
  readonly routerAddresses: readonly Ipv4[];
}

/** The name server of the platform's domains, and which addresses its names have now. */
export class NameService implements AsyncDisposable {
  readonly #server: DnsServer;
  readonly #clock: Clock;
  #platform: PlatformDns;

  private constructor(server: DnsServer, clock: Clock, platform: PlatformDns) {
    this.#server = server;
    this.#clock = clock;
    this.#platform = platform;
  }

  /** @throws SprueError as `DnsServer.listen` and `createZone` do */
  static async open(options: NameServiceOptions): Promise<NameService> {
    const { domains, clock, nameServer = {}, addresses, port, ttlSeconds } = options;
    const platform: PlatformDns = {
      domains,
      routerAddresses: options.routerAddresses,
      nameServer: { addresses, ...nameServer },
      serial: nextSerial(options.serial, clock.now()),
      ...(ttlSeconds !== undefined && { ttlSeconds }),
    };
    const server = await DnsServer.listen({
      addresses,
      ...(port !== undefined && { port }),
      zones: platformZones(platform).map(createZone),
    });
    return new NameService(server, clock, platform);
  }

  get server(): DnsServer {
    return this.#server;
  }

  get serial(): number {
    return this.#platform.serial;
  }

  /** From the next packet on names lead to these addresses. */
  setAddresses(routerAddresses: readonly Ipv4[]): void {
    const before = this.#platform.routerAddresses;
    if (routerAddresses.join() === before.join()) return;
    const serial = nextSerial(this.#platform.serial, this.#clock.now());
    this.#platform = { ...this.#platform, routerAddresses, serial };
    this.#server.setZones(platformZones(this.#platform).map(createZone));
  }

  report(): DnsReport {
    const [endpoint] = this.#server.endpoints;
    return reportDns(this.#platform, endpoint ? { port: endpoint.port } : {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close();
  }
}
