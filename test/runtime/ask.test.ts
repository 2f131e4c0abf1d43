import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AskError, secretSource } from '../../runtime/ask.ts';
import { FakeInput, FakeOutput } from './fake-io.ts';

function terminal() {
  const input = new FakeInput('terminal');
  const output = new FakeOutput();
  return { input, output, source: secretSource({ stdin: false, input, output }) };
}

function pipe(content: string | Uint8Array) {
  const input = new FakeInput('pipe');
  input.end(content);
  return secretSource({ stdin: true, input, output: new FakeOutput() });
}

describe('a secret asked for on a terminal', () => {
  it('is read without echo, and the terminal is as before', async () => {
    const { input, output, source } = terminal();
    const asked = source.ask('PIN');
    for (const key of ['4', '7', '1', '1', '\r']) {
      input.write(key);
    }
    expect(await asked).toBe('4711');
    expect(output.text).toBe('PIN: \n');
    expect(input.rawModes).toEqual([true, false]);
    expect(input.isPaused()).toBe(true);
    expect(input.listenerCount('data')).toBe(0);
  });

  it.each([
    ['backspace', '12\x7f34\r', '134'],
    ['backspace on nothing', '\x7f\b1\r', '1'],
    ['backspace over a character of several bytes', 'aé😀\x7f\x7fb\r', 'ab'],
    ['Ctrl-U', 'wrong\x15right\r', 'right'],
    ['arrows, Home and F1', '1\x1b[A2\x1b[1;5C3\x1bOP4\r', '1234'],
    ['a lone Escape', '1\x1b2\r', '12'],
    ['a bracketed paste', '\x1b[200~1234\x1b[201~\r', '1234'],
    ['Tab and other control characters', '1\t2\x013\r', '123'],
    ['a line feed for Enter', '12\n', '12'],
    ['nothing', '\r', ''],
  ])('understands %s', async (_, keys, secret) => {
    const { input, source } = terminal();
    input.write(keys);
    expect(await source.ask('PIN')).toBe(secret);
  });

  it('a character may arrive in pieces', async () => {
    const { input, source } = terminal();
    const asked = source.ask('PIN');
    for (const byte of Buffer.from('पिन\r')) {
      input.write(Buffer.of(byte));
    }
    expect(await asked).toBe('पिन');
  });

  it('keeps what was pasted beyond the line for the next question', async () => {
    const { input, source } = terminal();
    input.write('old\rnew\r');
    expect(await source.ask('old PIN')).toBe('old');
    expect(await source.ask('new PIN')).toBe('new');
  });

  it.each([
    ['Ctrl-C', '12\x03'],
    ['Ctrl-D', '12\x04'],
  ])('%s gives up, and leaves the terminal as before', async (_, keys) => {
    const { input, source } = terminal();
    input.write(keys);
    await expect(source.ask('PIN')).rejects.toThrow('the PIN was not given: nothing was done');
    expect(input.rawModes).toEqual([true, false]);
  });

  it('a terminal that goes away gives up', async () => {
    const { input, source } = terminal();
    const asked = source.ask('PIN');
    input.write('12');
    input.destroy();
    await expect(asked).rejects.toThrow(AskError);
    await expect(source.ask('PIN')).rejects.toThrow(AskError);
  });

  it('ends with its signal, forgets what was typed, and can ask again', async () => {
    const { input, source } = terminal();
    const stop = new AbortController();
    const asked = source.ask('PIN', stop.signal);
    input.write('12');
    await new Promise<void>((resolve) => setImmediate(resolve));
    stop.abort(new Error('the card was taken away'));
    await expect(asked).rejects.toThrow('the card was taken away');
    await expect(source.ask('PIN', stop.signal)).rejects.toThrow('the card was taken away');
    expect(input.rawModes).toEqual([true, false, true, false]);
    expect(input.listenerCount('data')).toBe(0);
    input.write('34\r');
    expect(await source.ask('PIN')).toBe('34');
  });

  it('says what to do where there is none', async () => {
    const source = secretSource({ stdin: false, input: new FakeInput('pipe'), output: new FakeOutput() });
    await expect(source.ask('PIN')).rejects.toThrow('with --pin-stdin');
  });
});

describe('secrets from standard input', () => {
  it('are one a line, whatever the line ends, and the last needs none', async () => {
    const source = pipe('1234\r\n\nnew pin \nlast');
    expect(await source.ask('old PIN')).toBe('1234');
    expect(await source.ask('PIN')).toBe('');
    expect(await source.ask('new PIN')).toBe('new pin ');
    expect(await source.ask('PIN')).toBe('last');
    await expect(source.ask('recovery code')).rejects.toThrow('ended before the recovery code');
  });

  it('may arrive byte by byte, and nothing of them is shown', async () => {
    const input = new FakeInput('pipe');
    const output = new FakeOutput();
    const asked = secretSource({ stdin: true, input, output }).ask('PIN');
    for (const byte of Buffer.from('pässword\n')) {
      input.write(Buffer.of(byte));
    }
    expect(await asked).toBe('pässword');
    expect(output.text).toBe('');
    expect(input.isPaused()).toBe(true);
  });

  it('are refused when longer than any secret, without the secret in the message', async () => {
    await expect(pipe('7'.repeat(1_025)).ask('PIN')).rejects.toThrow(/^the PIN is longer than 1024 bytes/);
    expect(await pipe('7'.repeat(1_024)).ask('PIN')).toHaveLength(1_024);
  });

  it('are refused when they are no text', async () => {
    await expect(pipe(Uint8Array.of(0x31, 0xff, 0x0a)).ask('PIN')).rejects.toThrow('not UTF-8');
  });

  it('fail with the stream', async () => {
    const input = new FakeInput('pipe');
    const asked = secretSource({ stdin: true, input, output: new FakeOutput() }).ask('PIN');
    input.destroy(new Error('EIO'));
    await expect(asked).rejects.toThrow(AskError);
  });

  it('keep no process alive once they are read, though the pipe stays open', async () => {
    const askModule = new URL('../../runtime/ask.ts', import.meta.url).href;
    const script = `
      const { secretSource } = await import(${JSON.stringify(askModule)});
      const secret = await secretSource({ stdin: true }).ask('PIN');
      process.exitCode = secret === '4711' ? 7 : 1;`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    child.stdin.write('4711\nand more\n');
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(7);
  });
});
