import type { Command } from 'commander';
import { toHex } from '../../protocol/bytes.ts';
import { type TokenRequest, tokenRequest } from '../../protocol/rc-api/join.ts';
import { invocation } from '../../runtime/command-line.ts';
import { misuseOf } from '../../runtime/zod-words.ts';
import { asOperator } from './operator-client.ts';
import type { CommandWorld } from './world.ts';

/** `cardea-rc token hub|device|operator`: mints the one-time string that lets a member join. */
export function addToken(program: Command, world: CommandWorld): void {
  const token = program.command('token').description('mint a one-time join string, good for 24 hours');
  const description = 'its id, taken for ever: 3 to 32 of a-z, 0-9 and -';
  token
    .command('hub')
    .description('for a hub: redeem it there with "cardea-hub join"')
    .requiredOption('--id <id>', description)
    .requiredOption('--location <text>', 'what patients read of where they are', (text) => text.trim())
    .requiredOption('--address <host:port>', 'where terminals reach it')
    .action((options: object, command: Command) => mint(command, world, { kind: 'hub', ...options }));
  token
    .command('device')
    .description('for a patient terminal: redeem it there with "cardea-device join"')
    .requiredOption('--id <id>', description)
    .action((options: object, command: Command) => mint(command, world, { kind: 'device', ...options }));
  token
    .command('operator')
    .description('for an operator: redeem it on their machine with "cardea-rc join"')
    .requiredOption('--role <role>', 'admin, registrar or auditor')
    .option('--id <id>', `${description}; made up from the role when left out`)
    .action((options: { role: string; id?: string }, command: Command) => {
      const id = options.id ?? `${options.role || 'operator'}-${toHex(world.surroundings('warn').random(3))}`;
      return mint(command, world, { kind: 'operator', ...options, id });
    });
}

async function mint(command: Command, world: CommandWorld, options: object): Promise<void> {
  const call = invocation(command, world.io);
  const request = parse(options);
  const { token, expires } = await asOperator(call.folder, world.surroundings('warn'), (client) =>
    client.mintToken(request),
  );
  // The string alone, so that it can be handed on as it is.
  call.show({ kind: request.kind, id: request.id, token, expires }, token);
}

function parse(options: object): TokenRequest {
  const parsed = tokenRequest.safeParse(options);
  if (!parsed.success) throw misuseOf(parsed.error);
  return parsed.data;
}
