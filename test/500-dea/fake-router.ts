import type { Bus } from '../../src/bus/bus.ts';
import type { RouterRegister } from '../../src/proto/router-register.ts';
import { SUBJECTS } from '../../src/proto/subjects.ts';

/** A router's control side: keeps a table, confirms changes, says that it is alive. */
export class FakeRouter implements Disposable {
  /** `host:port` by URI. */
  readonly table = new Map<string, Set<string>>();
  /** Every message in order: `register|unregister uri,uri host:port`. */
  readonly messages: string[] = [];
  readonly #bus: Bus;
  readonly #id: string;
  readonly #end: (() => void)[] = [];

  constructor(bus: Bus, id = 'router-1') {
    this.#bus = bus;
    this.#id = id;
    for (const subject of [SUBJECTS.routerRegister, SUBJECTS.routerUnregister]) {
      const subscription = bus.subscribe(subject, message => {
        this.#take(subject, message.json() as RouterRegister);
        message.respond({ router: id });
      });
      this.#end.push(() => subscription.unsubscribe());
    }
    this.#tellAlive();
    const unlisten = bus.onStatus(status => {
      if (status === 'reconnected') this.start();
    });
    this.#end.push(unlisten);
    const timer = setInterval(() => this.#tellAlive(), 1_000);
    this.#end.push(() => clearInterval(timer));
  }

  /** What a router says at start and after each reconnect: everybody registers now. */
  start(): void {
    this.#bus.publish(SUBJECTS.routerStart, {
      id: this.#id,
      hosts: ['127.0.0.1'],
      minimumRegisterIntervalInSeconds: 20,
      pruneThresholdInSeconds: 120,
    });
  }

  endpoints(uri: string): string[] {
    return [...(this.table.get(uri) ?? [])];
  }

  [Symbol.dispose](): void {
    for (const end of this.#end) end();
  }

  #take(subject: string, { uris, host, port }: RouterRegister): void {
    this.messages.push(`${subject.slice('router.'.length)} ${uris} ${host}:${port}`);
    for (const uri of uris) {
      const pool = this.table.get(uri) ?? new Set();
      this.table.set(uri, pool);
      if (subject === SUBJECTS.routerRegister) pool.add(`${host}:${port}`);
      else pool.delete(`${host}:${port}`);
    }
  }

  #tellAlive(): void {
    const presence = { id: this.#id, host: '127.0.0.1', port: 80 };
    if (this.#bus.connected) this.#bus.publish(SUBJECTS.routerAlive, presence);
  }
}
