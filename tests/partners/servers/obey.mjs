// A server of a part as a process of its own: says where it listens, and obeys lines of JSON on standard input.
// {"lose": ["PATCH", "/Users/"]} loses the next answer that fits; other names go to `more`; each line is answered by
// `calls` and the calls so far.
import readline from 'node:readline';

export async function obey(front, more = {}) {
  process.stdout.write(`listening ${front.url}\n`);
  for await (const line of readline.createInterface({input: process.stdin})) {
    const asked = JSON.parse(line);
    if (asked.lose) front.loseAnswer(asked.lose[0], new RegExp(asked.lose[1]));
    for (const [name, value] of Object.entries(asked)) more[name]?.(value);
    process.stdout.write(`calls ${JSON.stringify(front.calls)}\n`);
  }
}
