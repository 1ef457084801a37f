import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { complaints, logIn, paste, until, withServer } from '../harness.mjs';

// Set SCREENSHOTS to a folder to keep what was seen.
const album = process.env.SCREENSHOTS;

const TEXT = `type: dev-environment
ide: vscode
resources:
  gpu: A100
termination_idle_time: 30m
`;

async function examine(page, what) {
  const { scroll, width } = await page.evaluate(() => ({
    scroll: document.scrollingElement.scrollWidth,
    width: window.innerWidth,
  }));
  assert.ok(scroll <= width, `${what} scrolls sideways: ${scroll} in ${width}`);
  assert.deepEqual(await complaints(page), [], `${what} is accessible`);
  if (album) {
    await mkdir(album, { recursive: true });
    await page.screenshot({ path: path.join(album, `pools-${what}.png`), fullPage: true });
  }
}

/** Looks at a page in both widths and themes. */
async function examineAll(page, what) {
  for (const [width, height] of [
    [1440, 900],
    [375, 812],
  ]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await examine(page, `${what}-${width}-${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1440, height: 900 });
}

async function launch(page, name) {
  await paste(page, TEXT);
  await page.getByRole('textbox', { name: 'Run name' }).fill(name);
  const button = page.getByRole('main').getByRole('button', { name: /^Launch/ });
  await until(() => button.isEnabled(), 'the launch is possible');
  await button.click();
  await page.waitForURL(new RegExp(`/runs/${name}`));
  await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
}

async function stop(page) {
  await page.getByRole('button', { name: 'Stop', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: /^Stop/ }).click();
  await page.getByRole('main').locator('[data-status="terminated"]').first().waitFor();
}

test(
  'an instance outlives its run with a clock, is kept for longer, taken by the next launch, and removed',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await launch(page, 'first-one');
      await stop(page);

      await page.getByRole('link', { name: /^Team/ }).first().click();
      const instances = page.getByRole('table', { name: 'Instances' });
      const row = instances.getByRole('row', { name: /first-one/ });
      await row.locator('[data-status="idle"]').waitFor();
      await row.getByText(/stops in 29 min \d\d s/).waitFor();
      await row.getByText(/idle since \d\d:\d\d, kept 30 min without a run/).waitFor();
      await examineAll(page, 'team-idle');

      // The clock ticks.
      const clock = row.locator('.idle__clock');
      const before = await clock.innerText();
      await until(async () => (await clock.innerText()) !== before, 'the clock ticks');

      await row.getByRole('button', { name: /^Keep for 1 h/ }).click();
      await row.getByText(/kept until .* by /).waitFor();
      await row.getByText(/stops in (1 h 00 min|59 min)/).waitFor();

      await page.getByRole('link', { name: /^Launch/ }).first().click();
      await paste(page, TEXT);
      const taken = page.getByRole('region', { name: 'Taken by a launch' });
      await taken.getByText(/first-one/).waitFor();
      assert.match(await taken.innerText(), /A launch uses first-one, which waits: \$[\d.]+\/h, at once\./);
      await examine(page, 'launch-reuse-1440-light');
      await launch(page, 'second-one');
      await page.getByRole('link', { name: /^Team/ }).first().click();
      const busy = instances.getByRole('row', { name: /second-one/ });
      await busy.locator('[data-status="running"]').waitFor();
      assert.equal(await instances.getByRole('row').filter({ has: page.locator('[data-status]') }).count(), 1, 'it is the same instance');

      // Removing it now says which run that interrupts.
      await busy.getByRole('button', { name: 'Remove first-one' }).click();
      const question = page.getByRole('dialog', { name: 'Remove first-one?' });
      await question.getByText(/interrupts the run second-one/).waitFor();
      await question.getByRole('button', { name: 'Keep it' }).click();

      await page.goto(`${server.address}/runs/second-one`);
      await stop(page);
      await page.getByRole('link', { name: /^Team/ }).first().click();
      await row.locator('[data-status="idle"]').waitFor();
      await row.getByRole('button', { name: 'Remove first-one' }).click();
      await until(async () => (await row.count()) === 0, 'it is gone');
      assert.deepEqual(page.problems, []);
    },
    ['--demo'],
  ),
);
