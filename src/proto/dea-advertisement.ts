import { z } from 'zod';

/** What a DEA says about itself every few seconds; its lease in the bucket `deas`. */
export const deaAdvertisementSchema = z.object({
  id: z.string(),
  /** Address that endpoints of its instances carry. */
  address: z.string(),
  memoryMib: z.number().int(),
  diskMib: z.number().int(),
  /** Names of the buildpacks it can stage with, in detection order. */
  buildpacks: z.array(z.string()),
  startedMs: z.number(),
  version: z.string(),
});
export type DeaAdvertisement = z.infer<typeof deaAdvertisementSchema>;
