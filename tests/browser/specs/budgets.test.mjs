// What a first load fetches, against `frontend/budgets.json`: that what is weighed is what a browser fetches, and that too much is said.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { lines, over, readBudgets, weigh } from '../../../frontend/js/weigh.mjs';
import { logIn, withServer } from '../harness.mjs';

/** The files that a page fetches; Chromium without a window asks for no icon. */
const filesOf = ({ first, parts }, page) =>
  [...first.filter(({ kind }) => kind !== 'image'), ...parts.filter(({ kind }) => kind === page)].map(({ name }) => `/${name}`);

const dist = process.env.BERTH_DASHBOARD ?? path.resolve(import.meta.dirname, '../../../frontend/dist');

test('the dashboard keeps to its budgets', async () => {
  const [weighed, budgets] = [await weigh(dist), await readBudgets()];
  assert.deepEqual(over(weighed, budgets, 'quick'), []);
  // Each kind says why it may weigh that much, and the parts are no more than the whole allows.
  for (const { budget, kind } of lines(weighed, budgets, 'quick')) assert.ok(budget.why.length > 20, `${kind} says why`);
});

test('a dashboard that is too heavy, asks too often or brings what nobody weighed is told of, with the reason for the budget', async () => {
  const [weighed, budgets] = [await weigh(dist), await readBudgets()];
  const tight = structuredClone(budgets);
  const wasm = tight.first.find(({ kind }) => kind === 'wasm');
  wasm.bytes.quick = weighed.first.find(({ kind }) => kind === 'wasm').bytes - 1;
  tight.first.find(({ kind }) => kind === 'script').files = 1;
  tight.later = tight.later.filter(({ kind }) => kind !== 'terminal');
  const said = over(weighed, tight, 'quick');
  assert.equal(said.length, 3, said.join('\n'));
  assert.match(said[0], /`script` is 3 requests, of at most 1\. One sets the theme/);
  assert.match(said[1], /`wasm` is [\d,]+ bytes, of at most [\d,]+\. The frame/);
  assert.match(said[2], /the part `terminal` has no budget: it is 1 files and [\d,]+ bytes/);
});

test('a font that a style names is weighed, and has no place in the budget', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'berth-weigh-'));
  try {
    const files = {
      'index.html': '<html><head><link rel="stylesheet" href="/app.css"><link rel="canonical" href="/elsewhere"></head></html>',
      'app.css': '@font-face { src: url("/face.woff2"); } .x { background: url(data:image/png;base64,AA==) }',
      'face.woff2': 'as if it were one',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
    const weighed = await weigh(folder);
    assert.deepEqual(weighed.first.map(({ name, kind }) => [name, kind]), [['index.html', 'page'], ['app.css', 'style'], ['face.woff2', 'font']]);
    assert.match(over(weighed, await readBudgets(), 'quick').join('\n'), /`font` is 1 requests, of at most 0/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test(
  'a first load fetches what is weighed for its page and nothing else, and editor and terminal when they are needed',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      const weighed = await weigh(dist);
      const { parts, later } = weighed;
      const part = (name) => `/${later.find(({ kind }) => kind === name).name}`;
      // Another page of the same person with nothing cached.
      const fresh = async (address) => {
        const cdp = await page.context().newCDPSession(page);
        await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
        const fetched = new Set();
        const note = (request) => {
          const { origin, pathname } = new URL(request.url());
          const ofApi = pathname.startsWith('/api/') || pathname.startsWith('/catalog/') || pathname.startsWith('/assets/');
          if (origin === server.address && !ofApi) fetched.add(request.isNavigationRequest() ? '/index.html' : pathname);
        };
        page.on('request', note);
        await page.goto(`${server.address}${address}`, { waitUntil: 'networkidle' });
        page.off('request', note);
        await cdp.detach();
        return fetched;
      };
      // What the palette needs comes once the page is there.
      const ahead = parts.filter(({ kind }) => kind === 'palette').map(({ name }) => `/${name}`);
      const pages = {
        '/team': 'team', '/runs': 'runs', '/runs/none': 'run', '/team/spend': 'money', '/team/limits': 'money', '/people': 'people', '/account': 'people',
        '/settings/secrets': 'settings', '/settings/project': 'settings', '/explore': 'explore', '/reference': 'reference', '/reference/problems': 'reference', '/gallery': 'gallery',
      };
      for (const [address, of] of Object.entries(pages)) {
        const fetched = await fresh(address);
        const needed = new Set(filesOf(weighed, of));
        assert.deepEqual([...fetched].filter((name) => !name.includes('icon') && (needed.has(name) || !ahead.includes(name))).sort(), [...needed].sort(), address);
        // There is no such run, which a browser says, too.
        if (address === '/runs/none') assert.match(page.problems.splice(0).join(), /404/);
      }
      const own = ahead.find((name) => name.includes('part-palette'));
      assert.ok(own, 'the palette is a part');
      await page.waitForFunction((own) => performance.getEntriesByType('resource').some(({ name }) => name.endsWith(own)), own);
      const launch = await fresh('/');
      assert.ok(launch.has(part('editor')), 'Launch fetches the editor');
      assert.ok(!launch.has(part('terminal')), 'and no terminal');
      assert.deepEqual(page.problems, []);
    },
    ['--demo'],
  ),
);

test(
  'a browser that has nothing fetches what is weighed for signing in, wherever it goes, and the page behind it while somebody signs in',
  withServer(async ({ server, browser }) => {
    const weighed = await weigh(dist);
    const files = (page) => filesOf(weighed, page);
    for (const [address, next] of [['/', 'launch'], ['/team?show=table', 'team'], ['/p/vision/runs/fox', 'run']]) {
      const page = await browser.newPage();
      const fetched = [];
      page.on('request', (request) => {
        const { origin, pathname } = new URL(request.url());
        if (origin !== server.address || pathname.startsWith('/api/') || pathname.startsWith('/icon')) return;
        if (!request.isNavigationRequest()) fetched.push(pathname);
        else if (request.redirectedFrom()) fetched.push('/index.html');
      });
      await page.goto(server.address + address, { waitUntil: 'networkidle' });
      assert.match(page.url(), /\/login/, address);
      const [needed, later] = [files('login'), files(next).filter((name) => !files('login').includes(name))];
      assert.deepEqual(fetched.slice(0, needed.length).sort(), needed.sort(), address);
      assert.deepEqual(fetched.slice(needed.length).sort(), later.sort(), address);
    }

    const page = await browser.newPage();
    await page.goto(`${server.address}/team`, { waitUntil: 'networkidle' });
    await page.getByRole('textbox', { name: /link/i }).fill(server.loginLink);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Team' }).waitFor();
    const over = await page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.includes('part')).map(({ name, transferSize }) => [name, transferSize]));
    const team = files('team').filter((name) => name.includes('part'));
    for (const name of team) {
      const sizes = over.filter(([of]) => of.endsWith(name)).map(([, size]) => size);
      assert.equal(sizes.length, files('login').includes(name) ? 1 : 2, name);
      if (sizes.length > 1) assert.equal(sizes[1], 0, `${name} comes from what the browser has`);
    }
    assert.deepEqual(page.problems, []);
  }),
);
