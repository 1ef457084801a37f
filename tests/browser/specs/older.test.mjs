// Runs that ended long ago: the page keeps the newest of them, and fetches the others when it is asked to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, until, withServer } from '../harness.mjs';

const ALL = 230;
const KEPT = 200;

/** Launches `count` runs, old-1 the first of them, and stops each at once. */
async function haveEnded(page, count) {
  const failed = await page.evaluate(async (count) => {
    const post = async (path, body) => {
      const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      return answer.ok ? undefined : `${path}: ${await answer.text()}`;
    };
    const configuration = 'type: dev-environment\nide: vscode\nresources:\n  gpu: A100\n';
    for (let at = 1; at <= count; at++) {
      const name = `old-${at}`;
      const why = (await post('/api/v1/runs', { configuration, name })) ?? (await post(`/api/v1/runs/${name}/stop`, { abort: true }));
      if (why) return why;
    }
    return undefined;
  }, count);
  assert.equal(failed, undefined);
}

const ended = async (page) => (await page.getByRole('row', { name: /^Finished \d+$/ }).textContent()).match(/\d+/)[0];

test(
  'older runs come when they are asked for, and a page that stays open keeps no more than one that was just opened',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await page.goto(`${server.address}/runs`);
      await haveEnded(page, ALL);
      // Each of them was told of while the page was open, which keeps what it would have if it were opened now.
      await until(async () => (await ended(page)) === `${KEPT}`, 'the newest finished runs are kept');
      const foot = page.getByRole('status').filter({ hasText: 'finished runs are shown' });
      assert.equal(await foot.textContent(), `The newest ${KEPT} finished runs are shown.`);
      const search = page.getByRole('searchbox', { name: /Filter/ });
      await search.fill('old-7');
      const names = () => page.getByRole('table', { name: 'Runs' }).getByRole('link', { name: /^old-\d+$/ }).allTextContents();
      await until(async () => (await names()).length === 10, 'old-70 to old-79, without old-7');

      await page.getByRole('button', { name: 'Show older runs' }).click();
      await until(async () => (await names()).includes('old-7'), 'an older run is there');
      await foot.waitFor({ state: 'detached' });
      await search.fill('');
      await until(async () => (await ended(page)) === `${ALL}`, 'all have ended and are there');

      // The page of one of them, and back: it is not held for deleted, and what was fetched has gone again.
      await search.fill('old-7');
      await page.getByRole('link', { name: 'old-7', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'old-7' }).waitFor();
      await page.getByRole('main').locator('[data-status="terminated"]').first().waitFor();
      await page.goBack();
      // What was looked for is in the address.
      await until(async () => (await search.inputValue()) === 'old-7', 'the search is as it was');
      await search.fill('');
      await until(async () => Number(await ended(page)) <= KEPT + 1, 'the older ones have gone');
      await page.getByRole('button', { name: 'Show older runs' }).waitFor();
    },
    ['--demo', '--requests-per-minute', '60000', '--submissions-per-minute', '60000'],
  ),
);
