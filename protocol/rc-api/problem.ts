import { z } from 'zod';

/** RFC 9457 problem details, as the RC answers every refusal. `code` is stable. */
export const problem = z.object({
  type: z.string().default('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  code: z.string(),
});
export type Problem = z.infer<typeof problem>;
