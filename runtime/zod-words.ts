import type { z } from 'zod';
import { UsageError } from './command-line.ts';

/** What was expected, in plain words, where zod's own are for programmers. */
export function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_type':
      return issue.expected === 'number' || issue.expected === 'int' ? 'a whole number' : issue.message;
    case 'too_small':
      if (issue.origin !== 'string') return `${issue.minimum} or more`;
      return issue.minimum === 1 ? 'must not be empty' : `${issue.minimum} characters or more`;
    case 'too_big':
      return issue.origin === 'string' ? `${issue.maximum} characters at most` : `${issue.maximum} at most`;
    default:
      return issue.message;
  }
}

/** The first option that is not what it must be, and what it must be. Options are named as the schema names them. */
export function misuseOf({ issues: [issue] }: z.core.$ZodError): UsageError {
  if (issue === undefined) return new UsageError('an option is not as expected');
  return new UsageError(`--${issue.path.map(String).join('.')}: ${expectationOf(issue)}`);
}
