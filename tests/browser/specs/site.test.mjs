// The dashboard as files: a host that knows nothing of Berth, below a path of its own, and no server anywhere.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { Browser, complaints, paste, until } from '../harness.mjs';

const built = process.env.BERTH_SITE ?? path.resolve(import.meta.dirname, '../../../target/site');
const skip = existsSync(path.join(built, 'index.html')) ? false : 'target/site is not there: run `cargo xtask site`';
const BELOW = '/tools/berth';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** The plainest of hosts: files, folders with their index.html, a slash where a folder lacks it, and 404.html. */
async function host(t) {
  const asked = [];
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://host');
    asked.push(pathname);
    const inside = decodeURIComponent(pathname.startsWith(`${BELOW}/`) ? pathname.slice(BELOW.length) : '/nowhere');
    let file = path.join(built, inside);
    const kind = await stat(file).catch(() => null);
    if (kind?.isDirectory() && !inside.endsWith('/')) {
      response.writeHead(301, { location: `${pathname}/${search}` }).end();
      return;
    }
    if (kind?.isDirectory()) file = path.join(file, 'index.html');
    const body = await readFile(file).catch(() => null);
    const lost = body ?? (await readFile(path.join(built, '404.html')));
    const type = body ? (TYPES[path.extname(file)] ?? 'application/octet-stream') : TYPES['.html'];
    response.writeHead(body ? 200 : 404, { 'content-type': type }).end(lost);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const browser = await Browser.start();
  t.after(() => browser.stop());
  return { browser, asked, address: `http://127.0.0.1:${server.address().port}${BELOW}` };
}

/** A page that fails the test when it asks for anything but the site's own files. */
async function visit(browser, options) {
  const page = await browser.newPage(options);
  page.strays = [];
  page.on('request', (request) => {
    const { pathname, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && (!pathname.startsWith(`${BELOW}/`) || pathname.includes('/api'))) page.strays.push(request.url());
  });
  page.on('websocket', (socket) => page.strays.push(socket.url()));
  return page;
}

const TEXT = 'type: dev-environment\nide: vscode\nresources:\n  gpu: 24GB..\n';

test('the editor finds mistakes, mends them and prices the text, with no server behind', { skip }, async (t) => {
  const { browser, asked, address } = await host(t);
  const page = await visit(browser);
  await page.goto(`${address}/`);
  await paste(page, TEXT.replace('gpu', 'gqu'));
  const problem = page.getByRole('list', { name: 'Problems' }).getByRole('listitem').filter({ hasText: 'gqu' });
  await problem.waitFor();
  const rule = page.getByRole('link', { name: 'unknown-key' }).first();
  const [about] = await Promise.all([page.context().waitForEvent('page'), rule.click()]);
  await about.getByRole('heading', { name: 'unknown-key' }).waitFor();
  assert.equal(new URL(about.url()).pathname, `${BELOW}/reference/problems/unknown-key/`);
  await about.close();
  await problem.getByRole('button', { name: /gpu/ }).first().click();
  await problem.waitFor({ state: 'detached' });
  const offers = page.getByRole('table', { name: 'Offers' });
  await offers.getByRole('row').nth(5).waitFor();

  // What a launch takes is said, and that there are no runs and no team.
  const bar = page.getByRole('region', { name: 'Launch' });
  await bar.getByText('Launching needs a Berth server').waitFor();
  await bar.getByText('cargo xtask run').waitFor();
  assert.equal(await page.getByRole('link', { name: /^(Runs|Team)/ }).count(), 0);
  for (const where of ['runs/', 'team/', 'login/', 'runs']) {
    await page.goto(`${address}/${where}`);
    await page.getByRole('heading', { name: 'This needs a Berth server' }).waitFor();
  }
  // The draft is still there.
  await page.getByRole('link', { name: 'Check a configuration' }).click();
  await page.getByRole('textbox', { name: 'Configuration' }).getByText('24GB').click();
  await page.keyboard.press('ControlOrMeta+Enter');
  await page.getByRole('alert').getByText('Launching needs a Berth server').waitFor();
  assert.deepEqual(page.strays, []);
  assert.deepEqual(asked.filter((one) => one.includes('/api')), []);
  assert.deepEqual(page.problems, []);
});

test('explorer, reference and deep links work below any path', { skip }, async (t) => {
  const { browser, address } = await host(t);
  const page = await visit(browser);
  await page.goto(`${address}/explore?memory=80`);
  const card = page.getByRole('article', { name: 'H100 80 GB', exact: true });
  await card.waitFor();
  assert.equal(new URL(page.url()).search, '?memory=80');
  await card.getByRole('link', { name: /offers/ }).click();
  await page.getByRole('table', { name: 'Offers' }).getByRole('row').nth(3).waitFor();
  // An address from within is as good as one that was opened: the same page comes of it.
  await page.reload();
  await page.getByRole('table', { name: 'Offers' }).getByRole('row').nth(3).waitFor();
  await page.goBack();
  await card.getByRole('button', { name: /^Use this/ }).click();
  await page.waitForURL((url) => url.pathname === `${BELOW}/`);
  await page.getByRole('textbox', { name: 'Configuration' }).getByText('H100').waitFor();

  await page.getByRole('link', { name: 'Reference' }).click();
  await page.getByRole('navigation', { name: 'Keys' }).getByRole('link', { name: 'max_price' }).click();
  await until(() => page.url().endsWith('/reference/max_price/'), 'the key stands in the address');
  await page.reload();
  await page.getByRole('heading', { name: 'max_price' }).waitFor();
  const schema = await page.getByRole('link', { name: 'the JSON Schema' }).evaluate((link) => fetch(link.href).then((answer) => answer.json()));
  assert.ok(schema.$schema);
  await page.goto(`${address}/reference/problems/unknown-key/`);
  await page.getByRole('heading', { name: 'unknown-key' }).waitFor();
  assert.deepEqual(page.strays, []);
  assert.deepEqual(page.problems, []);
});

test('a link carries a text from one visitor to another', { skip }, async (t) => {
  const { browser, address } = await host(t);
  const page = await visit(browser);
  await page.goto(`${address}/`);
  await paste(page, `${TEXT}# shared\n`);
  await page.getByRole('button', { name: 'Share' }).click();
  const link = await page.locator('.copyline__text').filter({ hasText: 'config=' }).innerText();
  assert.ok(link.startsWith(`${address}/#config=`), link);
  const other = await visit(browser, { colorScheme: 'dark' });
  await other.goto(link);
  await other.getByRole('textbox', { name: 'Configuration' }).getByText('# shared').waitFor();
  assert.deepEqual([...page.strays, ...other.strays, ...page.problems, ...other.problems], []);
});

test('what is not there is said in words', { skip }, async (t) => {
  const { browser, address } = await host(t);
  // Below a path that the site was not built for, the page of lost addresses has its words alone.
  const page = await browser.newPage();
  await page.goto(`${address}/nowhere/at/all`);
  await page.getByText('There is no page at this address').waitFor();
  if (!(await readFile(path.join(built, '404.html'), 'utf8')).includes(`"${BELOW}/`)) return;
  // Built for this path, it is the dashboard that says so.
  await page.getByRole('link', { name: 'Check a configuration' }).click();
  await page.getByText('Launching needs a Berth server').waitFor();
  await page.goto(`${address}/runs/brave-otter`);
  await page.getByRole('heading', { name: 'This needs a Berth server' }).waitFor();
});

test('the pages fit, wide and narrow, light and dark, and are accessible', { skip }, async (t) => {
  const { browser, address } = await host(t);
  for (const width of [1440, 375]) {
    for (const colorScheme of ['light', 'dark']) {
      const page = await visit(browser, { width, height: width === 375 ? 812 : 900, colorScheme });
      for (const [where, shown] of [
        ['', 'Launching needs a Berth server'],
        ['explore/', 'H100'],
        ['runs/', 'This needs a Berth server'],
      ]) {
        await page.goto(`${address}/${where}`);
        await page.getByText(shown).first().waitFor();
        if (!where && width > 900) await until(async () => (await page.locator('.offers .table tbody tr').count()) > 3, 'offers are there');
        const what = `site-${where.replace('/', '') || 'launch'}-${width}-${colorScheme}`;
        const { scroll, inner } = await page.evaluate(() => ({
          scroll: document.scrollingElement.scrollWidth,
          inner: window.innerWidth,
        }));
        assert.ok(scroll <= inner, `${what} scrolls sideways: ${scroll} in ${inner}`);
        assert.deepEqual(await complaints(page), [], what);
        if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${what}.png`) });
      }
      assert.deepEqual([...page.strays, ...page.problems], []);
      await page.context().close();
    }
  }
});
