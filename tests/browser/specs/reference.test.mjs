// The reference in the dashboard: it has an address for each key and each problem, and looks like the rest.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { complaints, logIn, until, withServer } from '../harness.mjs';

// Set SCREENSHOTS to a folder to keep what was seen.
const album = process.env.SCREENSHOTS;

/** Waits until the top of an element is in the upper half of the window. */
const inView = (page, element) =>
  until(async () => {
    const { y } = (await element.boundingBox()) ?? { y: -1 };
    return y >= 0 && y < page.viewportSize().height / 2;
  }, 'it is in view');

async function examine(page, what) {
  const sideways = await page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);
  assert.ok(sideways <= 0, `${what} scrolls sideways by ${sideways}`);
  assert.deepEqual(await complaints(page), [], `${what} is accessible`);
  if (!album) return;
  await mkdir(album, { recursive: true });
  await page.screenshot({ path: path.join(album, `${what}.png`) });
}

test(
  'the reference has a place for each key and each problem, wide and narrow, light and dark',
  withServer(async ({ server, browser }) => {
    for (const width of [1440, 375]) {
      for (const colorScheme of ['light', 'dark']) {
        const as = `${width}-${colorScheme}`;
        const page = await browser.newPage({ width, height: width === 375 ? 812 : 900, colorScheme });
        await logIn(page, await server.anotherLoginLink());
        await page.getByRole('link', { name: 'Reference' }).first().click();
        await page.getByRole('heading', { name: 'resources.gpu.name', exact: true }).waitFor();
        await examine(page, `reference-${as}`);

        await page.goto(`${server.address}/reference/resources.gpu`);
        await inView(page, page.getByRole('heading', { name: 'resources.gpu', exact: true }));
        await examine(page, `reference-key-${as}`);

        await page.getByRole('link', { name: 'Problems', exact: true }).click();
        await page.getByRole('link', { name: 'disk-exact', exact: true }).first().click();
        await inView(page, page.getByRole('heading', { name: 'disk-exact', exact: true }));
        assert.equal(new URL(page.url()).pathname, '/reference/problems/disk-exact');
        await examine(page, `reference-problem-${as}`);
        assert.deepEqual(page.problems, []);
        await page.context().close();
      }
    }
  }),
);
