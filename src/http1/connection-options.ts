/** What the `Connection` fields of a message say (RFC 9110 §7.6.1). */
export class ConnectionOptions {
  close = false;
  keepAlive = false;
  upgrade = false;
  /** Lower-case names of fields that are meant for this hop only; undefined when there are none. */
  listed: string[] | undefined = undefined;

  clear(): void {
    this.close = false;
    this.keepAlive = false;
    this.upgrade = false;
    this.listed = undefined;
  }

  /** Adds one `Connection` field value. */
  add(value: string): void {
    if (value === 'keep-alive') this.keepAlive = true;
    else if (value === 'close') this.close = true;
    else for (const option of value.split(',')) this.#addOption(option.trim().toLowerCase());
  }

  #addOption(option: string): void {
    if (option === 'close') this.close = true;
    else if (option === 'keep-alive') this.keepAlive = true;
    else if (option === 'upgrade') this.upgrade = true;
    else if (option !== '') {
      this.listed ??= [];
      this.listed.push(option);
    }
  }
}
