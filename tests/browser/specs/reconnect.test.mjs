import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, paste, recordStream, terminalText, until, withServer } from '../harness.mjs';

test(
  'an answer that was long on its way does not take back what the stream has told since',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    // What the stream tells of the run waits, so that its page asks for it; the answer to that is the last to arrive.
    const waiting = [];
    let held = false;
    await page.routeWebSocket(/\/api\/v1\/stream/, (near) => {
      const far = near.connectToServer();
      far.onMessage((message) => (held ? waiting.push([near, message]) : near.send(message)));
    });
    let answer;
    const arrives = new Promise((resolve) => (answer = resolve));
    let asked;
    const askedFor = new Promise((resolve) => (asked = resolve));
    await page.route('**/api/v1/runs/late-answer', async (route) => {
      const early = await route.fetch();
      asked(await early.json());
      await arrives;
      await route.fulfill({ response: early });
    });
    await logIn(page, server.loginLink);
    await paste(page, 'type: dev-environment\nide: vscode\nsetup:\n  - sleep 5\n');
    const launch = page.getByRole('main').getByRole('button', { name: /^Launch/ });
    await until(() => launch.isEnabled(), 'the launch is possible');
    await page.getByRole('textbox', { name: 'Run name' }).fill('late-answer');
    held = true;
    await launch.click();
    const early = await askedFor;
    assert.notEqual(early.run.status, 'running');
    held = false;
    for (const [near, message] of waiting) near.send(message);
    const status = () => page.getByRole('main').locator('[data-status]').first().getAttribute('data-status');
    await until(async () => (await status()) === 'running', 'the run runs');
    const arrived = page.waitForResponse('**/api/v1/runs/late-answer');
    answer();
    await (await arrived).finished();
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100))));
    assert.equal(await status(), 'running');
  }),
);

test(
  'a page whose server is killed says so, comes back by itself, and has missed nothing',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    const stream = recordStream(page);
    await logIn(page, server.loginLink);
    await paste(page, 'type: dev-environment\nide: vscode\nsetup:\n  - sleep 2\n');
    const launch = page.getByRole('main').getByRole('button', { name: /^Launch/ });
    await until(() => launch.isEnabled(), 'the launch is possible');
    await launch.click();
    await page.waitForURL(/\/runs\/[a-z]/);
    await page.getByRole('main').locator('[data-status="provisioning"]').first().waitFor();

    await server.killAndRestart(async () => {
      await page.getByText(/reconnecting/i).first().waitFor();
      // Long enough for the environment to come up while nobody is there to see it.
      await new Promise((resolve) => setTimeout(resolve, 2500));
    });
    await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
    await until(async () => (await page.getByText(/reconnecting/i).count()) === 0, 'the page is live again');

    const numbers = stream.filter((message) => message.type === 'event').map((message) => message.seq);
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => numbers[0] + i),
      'each event came once and in order',
    );

    // A terminal goes on after the server is killed under it.
    await page.getByRole('tab', { name: /^Terminal/ }).click();
    await page.locator('.xterm-screen').first().click();
    await until(async () => /[#$] *$/.test((await terminalText(page)).trim()), 'the shell asks for a command');
    await page.keyboard.type('marker=kept; echo first-$((1 + 1))\n');
    await until(async () => (await terminalText(page)).includes('first-2'), 'the shell answers');
    await server.killAndRestart();
    await until(async () => (await page.getByText(/reconnecting/i).count()) === 0, 'the page is live again');
    await page.locator('.xterm-screen').first().click();
    await until(async () => {
      await page.keyboard.type('echo it-is-$marker\n');
      await new Promise((resolve) => setTimeout(resolve, 500));
      return (await terminalText(page)).includes('it-is-kept');
    }, 'the shell is the same');
    assert.equal((await terminalText(page)).match(/^first-2/gm).length, 1, 'nothing shows twice');
  }),
);
