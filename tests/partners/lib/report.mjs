// Prints one line a check and counts them. A check that throws has failed; a part that makes no check has failed too.
import {isDeepStrictEqual} from 'node:util';

const shown = (value) => (value === undefined ? 'nothing' : JSON.stringify(value)).slice(0, 400);

// What went wrong in a check, in the words of the house: expected ..., but ...
export class Unexpected extends Error {}

export function equal(got, wanted, what = '') {
  if (isDeepStrictEqual(got, wanted)) return;
  throw new Unexpected(`expected ${what ? what + ' ' : ''}${shown(wanted)}, but ${shown(got)} came`);
}

export function matches(got, pattern, what = '') {
  if (typeof got === 'string' && pattern.test(got)) return;
  throw new Unexpected(`expected ${what ? what + ' ' : ''}${pattern}, but ${shown(got)} came`);
}

export function holds(condition, wanted, got) {
  if (condition) return;
  throw new Unexpected(`expected ${wanted}, but ${shown(got)} came`);
}

// Gives the error that `action` fails with.
export async function failureOf(action, wanted) {
  let got;
  try {
    got = await action();
  } catch (error) {
    return error;
  }
  throw new Unexpected(`expected ${wanted}, but it succeeded with ${shown(got)}`);
}

export class Report {
  constructor(out = process.stdout) {
    this.out = out;
    this.parts = [];
  }

  part(name, title) {
    this.current = {name, passed: 0, failed: 0, lacks: 0};
    this.parts.push(this.current);
    this.out.write(`\n${name}: ${title}\n`);
  }

  // Gives what `action` gave, or undefined when it failed, so that later checks still run.
  async check(name, action) {
    try {
      const value = await action();
      this.current.passed += 1;
      this.out.write(`  ok      ${name}\n`);
      return value;
    } catch (error) {
      this.fail(name, error);
      return undefined;
    }
  }

  fail(name, error) {
    this.current.failed += 1;
    const text = error instanceof Unexpected ? error.message : `expected no error, but ${error?.stack ?? error}`;
    this.out.write(`  FAILED  ${name}\n          ${text.replaceAll('\n', '\n          ')}\n`);
  }

  lacks(what) {
    this.current.lacks += 1;
    this.out.write(`  not in this partner: ${what}\n`);
  }

  // Prints the summary and gives the exit code.
  close() {
    this.out.write('\n');
    const total = {passed: 0, failed: 0, lacks: 0};
    for (const part of this.parts) {
      for (const name of Object.keys(total)) total[name] += part[name];
      const empty = part.passed + part.failed === 0;
      if (empty) total.failed += 1;
      this.out.write(
        `${part.name.padEnd(12)} ${part.passed} ok, ${part.failed} failed, ${part.lacks} not in the partner` +
          `${empty ? '; FAILED: expected checks, but none ran' : ''}\n`,
      );
    }
    this.out.write(
      `${'all'.padEnd(12)} ${total.passed} ok, ${total.failed} failed, ${total.lacks} not in the partners\n`,
    );
    return total.failed === 0 && total.passed > 0 ? 0 : 1;
  }
}
