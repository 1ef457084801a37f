// The npm package as a page uses it: served as files, imported by a module.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { Browser } from '../harness.mjs';

const built = process.env.BERTH_NPM ?? path.resolve(import.meta.dirname, '../../../target/npm');
const skip = existsSync(path.join(built, 'browser.js')) ? false : 'target/npm is not there: run `cargo xtask npm`';

const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm', '': 'text/html' };

test('a page imports the package and checks a text', { skip }, async (t) => {
  const server = createServer(async (request, response) => {
    const name = path.basename(request.url);
    const body = name ? await readFile(path.join(built, name)).catch(() => null) : '<!doctype html><title>x</title>';
    response.writeHead(body ? 200 : 404, { 'content-type': TYPES[path.extname(name)] ?? 'text/plain' }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const found = await page.evaluate(async () => {
    const berth = await import('/browser.js');
    const text = 'type: dev-environment\nide: vscode\nresources:\n  dsik: 500GB\n';
    const { diagnostics } = berth.check(text);
    const mended = berth.applyFix(text, diagnostics[0].fixes[0]);
    return { code: diagnostics[0].code, hints: berth.hints(mended).map(({ text }) => text) };
  });
  assert.deepEqual(found, { code: 'unknown-key', hints: ['→ exactly 500 GB'] });
});
