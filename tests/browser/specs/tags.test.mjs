// Tags of runs: shown where there is room for them, and looked for on *Runs* and *Team* by `tag:key=value`, which the address keeps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examineAll, logIn, until, withServer } from '../harness.mjs';

const runs = (page) => page.getByRole('table', { name: 'Runs' });
const instances = (page) => page.getByRole('table', { name: 'Instances' });
const tags = (place) => place.getByRole('list', { name: 'Tags' }).getByRole('listitem');
const search = (page) => page.getByRole('searchbox', { name: /^Filter/ });
const query = (page) => new URL(page.url()).searchParams.get('q');

/** Launches by the interface a run with these tags, written as dstack 0.22 has them. */
async function launch(page, name, tags) {
  const lines = Object.entries(tags).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`);
  const marked = lines.length > 0 ? `tags:\n${lines.join('')}` : '';
  const configuration = `# dstack: 0.22\ntype: dev-environment\nide: vscode\nresources:\n  gpu: A100\n${marked}`;
  const answer = await page.evaluate(async (body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch('/api/v1/runs', { method: 'POST', headers, body: JSON.stringify(body) });
    return { ok: answer.ok, text: await answer.text() };
  }, { configuration, name });
  assert.ok(answer.ok, `${name} is launched: ${answer.text}`);
}

test(
  'tags are shown with runs and machines, and what has one is found by a press or by typing',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage({ width: 1920, height: 1080 });
      await logIn(page, server.loginLink);
      await page.goto(`${server.address}/runs`);
      await launch(page, 'one-fox', { team: 'vision', note: 'two words', zone: 'b' });
      await launch(page, 'two-owl', { team: 'audio' });
      await launch(page, 'red-elk', {});
      const row = (name) => runs(page).getByRole('row', { name: new RegExp(name) });
      for (const name of ['one-fox', 'two-owl', 'red-elk']) await row(name).locator('[data-status="running"]').waitFor();
      await runs(page).getByRole('columnheader', { name: 'Tags' }).waitFor();
      // In the order of their keys; those without room are counted and named.
      await until(async () => (await tags(row('one-fox')).allTextContents()).join('; ') === 'note: two words; team: vision; +1: zone: b', 'a row has its tags');
      assert.equal(await tags(row('red-elk')).count(), 0);
      await examineAll(page, 'tags-runs');
      await page.setViewportSize({ width: 1920, height: 1080 });

      // A press looks for it, beside whatever else is looked for, and the address keeps that.
      await search(page).fill('fox');
      await until(async () => (await row('two-owl').count()) === 0, 'the words leave the other out');
      await tags(row('one-fox')).getByRole('button', { name: 'note: two words' }).click();
      await until(() => query(page) === 'fox tag:note="two words"', 'the address has both');
      assert.equal(await search(page).inputValue(), 'fox tag:note="two words"');
      await search(page).fill('tag:team');
      await until(async () => (await row('two-owl').count()) === 1 && (await row('red-elk').count()) === 0, 'those with the tag are shown');
      await tags(row('two-owl')).getByRole('button', { name: 'team: audio' }).press('Enter');
      await until(() => query(page) === 'tag:team tag:team=audio', 'the value is looked for, too');
      await until(async () => (await row('one-fox').count()) === 0, 'another value is left out');
      await page.reload();
      await row('two-owl').waitFor();
      assert.equal(await row('one-fox').count(), 0, 'a fresh page of the same address shows the same');
      await page.goBack();
      await until(() => query(page) === 'tag:team', 'one step back is what was there before');
      await row('one-fox').waitFor();
      await search(page).fill('tag:team=moon');
      await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
      await page.getByRole('button', { name: 'Clear the filter' }).click();
      await row('red-elk').waitFor();
      assert.equal(query(page), null);

      // The other filters are in the address as well.
      await page.getByRole('button', { name: /^Active/ }).click();
      await page.getByRole('button', { name: /^Mine/ }).click();
      await page.waitForURL(/\/runs\?state=active&mine=true$/);

      // The page of a run has all of them, as links.
      await row('one-fox').getByRole('link', { name: 'one-fox' }).click();
      await page.getByRole('heading', { level: 1, name: /^one-fox/ }).waitFor();
      const main = page.getByRole('main');
      assert.deepEqual(await tags(main).allTextContents(), ['note: two words', 'team: vision', 'zone: b']);
      await examineAll(page, 'tags-run');
      await page.setViewportSize({ width: 1920, height: 1080 });
      await tags(main).getByRole('link', { name: 'team: vision' }).click();
      await page.waitForURL(/\/runs\?q=tag:team%3Dvision$/);
      await row('one-fox').waitFor();
      assert.equal(await row('two-owl').count(), 0);

      // A machine has those of the run on it.
      await page.goto(`${server.address}/team`);
      const machine = (name) => instances(page).getByRole('row', { name: new RegExp(name) });
      await machine('one-fox').waitFor();
      await instances(page).getByRole('columnheader', { name: 'Tags' }).waitFor();
      await tags(machine('two-owl')).getByRole('button', { name: 'team: audio' }).click();
      await until(() => query(page) === 'tag:team=audio', 'it is looked for');
      await until(async () => (await machine('one-fox').count()) === 0, 'the others are left out');
      await search(page).fill('vision');
      await machine('one-fox').waitFor();
      await page.getByRole('button', { name: 'Cards' }).click();
      const card = page.getByRole('article', { name: 'one-fox' });
      await until(async () => (await tags(card).count()) === 3, 'a card has them all');
      await tags(card).getByRole('button', { name: 'zone: b' }).click();
      await until(() => query(page) === 'vision tag:zone=b', 'a card does the same');
      await card.waitFor();
      await examineAll(page, 'tags-cards');
      assert.deepEqual(page.problems, []);
    },
    ['--demo'],
  ),
);

test(
  'without tags there is no column for them, and on a phone they stand below what they are of',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage({ width: 1920, height: 1080 });
      await logIn(page, server.loginLink);
      await page.goto(`${server.address}/runs`);
      await launch(page, 'red-elk', {});
      await runs(page).getByRole('link', { name: 'red-elk' }).waitFor();
      assert.equal(await runs(page).getByRole('columnheader', { name: 'Tags' }).count(), 0);
      await launch(page, 'one-fox', { team: 'vision', note: 'a note that is longer than there is room for on any phone that there is' });
      await runs(page).getByRole('columnheader', { name: 'Tags' }).waitFor();

      await page.setViewportSize({ width: 375, height: 812 });
      const row = runs(page).getByRole('row', { name: /one-fox/ });
      const chip = tags(row).getByRole('button', { name: 'team: vision' });
      const [box, name] = [await chip.boundingBox(), await row.getByRole('link', { name: 'one-fox' }).boundingBox()];
      assert.ok(box.y > name.y && box.height >= 24, 'the tags are below the name');
      assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'nothing is wider than the window');
      await chip.click();
      await until(() => query(page) === 'tag:team=vision', 'it is looked for');
      assert.deepEqual(page.problems, []);
    },
    ['--demo'],
  ),
);
