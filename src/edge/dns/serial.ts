const MODULUS = 2 ** 32;

/**
 * The serial of the next version of a zone: greater than the one before in the circular arithmetic of
 * RFC 1982 §3.2, and not behind the time in seconds, so that it also grows over restarts that
 * remember nothing.
 */
export function nextSerial(previous: number | undefined, nowMs: number): number {
  const now = Math.floor(nowMs / 1_000) % MODULUS;
  if (previous === undefined || isLater(now, previous)) return now;
  return (previous + 1) % MODULUS;
}

/** RFC 1982 §3.2: `serial` comes after `other`, not more than half the circle away. */
function isLater(serial: number, other: number): boolean {
  const ahead = (serial - other + MODULUS) % MODULUS;
  return ahead > 0 && ahead < MODULUS / 2;
}
