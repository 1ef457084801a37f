import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, paste, recordStream, terminalText, until, withServer } from '../harness.mjs';

const VALID = `type: dev-environment
ide: vscode

setup:
  - echo prepared > prepared.txt
  - sleep 1
`;

test(
  'a pasted file becomes a running environment that can be worked in, and is stopped',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    const other = await browser.newPage({ colorScheme: 'dark' });
    const stream = recordStream(page);
    await logIn(page, server.loginLink);
    await logIn(other, await server.anotherLoginLink());

    // Offers of the whole catalogue, without a request for each key.
    await paste(page, VALID);
    const offers = page.getByRole('table', { name: 'Offers' });
    await offers.getByRole('row').nth(5).waitFor();

    // A mistake shows at its line.
    await paste(page, VALID.replace('setup:', 'setpu:'));
    const problem = page.getByRole('list', { name: 'Problems' }).getByRole('listitem').filter({ hasText: 'setpu' });
    await problem.waitFor();
    assert.match(await problem.innerText(), /line 4/);
    assert.ok(await page.getByRole('button', { name: 'Launch', exact: true }).last().isDisabled());
    await paste(page, VALID);
    await problem.waitFor({ state: 'detached' });

    // Launch; the other browser looks on.
    await other.getByRole('link', { name: /^Runs/ }).first().click();
    const launch = page.getByRole('main').getByRole('button', { name: /^Launch/ });
    await until(() => launch.isEnabled(), 'the launch is possible');
    await launch.click();
    await page.waitForURL(/\/runs\/[a-z]/);
    const name = new URL(page.url()).pathname.split('/').pop();
    await page.getByRole('main').locator('[data-status="provisioning"]').first().waitFor();
    await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
    const row = other.getByRole('table', { name: 'Runs' }).getByRole('row').filter({ hasText: name });
    await row.locator('[data-status="running"]').waitFor();

    const run = stream.find((message) => message.type === 'event' && message.run?.name === name).run.id;
    const statuses = stream
      .filter((message) => message.type === 'event' && message.event.subject === 'run' && message.event.run_id === run)
      .map((message) => message.event.to)
      .filter(Boolean);
    assert.deepEqual(statuses, ['submitted', 'provisioning', 'running']);

    // Work in it.
    await page.getByRole('tab', { name: /^Terminal/ }).click();
    await page.locator('.xterm-rows').first().waitFor();
    await page.locator('.xterm-screen').first().click();
    await until(async () => /[#$] *$/.test((await terminalText(page)).trim()), 'the shell asks for a command');
    await page.keyboard.type('echo sum=$((40 + 2)) in $PWD with $(cat prepared.txt)\n');
    await until(async () => (await terminalText(page)).includes('sum=42 in /workflow with prepared'), 'the shell answers');

    // A reload finds the very same terminal, and nothing twice.
    await page.keyboard.type('marker=kept\n');
    await page.reload();
    await page.getByRole('tab', { name: /^Terminal/ }).click();
    await until(async () => (await terminalText(page)).includes('sum=42 in /workflow'), 'the terminal is back');
    const answers = (await terminalText(page)).match(/^sum=42/gm);
    assert.equal(answers.length, 1);
    await page.locator('.xterm-screen').first().click();
    await page.keyboard.type('echo it is $marker\n');
    await until(async () => (await terminalText(page)).includes('it is kept'), 'the shell is the same');

    // Both browsers see it on Team; both see it go.
    for (const one of [page, other]) await one.getByRole('link', { name: /^Team/ }).first().click();
    const team = (one) => one.getByRole('table', { name: 'Instances' }).getByRole('row').filter({ hasText: name });
    for (const one of [page, other]) await team(one).waitFor();
    await page.goto(`${server.address}/runs/${name}`);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: /^Stop/ }).click();
    await page.getByRole('main').locator('[data-status="terminated"]').first().waitFor();
    await team(other).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /^Team/ }).first().click();
    await page.getByRole('heading', { name: /Team/ }).first().waitFor();
    assert.equal(await team(page).count(), 0);

    assert.deepEqual([...page.problems, ...other.problems], []);
  }),
);
