/** The user that every process of a container runs as, by its ids inside. */
export const VCAP_UID = 2000;
export const VCAP_GID = 2000;
export const VCAP_HOME = '/home/vcap';

/** How many ids, from 0, exist inside a container; mapped to as many from `uidBase` on the host. */
export const ID_RANGE = 65_536;
export const DEFAULT_UID_BASE = 100_000;
