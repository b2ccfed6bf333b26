// The report of the partner tests must not be able to pass by accident.
import assert from 'node:assert/strict';
import test from 'node:test';

import {Report, equal, failureOf} from './report.mjs';

const collector = () => ({
  text: '',
  write(part) {
    this.text += part;
  },
});

test('passed checks give exit code 0 and are counted', async () => {
  const out = collector();
  const report = new Report(out);
  report.part('one', 'title');
  assert.equal(
    await report.check('sum', () => {
      equal(1 + 1, 2);
      return 7;
    }),
    7,
  );
  assert.equal(report.close(), 0);
  assert.match(out.text, /ok {6}sum/);
  assert.match(out.text, /one +1 ok, 0 failed/);
});

test('a failed check says what was expected and what came, and gives exit code 1', async () => {
  const out = collector();
  const report = new Report(out);
  report.part('one', 'title');
  await report.check('good', () => equal(2, 2));
  await report.check('sum', () => equal(1 + 1, 3, 'sum'));
  assert.equal(report.close(), 1);
  assert.match(out.text, /FAILED {2}sum\n +expected sum 3, but 2 came/);
});

test('a part without checks gives exit code 1, also beside one that passed', async () => {
  const out = collector();
  const report = new Report(out);
  report.part('full', 'title');
  await report.check('good', () => equal(2, 2));
  report.part('empty', 'title');
  report.lacks('everything');
  assert.equal(report.close(), 1);
  assert.match(out.text, /empty +0 ok, 0 failed, 1 not in the partner; FAILED: expected checks, but none ran/);
});

test('no part at all gives exit code 1', () => {
  assert.equal(new Report(collector()).close(), 1);
});

test('a call that should fail and succeeds is a failed check', async () => {
  await assert.rejects(
    failureOf(() => 5, 'a refusal'),
    /expected a refusal, but it succeeded with 5/,
  );
});
