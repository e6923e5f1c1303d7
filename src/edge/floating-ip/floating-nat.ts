import type { Ipv4, Port } from '../../core/address.ts';
import { reasonOf } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { listAddresses } from '../../hostnet/ip.ts';
import { nftApply } from '../../hostnet/nft.ts';
import type { FloatingOptions } from '../edge-options.ts';
import { announceAddresses } from './announce.ts';
import { formatChanges, type NatState } from './changes.ts';
import { forgetConnectionsOf, forgetConnectionsTo } from './forget-connections.ts';
import { readTable, type TableView } from './inspect.ts';
import { addAddress, oursAmong, removeAddress } from './outside-addresses.ts';
import { formatRuleset } from './ruleset.ts';
import { assertTableOf, enableForwarding, findSides, type Sides } from './set-up.ts';

export interface FloatingNatOptions extends FloatingOptions {
  readonly edgeId: string;
  readonly log: Log;
  /** Keeps on disk that forwarding was off before. */
  rememberForwarding(before: '0'): Promise<void>;
}

export const DEFAULT_PORTS = [80, 443] as readonly number[] as readonly Port[];

/** The floating IPs of this machine, as the kernel has them. */
export class FloatingNat {
  readonly #options: FloatingNatOptions;
  readonly #sides: Sides;
  /** The rules as the kernel showed them after they were loaded. */
  #loaded: string | undefined;

  private constructor(options: FloatingNatOptions, sides: Sides) {
    this.#options = options;
    this.#sides = sides;
  }

  /**
   * Loads the rules. What the maps hold from before, and the connections, are left as they are.
   * @throws SprueError `ADDRESS_NOT_LOCAL`, `EDGE_INTERFACES_EQUAL`, `EDGE_TABLE_OWNED`
   */
  static async open(options: FloatingNatOptions): Promise<FloatingNat> {
    const nat = new FloatingNat(options, await findSides(options));
    const before = await readTable();
    assertTableOf(before, options.edgeId);
    await enableForwarding(options.rememberForwarding);
    await nat.#load();
    await nat.#announceAll(before.nat);
    return nat;
  }

  /** What the kernel has now. */
  async read(): Promise<NatState> {
    return (await readTable()).nat;
  }

  /**
   * Makes the kernel as it should be, whatever it is now. A floating IP's map entry stands before its
   * address does, and goes after it. Connections are left alone, except those of released floating
   * IPs and those to dead routers.
   */
  async apply(wanted: NatState, deadRouters: ReadonlySet<Ipv4>): Promise<void> {
    const { nat: before } = await this.#intactTable();
    const { outsideInterface } = this.#sides;
    const present = await this.#ownAddresses(before);
    for (const address of present.difference(wanted.floating)) {
      await removeAddress(address, outsideInterface);
    }
    const changes = formatChanges(before, wanted);
    if (changes !== '') await nftApply(changes);
    const missing = [...wanted.floating].filter(address => !present.has(address));
    for (const address of missing) await addAddress(address, outsideInterface);
    await this.#announce(missing, outsideInterface);
    await this.#forget(before, wanted, deadRouters);
  }

  /** Our table, loaded again when somebody has removed or changed it. */
  async #intactTable(): Promise<TableView> {
    const table = await readTable();
    if (table.rules === this.#loaded) return table;
    assertTableOf(table, this.#options.edgeId);
    this.#options.log.warn({}, 'somebody has changed the table of the floating IPs; loaded again');
    await this.#load();
    return readTable();
  }

  async #load(): Promise<void> {
    const { edgeId, insideAddress, ports = DEFAULT_PORTS } = this.#options;
    await nftApply(formatRuleset({ edgeId, insideAddress, ports, ...this.#sides }));
    this.#loaded = (await readTable()).rules;
  }

  async #ownAddresses({ floating }: NatState): Promise<Set<Ipv4>> {
    const { outsideInterface } = this.#sides;
    const { outsideAddress, pool } = this.#options;
    const addresses = await listAddresses();
    return oursAmong({ addresses, outsideInterface, outsideAddress, pool, floating });
  }

  /** Also its own addresses, the gateways of both sides: the machine may be another one than before. */
  async #announceAll(before: NatState): Promise<void> {
    const { outsideAddress, insideAddress } = this.#options;
    const { outsideInterface, insideInterface } = this.#sides;
    await this.#announce([outsideAddress, ...(await this.#ownAddresses(before))], outsideInterface);
    await this.#announce([insideAddress], insideInterface);
  }

  /** Neighbours that are not told go on sending to the former holder until their cache expires. */
  async #announce(addresses: readonly Ipv4[], interfaceName: string): Promise<void> {
    try {
      await announceAddresses(addresses, interfaceName);
    } catch (thrown) {
      const fields = { addresses, reason: reasonOf(thrown) };
      this.#options.log.warn(fields, 'addresses could not be announced to the neighbours');
    }
  }

  async #forget(before: NatState, wanted: NatState, deadRouters: ReadonlySet<Ipv4>): Promise<void> {
    for (const address of before.floating.difference(wanted.floating)) {
      await forgetConnectionsOf(address);
    }
    for (const [address, router] of before.toRouter) {
      const isMoved = wanted.floating.has(address) && wanted.toRouter.get(address) !== router;
      if (isMoved && deadRouters.has(router)) await forgetConnectionsTo(address, router);
    }
  }
}
