const ON = new Set(['true', 'enabled']);

/**
 * Settings in a Staticfile, a subset of Cloud Foundry's:
 * `root` is the folder to serve, `pushstate: enabled` answers unknown paths with index.html.
 * @throws Error for a setting that is not known: better than a site that behaves otherwise than asked
 */
export function parseStaticfile(text) {
  const settings = { root: '.', pushstate: false };
  for (const raw of text.split('\n')) {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '' || line === '---') continue;
    const [, key, value] = /^(\w+):\s*"?(.*?)"?$/.exec(line) ?? [];
    if (key === 'root') settings.root = value || '.';
    else if (key === 'pushstate') settings.pushstate = ON.has(value);
    else
      throw new Error(`the Staticfile's “${line}” is not supported; known are root and pushstate`);
  }
  return settings;
}
