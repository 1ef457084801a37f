import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine, logIn, paste, terminalText, until, withServer } from '../harness.mjs';

const SECRET = 'a-value-that-is-kept-nowhere';
const TEXT = `type: dev-environment
ide: vscode
env:
  - API_KEY
  - REGION=north
`;

test(
  'a value that the text leaves open is asked for at the launch, and is in the environment alone',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, TEXT);
    const launch = page.getByRole('main').getByRole('button', { name: /^Launch/ });
    await until(() => launch.isEnabled(), 'the launch is possible');

    // Who looks and leaves has launched nothing.
    await launch.click();
    const dialog = page.getByRole('dialog', { name: 'Value of API_KEY' });
    const value = dialog.getByLabel('API_KEY');
    await value.waitFor();
    assert.ok(await value.evaluate((field) => field === document.activeElement), 'it can be typed at once');
    await examine(page, 'values');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    const runs = async () => (await (await page.request.get(`${server.address}/api/v1/runs`)).json()).items;
    assert.deepEqual(await runs(), []);

    // One without a value does not go.
    await launch.click();
    await value.waitFor();
    await page.keyboard.press('Enter');
    assert.ok(await dialog.isVisible());
    await value.fill(SECRET);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\/[a-z]/);
    await page.getByRole('main').locator('[data-status="running"]').first().waitFor();

    await page.getByRole('tab', { name: /^Terminal/ }).click();
    await page.locator('.xterm-screen').first().click();
    await until(async () => /[#$] *$/.test((await terminalText(page)).trim()), 'the shell asks for a command');
    await page.keyboard.type('echo ${#API_KEY} letters in the $REGION\n');
    await until(
      async () => (await terminalText(page)).includes(`${SECRET.length} letters in the north`),
      'the environment has both values',
    );

    // Neither the page nor the server tells it again.
    const [{ name }] = await runs();
    const told = await (await page.request.get(`${server.address}/api/v1/runs/${name}`)).text();
    assert.ok(told.includes('API_KEY') && !told.includes(SECRET));
    assert.ok(!(await page.content()).includes(SECRET));
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    assert.ok(!kept.includes(SECRET), kept);
    assert.deepEqual(page.problems, []);
  }),
);
