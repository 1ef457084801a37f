// The command palette and the keys that work on every page, by the keyboard alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examineAll, logIn, until, withServer } from '../harness.mjs';
import { answer, spend } from '../stand-ins.mjs';

const palette = (page) => page.getByRole('dialog', { name: 'Search or jump to' });
const field = (page) => page.getByRole('combobox', { name: 'Search or jump to' });
const chosen = (page) => palette(page).getByRole('option', { selected: true });
const at = (page) => new URL(page.url()).pathname;

async function open(page) {
  await page.keyboard.press('ControlOrMeta+k');
  await field(page).waitFor();
}

test(
  'whatever there is is found by a few letters, and done by the keyboard alone',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await answer(page, /\/api\/v1\/spend\?/, spend);
    const name = await page.evaluate(async () => {
      const body = JSON.stringify({ configuration: 'type: dev-environment\nide: vscode\n', name: 'calm-otter' });
      return (await (await fetch('/api/v1/runs', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json()).name;
    });
    await page.goto(`${server.address}/runs/${name}`);
    await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
    const icon = () => page.locator('link[rel="icon"]').getAttribute('href');
    await until(async () => (await icon()).startsWith('data:image/svg+xml'), 'the icon shows the status');
    const running = await icon();

    // On a run's page, what can be done with it comes first.
    await open(page);
    await palette(page).getByRole('option', { name: /^Terminal in calm-otter/ }).first().waitFor();
    await examineAll(page, 'palette');
    await page.keyboard.type('no such thing anywhere');
    await palette(page).getByText('Nothing is called that.').waitFor();
    await page.keyboard.press('Escape');
    await until(async () => !(await palette(page).isVisible()), 'it is closed');

    await open(page);
    await page.keyboard.type('spend');
    await until(async () => /Spend/.test(await chosen(page).innerText()), 'the page is the first');
    assert.equal(await field(page).getAttribute('aria-activedescendant'), await chosen(page).getAttribute('id'));
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/team\/spend$/);
    assert.ok(!(await icon()).startsWith('data:'), 'the usual icon is back');

    // A run by its name, from anywhere; up from the first is the last.
    await open(page);
    await page.keyboard.type('otter');
    await until(async () => /Open calm-otter/.test(await chosen(page).innerText()), 'its page is the first');
    await page.keyboard.press('ArrowUp');
    const last = await palette(page).getByRole('option').last().getAttribute('aria-selected');
    assert.equal(last, 'true');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\/calm-otter$/);

    await open(page);
    await page.keyboard.type('stop otter');
    await until(async () => /Stop calm-otter/.test(await chosen(page).innerText()), 'stopping is found');
    await page.keyboard.press('Enter');
    const question = page.getByRole('dialog', { name: 'Stop calm-otter?' });
    await question.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('main').locator('[data-status="terminated"]').first().waitFor();
    await until(async () => (await icon()) !== running, 'the icon shows that it is over');

    await open(page);
    await page.keyboard.type('theme dark');
    await page.keyboard.press('Enter');
    await until(() => page.evaluate(() => document.documentElement.dataset.theme === 'dark'), 'it is dark');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'two keys lead to a page, one to the list of keys, and none out of a text',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.getByRole('heading', { name: 'Launch' }).click();
    for (const [keys, path] of [['gt', '/team'], ['gr', '/runs'], ['ga', '/account'], ['gk', '/settings/secrets'], ['gl', '/']]) {
      await page.locator('.topbar').click();
      for (const key of keys) await page.keyboard.press(key);
      await until(() => at(page) === path, `${keys} leads to ${path}`);
    }
    // What is typed stays in the text.
    const editor = page.getByRole('textbox', { name: 'Configuration' });
    await editor.click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('gr? gt');
    assert.match(await editor.innerText(), /gr\? gt/);
    assert.equal(at(page), '/');

    await page.locator('.topbar').click();
    await page.keyboard.press('?');
    const list = page.getByRole('dialog', { name: 'Keys' });
    await list.getByText('Search, and do something').waitFor();
    await examineAll(page, 'keys-list');
    await page.keyboard.press('Escape');
    await until(async () => !(await list.isVisible()), 'the list is closed');
    await page.goto(`${server.address}/runs`);
    await page.getByRole('searchbox').or(page.getByRole('heading', { name: 'No environments yet' })).first().waitFor();
    assert.deepEqual(page.problems, []);
  }),
);
