import { join, resolve } from 'node:path';
import type { Cidr, Ipv4, Port } from '../core/address.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { reasonOf, SprueError } from '../core/errors.ts';
import type { InstanceId } from '../core/ids.ts';
import { type Log, silentLog } from '../core/log.ts';
import { Allocator } from './allocator.ts';
import { attachContainer } from './attach.ts';
import { chooseRange } from './choose-range.ts';
import { detachContainer, removeRemains } from './detach.ts';
import { PUBLIC_NETWORKS } from './egress-policy.ts';
import { takenNetworks, uplinkMtuBytes } from './host-facts.ts';
import type { Attachment, AttachRequest, HostNetwork } from './host-network.ts';
import { attachmentsIn, type KernelView, readKernel } from './inspect.ts';
import { listAddresses, listRoutes, removeLink } from './ip.ts';
import { enableForwarding, raiseLimits } from './kernel-limits.ts';
import { loadRuleset } from './load-ruleset.ts';
import { namesOfShortId, platformTag, shortId } from './names.ts';
import { nftApply, nftListTable } from './nft.ts';
import { createNftBatcher } from './nft-batcher.ts';
import { assertOwner } from './owner.ts';
import { addElements, containerElements, deleteElements, mappingElement } from './plan.ts';
import { isPortBusy } from './port-probe.ts';
import { formatClients, formatOwner, type RulesetInput } from './ruleset.ts';
import { StateFile } from './state-file.ts';
import { findRemains } from './sweep.ts';
import { tearDownNetwork } from './tear-down.ts';
import { throwIfAny, tryAll } from './try-all.ts';
import type { Workshop } from './workshop.ts';

export interface HostNetworkOptions {
  /** The platform's state directory; ours is the folder `hostnet` in it. */
  readonly stateDir: string;
  /** An address of this machine that routers dial; not a loopback address. */
  readonly hostAddress: Ipv4;
  /** Where container addresses come from. Default: 10.254.0.0/16, or another that is free. */
  readonly range?: Cidr;
  /** Name servers that containers may ask. Those on 127.0.0.0/8 cannot be reached from a container. */
  readonly nameservers: readonly Ipv4[];
  /** The router's ports on `hostAddress`: containers reach apps through it, by their URLs. */
  readonly servicePorts: readonly Port[];
  /** Other machines that may always dial mapped ports, besides those of `setClients`. Default: none. */
  readonly clients?: readonly Cidr[];
  readonly log?: Log;
  readonly clock?: Clock;
}

/** The host network of this machine's kernel, in the network namespace that the process runs in. */
export function createHostNetwork(options: HostNetworkOptions): HostNetwork {
  return new KernelHostNetwork(options);
}

/** A container of this process: being attached, attached, or being detached. */
interface Slot {
  readonly instanceId: InstanceId;
  readonly attaching: Promise<Attachment>;
  attached: boolean;
  detaching?: Promise<void>;
}

class KernelHostNetwork implements HostNetwork {
  readonly #options: HostNetworkOptions;
  readonly #log: Log;
  readonly #tag: string;
  readonly #folder: string;
  readonly #applyNft = createNftBatcher(nftApply);
  /** By short id, because that is what the kernel's names have room for. */
  readonly #slots = new Map<string, Slot>();
  #file: StateFile | undefined;
  #shop: Workshop | undefined;

  constructor(options: HostNetworkOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#tag = platformTag(options.stateDir);
    this.#folder = join(options.stateDir, 'hostnet');
  }

  async setUp(): Promise<void> {
    const { hostAddress } = this.#options;
    const [addresses, listing, view] = await Promise.all([
      listAddresses(),
      nftListTable(),
      readKernel(this.#tag),
    ]);
    const mtuBytes = uplinkMtuBytes(hostAddress, addresses);
    assertOwner(listing, this.#tag);
    this.#file ??= await StateFile.open(this.#folder, this.#log);
    const file = this.#file;
    const taken = takenNetworks(addresses, await listRoutes());
    const range = this.#chooseRange(file, taken, view);
    await file.update({ range });
    await enableForwarding(file);
    const outcome = await loadRuleset(this.#ruleset(), listing, file);
    if (listing === undefined) await this.#restoreElements(view);
    await raiseLimits(this.#log);
    this.#shop ??= this.#openWorkshop(file, range, mtuBytes);
    await this.#adopt();
    this.#log.info(
      { range, mtuBytes, ruleset: outcome, adopted: this.#slots.size },
      'host network is up',
    );
  }

  async attach(request: AttachRequest): Promise<Attachment> {
    const short = shortId(request.instanceId);
    const present = this.#slots.get(short);
    if (present?.instanceId === request.instanceId) return present.attaching;
    if (present !== undefined) {
      const { veth } = namesOfShortId(this.#tag, short);
      throw new SprueError('NETWORK_NAME_TAKEN', { veth });
    }
    const attaching = attachContainer(this.#workshop, request);
    const slot: Slot = { instanceId: request.instanceId, attaching, attached: false };
    this.#slots.set(short, slot);
    attaching.then(
      () => {
        slot.attached = true;
      },
      () => this.#slots.delete(short),
    );
    return attaching;
  }

  async detach(instanceId: InstanceId): Promise<void> {
    const short = shortId(instanceId);
    const slot = this.#slots.get(short);
    if (slot === undefined) {
      return removeRemains(this.#workshop, namesOfShortId(this.#tag, short));
    }
    if (slot.instanceId !== instanceId) return; // the names belong to another one: ours never was
    slot.detaching ??= this.#detachSlot(short, slot);
    return slot.detaching;
  }

  freePort(hostPort: Port): void {
    this.#workshop.allocator.wakePort(hostPort);
  }

  clients(): readonly Cidr[] {
    return this.#file?.state.clients ?? [];
  }

  async setClients(clients: readonly Cidr[]): Promise<void> {
    if (this.#file === undefined) {
      throw new SprueError('INTERNAL', { reason: 'the host network is not set up' });
    }
    await this.#file.update({ clients });
    await this.#applyNft(formatClients(this.#allClients()));
  }

  async list(): Promise<Attachment[]> {
    return attachmentsIn(await readKernel(this.#tag), this.#tag, this.#options.hostAddress);
  }

  async sweep(keep: ReadonlySet<InstanceId>): Promise<InstanceId[]> {
    const doomed = [...this.#slots.values()]
      .filter(slot => slot.attached && !keep.has(slot.instanceId))
      .map(slot => slot.instanceId);
    const view = await readKernel(this.#tag);
    const wanted = new Set([...keep].map(shortId));
    const remains = findRemains(view, short => wanted.has(short) || this.#slots.has(short));
    const unmap = deleteElements(remains.mappings.map(mappingElement));
    const failures = await tryAll([
      ...doomed.map(id => () => this.detach(id)),
      ...remains.shortIds.map(
        short => () => removeRemains(this.#workshop, namesOfShortId(this.#tag, short)),
      ),
      ...remains.veths.map(veth => () => removeLink(veth)),
      async () => unmap && (await this.#applyNft(unmap)),
    ]);
    throwIfAny(failures, 'what belongs to no instance');
    return doomed;
  }

  async tearDown(): Promise<void> {
    await Promise.allSettled([...this.#slots.values()].map(slot => slot.attaching));
    await tearDownNetwork(this.#tag, this.#folder, this.#log);
    this.#slots.clear();
    this.#file = undefined;
    this.#shop = undefined;
  }

  get #workshop(): Workshop {
    if (this.#shop === undefined) {
      throw new SprueError('INTERNAL', { reason: 'the host network is not set up' });
    }
    return this.#shop;
  }

  #openWorkshop(file: StateFile, range: Cidr, mtuBytes: number): Workshop {
    const allocator = new Allocator({
      range,
      cursors: file.state,
      clock: this.#options.clock ?? systemClock,
      saveCursors: cursors => file.update(cursors),
      isPortBusy,
    });
    return {
      tag: this.#tag,
      hostAddress: this.#options.hostAddress,
      mtuBytes,
      policyId: PUBLIC_NETWORKS.id,
      allocator,
      applyNft: this.#applyNft,
      log: this.#log,
    };
  }

  #chooseRange(file: StateFile, taken: readonly Cidr[], view: KernelView): Cidr {
    const kept = file.state.range;
    const inUse = view.veths.some(veth => veth.alias !== undefined);
    if (kept !== undefined && inUse && this.#options.range === undefined) return kept;
    const wanted = this.#options.range;
    return chooseRange({ taken, ...(wanted && { wanted }), ...(kept && { kept }) });
  }

  #ruleset(): RulesetInput {
    const { stateDir, hostAddress, servicePorts, nameservers } = this.#options;
    return {
      owner: formatOwner(this.#tag, resolve(stateDir)),
      clients: this.#allClients(),
      nameservers: nameservers.filter(server => !server.startsWith('127.')),
      services: { address: hostAddress, ports: servicePorts },
      policies: [PUBLIC_NETWORKS],
    };
  }

  #allClients(): Cidr[] {
    return [...new Set([...(this.#options.clients ?? []), ...this.clients()])];
  }

  /** Somebody flushed the whole rule set: the aliases know what each container had. */
  async #restoreElements(view: KernelView): Promise<void> {
    const elements = view.veths.flatMap(({ name, alias }) => {
      if (alias === undefined) return [];
      const { containerIp, ports } = alias;
      return containerElements(name, PUBLIC_NETWORKS.id, ports && { containerIp, ...ports });
    });
    if (elements.length === 0) return;
    await this.#applyNft(addElements(elements));
    this.#log.warn({ elements: elements.length }, 'the nftables table was gone; restored it');
  }

  /** Takes over the containers of an earlier process. */
  async #adopt(): Promise<void> {
    for (const attachment of await this.list()) {
      const short = shortId(attachment.instanceId);
      if (this.#slots.has(short)) continue;
      this.#workshop.allocator.hold(attachment.containerIp, attachment.mapping?.hostPort);
      this.#slots.set(short, {
        instanceId: attachment.instanceId,
        attaching: Promise.resolve(attachment),
        attached: true,
      });
    }
  }

  async #detachSlot(short: string, slot: Slot): Promise<void> {
    const attachment = await slot.attaching.catch(thrown => {
      this.#log.debug({ reason: reasonOf(thrown) }, 'nothing to detach: attaching failed');
      return undefined;
    });
    if (attachment === undefined) return;
    try {
      await detachContainer(this.#workshop, attachment);
      this.#slots.delete(short);
    } catch (thrown) {
      delete slot.detaching; // a retry does what is left
      throw thrown;
    }
  }
}
