// Chromium's side of `cargo xtask bench offers`: the folder with the questions, the folder with the package, the packed
// catalogue. Prints a line of JSON for each measurement.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

import { Browser } from '../harness.mjs';

const [folder, built, packed] = process.argv.slice(2).map((path) => resolve(path));
const questions = readFileSync(join(folder, 'questions.jsonl'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
const bytes = readFileSync(packed);
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.bin': 'application/octet-stream' };
const server = createServer((request, response) => {
  const name = request.url.slice(1);
  const type = TYPES[name.slice(name.lastIndexOf('.'))];
  if (!type) {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>bench</title>');
    return;
  }
  response.setHeader('content-type', type);
  response.end(name === 'offers.bin' ? bytes : readFileSync(join(built, name)));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const browser = await Browser.start();
const print = (document, { total, median_us = 0, p95_us = 0 }) =>
  console.log(JSON.stringify({ tool: 'berth-chromium', document, total, median_us, p95_us }));
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const { loaded, memory } = await page.evaluate(async () => {
    window.samples = (work, milliseconds, least) => {
      const all = [];
      const begin = performance.now();
      while (performance.now() - begin < milliseconds || all.length < least) {
        const one = performance.now();
        work();
        all.push((performance.now() - one) * 1000);
      }
      // The first ones are compiled and fill caches.
      const rest = all.slice(Math.floor(all.length / 5)).sort((a, b) => a - b);
      return { median_us: rest[rest.length >> 1], p95_us: rest[Math.floor(rest.length * 0.95)] };
    };
    window.berth = await import('/browser.js');
    const { default: init } = await import('/berth.js');
    const module = await init();
    const packed = await (await fetch('/offers.bin')).arrayBuffer();
    const before = module.memory.buffer.byteLength;
    window.catalogue = window.berth.Catalogue.load(packed);
    const memory = module.memory.buffer.byteLength - before;
    const loaded = window.samples(() => window.berth.Catalogue.load(packed).free(), 1000, 20);
    return { loaded, memory };
  });
  print('load', loaded);
  print('memory', { total: memory });
  print('brotli', { total: brotliCompressSync(bytes).length });
  for (const { name, text } of questions) {
    print(
      name,
      await page.evaluate((text) => {
        const { total } = window.catalogue.offers(text, { limit: 60 });
        return { total, ...window.samples(() => window.catalogue.offers(text, { limit: 60 }), 500, 20) };
      }, text),
    );
  }
} finally {
  await browser.stop();
  server.close();
}
