import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { complaints, examineAll, logIn, paste, terminalText, until, withServer } from '../harness.mjs';

// Set SCREENSHOTS to a folder to keep what was seen.
const album = process.env.SCREENSHOTS;

const TEXT = `type: dev-environment
ide: vscode
setup:
  - pip install -r requirements.txt
resources:
  gpu: A100
`;

const TOLD = 'Demo: nothing here is real. No machine is made and nothing is billed.';

async function examine(page, what) {
  const bar = page.getByRole('complementary', { name: 'Demo' });
  await bar.waitFor();
  assert.equal((await bar.innerText()).trim(), TOLD, what);
  const { scroll, width } = await page.evaluate(() => ({
    scroll: document.scrollingElement.scrollWidth,
    width: window.innerWidth,
  }));
  assert.ok(scroll <= width, `${what} scrolls sideways: ${scroll} in ${width}`);
  assert.deepEqual(await complaints(page), [], `${what} is accessible`);
  // It stays in view, and hides nothing of the page below it.
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  const box = await bar.boundingBox();
  assert.equal(box.y, 0, `${what}: it stays in view`);
  const text = await bar.evaluate((bar) => bar.scrollHeight <= bar.clientHeight);
  assert.ok(text, `${what}: its words have room`);
  const covered = await page.evaluate((below) => {
    const bars = [...document.querySelectorAll('.topbar, .rail')].map((bar) => bar.getBoundingClientRect());
    return bars.filter((rect) => rect.height > 0 && rect.top < below - 1).length;
  }, box.height);
  assert.equal(covered, 0, `${what}: it covers nothing`);
  await page.evaluate(() => window.scrollTo(0, 0));
  if (album) {
    await mkdir(album, { recursive: true });
    await page.screenshot({ path: path.join(album, `demo-${what}.png`) });
  }
}

test(
  'every page of a demo says that nothing is real, wide and narrow, light and dark',
  withServer(
    async ({ server, browser }) => {
      assert.ok(server.output.includes(TOLD), 'so does the line that it starts with');
      for (const width of [1440, 375]) {
        for (const colorScheme of ['light', 'dark']) {
          const as = `${width}-${colorScheme}`;
          const page = await browser.newPage({ width, height: width === 375 ? 812 : 900, colorScheme });
          await page.goto(`${server.address}/login`);
          await page.getByRole('heading').first().waitFor();
          await examine(page, `login-${as}`);
          await logIn(page, await server.anotherLoginLink());
          await paste(page, TEXT);
          await until(() => page.getByText('simulated clouds').count(), 'it says where launches go');
          await examine(page, `launch-${as}`);
          for (const at of ['runs', 'team', 'explore', 'reference', 'reference/problems', 'nowhere/at/all']) {
            await page.goto(`${server.address}/${at}`);
            await page.getByRole('main').first().waitFor();
            await examine(page, `${at.replaceAll('/', '-')}-${as}`);
          }
        }
      }
    },
    ['--demo'],
  ),
);

test(
  'in a demo a launch goes to a simulated cloud, runs, has a terminal that echoes, and stops',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await paste(page, TEXT);
      await page.getByRole('table', { name: 'Offers' }).getByRole('row').nth(4).waitFor();
      assert.equal(await page.getByRole('switch', { name: /Backends not set up/ }).count(), 0);
      await page.getByRole('textbox', { name: /name/i }).last().fill('shown-around');
      await page.getByRole('button', { name: 'Launch', exact: true }).click();
      await page.waitForURL(/\/runs\/shown-around/);
      const main = page.getByRole('main');
      await main.locator('[data-status="running"]').first().waitFor();
      await main.getByText('no command below was run').waitFor();
      await main.getByText('(simulated) what `pip install -r requirements.txt` would write').waitFor();
      assert.equal(await main.getByText('berth attach').count(), 0, 'only environments of the server’s machine have that');
      await examine(page, 'run');

      await page.getByRole('tab', { name: /^Terminal/ }).click();
      await page.locator('.xterm-screen').first().waitFor();
      await until(async () => (await terminalText(page)).includes('This machine is simulated'), 'the terminal says what it is');
      await page.locator('.xterm-screen').first().click();
      await page.keyboard.type('nvidia-smi\n');
      await until(async () => (await terminalText(page)).includes('(simulated) not run: nvidia-smi'), 'it echoes');
      await examine(page, 'run-terminal');

      // What was offered, and why this one.
      await page.getByRole('tab', { name: 'Offered' }).click();
      const offers = page.getByRole('tabpanel', { name: 'Offered' });
      await offers.getByText(/^\d+ offers fitted, (and all|of which \d+) could be had; /).waitFor();
      const chosen = offers.getByRole('row').filter({ hasText: 'chosen: the cheapest left' });
      assert.equal(await chosen.count(), 1);
      assert.match(await chosen.innerText(), /A100/);
      // What costs less was tried before: which of the clouds has one is chance. The page launches at the price that it shows, and what costs more is not taken later either.
      const rows = (await offers.getByRole('row').allInnerTexts()).filter((row) => row.includes('$'));
      const at = rows.findIndex((row) => /chosen/.test(row));
      for (const row of rows.slice(0, at)) assert.match(row, /could not be had/);
      const after = rows.slice(at + 1);
      assert.equal(after.length, 3, rows.join('\n'));
      for (const row of after) assert.match(row, /next in turn|above the agreed price|could not be had/);
      await examineAll(page, 'run-offered');

      await page.getByRole('button', { name: 'Stop', exact: true }).first().click();
      await page.getByRole('dialog').getByRole('button', { name: /^Stop/ }).click();
      await main.locator('[data-status="terminated"]').first().waitFor();
      assert.deepEqual(page.problems, []);
    },
    ['--demo'],
  ),
);
