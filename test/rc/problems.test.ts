import { describe, expect, it } from 'vitest';
import { AuthenticationError, MalformedError } from '../../protocol/errors.ts';
import { problemOf } from '../../rc/api/problems.ts';
import { RefusedError } from '../../rc/errors.ts';
import { StoreFullError } from '../../runtime/store-errors.ts';

describe('a problem', () => {
  it('says why a request was refused, in a stable code and a plain sentence', () => {
    expect(problemOf(new RefusedError('card-unknown', 'no card has this UID'))).toEqual({
      type: 'about:blank',
      title: 'There is no such card',
      status: 404,
      detail: 'no card has this UID',
      code: 'card-unknown',
    });
    expect(problemOf(new MalformedError('the identity element'))).toMatchObject({
      status: 400,
      code: 'request-malformed',
    });
  });

  it('says that the disk failed, without its paths', () => {
    const problem = problemOf(new StoreFullError('the disk of /srv/rc/store.sqlite is full'));
    expect(problem).toMatchObject({ status: 503, code: 'store-full' });
    expect(JSON.stringify(problem)).not.toContain('/srv');
  });

  it('says nothing of a failure that nobody foresaw', () => {
    for (const failure of [
      new TypeError('key abcd is wrong'),
      new AuthenticationError('x'),
      'text',
      undefined,
    ]) {
      const problem = problemOf(failure);
      expect(JSON.stringify(problem)).not.toContain('abcd');
      expect(problem.status === 500 || problem.status === 400).toBe(true);
    }
    expect(problemOf(new TypeError('key abcd is wrong'))).toMatchObject({ status: 500, code: 'internal' });
  });
});
