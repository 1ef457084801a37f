// Every text of the dashboard is looked up: in a build in which what is looked up stands between ⟦ and ⟧, nothing else is left.
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { tokenOf, until, withServer } from '../harness.mjs';

const dashboard = process.env.BERTH_DISGUISED;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.svg': 'image/svg+xml' };

/** The server at `address` with another dashboard before it. */
async function disguised(address) {
  const { host, hostname, port } = new URL(address);
  // To the server, all comes from its own page.
  const headersOf = ({ headers }) => ({ ...headers, host, ...(headers.origin && { origin: address }) });
  const open = new Set();
  const server = createServer(async (asked, answer) => {
    const { pathname } = new URL(asked.url, address);
    const page = asked.headers['sec-fetch-mode'] === 'navigate' ? 'index.html' : pathname;
    const file = path.join(dashboard, page);
    if (await stat(file).then((found) => found.isFile(), () => false)) {
      answer.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
      createReadStream(file).pipe(answer);
      return;
    }
    const passed = request({ hostname, port, method: asked.method, path: asked.url, headers: headersOf(asked) }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  server.on('connection', (socket) => open.add(socket.once('close', () => open.delete(socket))));
  server.on('upgrade', (asked, socket, first) => {
    const to = connect(port, hostname, () => {
      const headers = Object.entries(headersOf(asked)).map(([name, value]) => `${name}: ${value}\r\n`);
      to.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${headers.join('')}\r\n`);
      to.write(first);
      to.pipe(socket).pipe(to);
    });
    for (const end of [to, socket]) end.on('error', () => [to, socket].forEach((each) => each.destroy()));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    stop: () => (open.forEach((socket) => socket.destroy()), new Promise((resolve) => server.close(resolve))),
  };
}

/** Words that texts are made of: those of the catalogue. Units are none: sizes are written alike in every language. */
const vocabulary = new Set(
  Object.values(JSON.parse(await readFile(path.join(import.meta.dirname, '../../../frontend/texts/en.json'), 'utf8')))
    .flatMap((texts) => Object.keys(texts))
    .flatMap((text) => text.replace(/[{<`][^}>`]*[}>`]/g, ' ').match(/[\p{L}’]+/gu) ?? [])
    .filter((word) => word.length > 1 && !/^[KMGT]B$/.test(word))
    .map((word) => word.toLowerCase()),
);

/** Whether a text is in English: it has a word of the catalogue, or two in a row that look like words. Names of machines do not, and what was
 *  looked up has strange letters. */
function isEnglish(text) {
  const words = text.replace(/⟦.*⟧/gs, ' ').split(/\s+/).map((word) => word.replace(/^\p{P}+|\p{P}+$/gu, ''));
  return words.some((word) => vocabulary.has(word.toLowerCase())) || /(^|\s)[a-z]{2,} [a-z]{2,}(\s|$)/.test(words.join(' '));
}

/** What people read or hear on the page, each text with where it stands. Code and what people wrote are in elements that say so. */
const texts = (page) =>
  page.evaluate(() => {
    const found = [['title', document.title]];
    const where = (element) => `${element.localName}.${element.getAttribute('class') ?? ''}`;
    const data = 'code, kbd, pre, [translate=no], #p-off, .mono, .cm-editor, .xterm, .log, .backend__mark, script, style';
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (nodes.nextNode()) {
      const { parentElement: element, data: text } = nodes.currentNode;
      if (!element.closest(data)) found.push([where(element), text.trim()]);
    }
    for (const name of ['aria-label', 'aria-description', 'aria-valuetext', 'title', 'placeholder', 'alt']) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        if (!element.closest(data)) found.push([`${where(element)} ${name}`, element.getAttribute(name)]);
      }
    }
    return found;
  });

test(
  'no text of the dashboard is in English when it is built in another language',
  { skip: dashboard ? false : 'BERTH_DISGUISED names no dashboard in another language; `cargo xtask test` builds one' },
  withServer(async ({ server, browser }) => {
    const { address, stop } = await disguised(server.address);
    try {
      const page = await browser.newPage();
      await page.goto(`${address}/login`);
      await page.getByRole('heading').first().waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'en-XA');
      const left = new Map();
      const look = async (what) => {
        for (const [where, text] of await texts(page)) if (isEnglish(text) && !left.has(text)) left.set(text, `${what}: ${where}`);
      };
      await look('login');
      await page.goto(`${address}/login#token=${tokenOf(server.loginLink)}`);
      await page.waitForURL((url) => !url.pathname.startsWith('/login'));
      const table = page.getByRole('table').first();
      await until(async () => (await table.getByRole('row').count()) > 5, 'offers are listed');
      await look('launch');
      await page.evaluate(() =>
        fetch('/api/v1/runs', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'calm-otter-1', configuration: 'type: dev-environment\nide: vscode\nports: [8888]\n' }),
        }),
      );
      const pages = {
        runs: '.table [data-status="running"]',
        'runs/calm-otter-1': 'main [data-status="running"]',
        team: 'main [data-status="running"], main [data-status="busy"]',
        'team?view=cards': '.icard',
        'team/spend': 'main h2, main .figure',
        'team/limits': 'main h2, main .table',
        people: 'main h2',
        account: 'main h2',
        explore: 'article',
        'explore?q=nothing-like-it': '.void',
        'settings/secrets': 'main h2, main .void',
        'settings/notifications': 'main h2',
        'settings/webhooks': 'main h2, main .void',
        'settings/audit': 'main h2, main .table',
        nowhere: 'main',
      };
      for (const [at, ready] of Object.entries(pages)) {
        await page.goto(`${address}/${at}`);
        await page.locator(ready).first().waitFor();
        await look(at);
        if (at === 'runs/calm-otter-1') {
          for (const tab of await page.getByRole('tab').all()) {
            await tab.click();
            await look(`${at}, ${await tab.innerText()}`);
          }
        }
      }
      await page.goto(`${address}/runs`);
      await page.getByRole('row').first().waitFor();
      await page.keyboard.press('ControlOrMeta+k');
      await page.getByRole('option').first().waitFor();
      await look('palette');

      // What the server says of a run, and the rules that it shares with the page, are in English in every build (ADR 19); and places, people
      // and machines have names.
      const roles = (await readFile(path.join(import.meta.dirname, '../../../docs/permissions.md'), 'utf8')).toLowerCase();
      const isTheirs = (text, where) => roles.includes(text.toLowerCase()) || /timeline|audit__detail|li\./.test(where);
      const isName = (text) => /^(calm-otter-1|local|default|main|VS Code|NVIDIA .*|Mozilla.*)$|, [A-Z]{2}$|\badmin$/.test(text);
      const english = [...left].filter(([text, where]) => !isTheirs(text, where) && !isName(text));
      assert.deepEqual(english.map(([text, where]) => `${where}: ${text}`), []);
    } finally {
      await stop();
    }
  }),
);
