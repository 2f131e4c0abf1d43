import { serverPrimitives } from '../../protocol/crypto/fastest.ts';

/** What a hub computes with: held against noble in test/protocol/primitives.test.ts, and ten times as fast. */
export const fast = await serverPrimitives();
