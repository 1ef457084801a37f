// The parts of the wasm: a page whose part does not come says so, keeps the frame, and comes when it is asked for again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grouped } from '../../../frontend/js/parts.mjs';
import { examineAll, logIn, withServer } from '../harness.mjs';

test('files that parts share are joined where a request costs more than the bytes that are fetched in vain', () => {
  const file = (name, bytes, ...parts) => ({ name, bytes, parts: new Set(parts) });
  const files = [file('small', 500, 'a', 'b'), file('tiny', 200, 'b', 'c'), file('large', 200_000, 'a', 'b', 'c'), file('other', 300_000, 'd', 'e')];
  const names = grouped(files).map((group) => group.map(({ name }) => name).sort().join(' ')).sort();
  assert.deepEqual(names, ['large small tiny', 'other']);
});

test(
  'a page that cannot be fetched says so, leaves the others alone, and comes once it can be',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const team = '**/part-team-*.wasm';
    await page.route(team, (route) => route.abort());
    await page.getByRole('navigation').getByRole('link', { name: 'Team' }).first().click();
    await page.getByRole('alert').getByText('The server did not send it.').waitFor();
    await examineAll(page, 'part-failed');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('alert').getByText('The server did not send it.').waitFor();

    // Others are there as before, and back again it is tried anew.
    await page.getByRole('navigation').getByRole('link', { name: 'Reference' }).first().click();
    await page.getByRole('heading', { name: 'Reference', level: 1 }).waitFor();
    await page.unroute(team);
    await page.goBack();
    await page.getByRole('heading', { name: 'Team', level: 1 }).waitFor();
  }),
);
