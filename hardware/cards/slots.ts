/** Bytes a slot has unless something else is asked for: a `cardea-1` image is 215 (PROTOCOL 2.2). */
export const DEFAULT_SLOT_BYTES = 216;
