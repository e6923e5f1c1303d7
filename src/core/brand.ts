declare const brand: unique symbol;

/** A primitive that only its own parser can make. Parse at the edge, trust inside. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
