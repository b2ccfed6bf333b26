// Starts processes, waits for what they promise, and ends every one of them whatever happens to the test.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const running = new Set();
const folders = new Set();

export async function waitFor(condition, seconds, what) {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`expected ${what} within ${seconds} s, but it did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export function temporaryFolder(name) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `perennial-partners-${name}-`));
  folders.add(folder);
  return folder;
}

// One process of this test; its output goes to `log` and is kept in `text`.
export class Child {
  constructor(command, {env = {}, cwd, name = path.basename(command[0])} = {}) {
    this.name = name;
    this.text = '';
    this.process = spawn(command[0], command.slice(1), {env: {...process.env, ...env}, cwd, stdio: 'pipe'});
    this.ended = once(this.process, 'exit').catch((error) => {
      this.text += error.message;
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (bytes) => {
        this.text += bytes;
      });
    }
    running.add(this);
    this.process.on('exit', () => running.delete(this));
  }

  get hasEnded() {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  // Waits for a match in the output.
  async says(pattern, seconds = 30) {
    return waitFor(
      () => {
        const found = pattern.exec(this.text);
        if (!found && this.hasEnded) throw new Error(`${this.name} ended: ${this.text.slice(-2000)}`);
        return found;
      },
      seconds,
      `${this.name} to say ${pattern}`,
    );
  }

  async stop() {
    if (this.hasEnded) return;
    this.process.kill('SIGTERM');
    const late = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    await this.ended;
    clearTimeout(late);
  }
}

export async function stopAll() {
  await Promise.all([...running].map((child) => child.stop()));
  removeFolders();
}

function removeFolders() {
  for (const folder of folders) fs.rmSync(folder, {recursive: true, force: true});
  folders.clear();
}

// The last resort: when this process goes, for whatever reason it can notice, the others go too.
process.on('exit', () => {
  for (const child of running) child.process.kill('SIGKILL');
  removeFolders();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

// Runs a command to its end: {code, text}.
export async function finished(command, options) {
  const child = new Child(command, options);
  await child.ended;
  return {code: child.process.exitCode, text: child.text};
}
