import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, paste, until, withServer } from '../harness.mjs';

const VALID = `type: dev-environment
ide: vscode

resources:
  gpu: 24GB..
`;

const editor = (page) => page.getByRole('textbox', { name: 'Configuration' });
const problems = (page) => page.getByRole('list', { name: 'Problems' }).getByRole('listitem');
const offers = (page) => page.getByRole('table', { name: 'Offers' });
const text = (page) => editor(page).innerText();

test(
  'a mistake leads to its place, and its fix mends it',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, VALID.replace('resources', 'resorces'));
    const problem = problems(page).filter({ hasText: 'resorces' });
    await problem.getByRole('button', { name: /line 4/ }).click();
    await until(() => page.evaluate(() => document.getSelection().toString() === 'resorces'), 'the place is selected');
    // The explanation stands below the line, in the text.
    await page.locator('.cm-content .diag').filter({ hasText: 'resorces' }).waitFor();
    await problem.getByRole('button', { name: /resources/ }).last().click();
    await problem.waitFor({ state: 'detached' });
    assert.match(await text(page), /^resources:/m);
    // One undo takes the fix back.
    await editor(page).press('ControlOrMeta+z');
    await problem.waitFor();
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a draft survives a reload, and what another page left comes first',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, `${VALID}max_price: 3\n`);
    await page.getByText('Draft saved').waitFor();
    await page.reload();
    await editor(page).waitFor();
    assert.match(await text(page), /max_price: 3/);
    await page.evaluate((left) => sessionStorage.setItem('berth.draft.incoming', left), 'type: dev-environment\nide: vscode\npython: "3.12"\n');
    await page.reload();
    await editor(page).waitFor();
    assert.match(await text(page), /python: "3.12"/);
    assert.equal(await page.evaluate(() => sessionStorage.getItem('berth.draft.incoming')), null);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'what cannot be a configuration is told, and typing goes on',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    // A megabyte.
    await paste(page, `${VALID}# ${'x'.repeat(1 << 20)}\n`);
    await problems(page).first().waitFor();
    await page.keyboard.type('y');
    // Bytes of a picture, read as text.
    await paste(page, '\u0089PNG\u0001\u0000\u0002\ufffd\u0007'.repeat(50));
    await until(async () => /error/.test(await page.getByRole('status').allInnerTexts().then((all) => all.join())), 'the text is refused');
    await paste(page, VALID);
    await until(async () => (await problems(page).count()) === 0, 'the text is valid again');
    await offers(page).getByRole('row').nth(3).waitFor();
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'when nothing fits, a change that is offered brings offers back',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, `${VALID}max_price: 0.001\n`);
    await page.getByRole('heading', { name: 'No offer fits yet' }).waitFor();
    const changes = page.getByRole('group', { name: 'Changes that bring offers back' });
    await changes.getByRole('button', { name: 'Apply' }).first().click();
    await offers(page).getByRole('row').nth(1).waitFor();
    assert.doesNotMatch(await text(page), /max_price: 0\.001/);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'the editor can be left by keyboard, and offers keep their place while it is used',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, VALID);
    await page.keyboard.press('Tab');
    assert.ok(await editor(page).evaluate((node) => node === document.activeElement), 'Tab indents');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    assert.ok(await editor(page).evaluate((node) => node !== document.activeElement), 'Escape, Tab leaves');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'values that the text leaves open are asked for, and stay out of it',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, 'type: dev-environment\nide: vscode\nenv:\n  - SECRET_TOKEN\ninit:\n  - test ${#SECRET_TOKEN} = 6 && echo given\n');
    const launch = page.getByRole('main').getByRole('button', { name: 'Launch', exact: true });
    await until(() => launch.isEnabled(), 'the launch is possible');
    await editor(page).press('ControlOrMeta+Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('SECRET_TOKEN').fill('s3cret');
    await dialog.getByRole('button', { name: 'Launch' }).click();
    await page.waitForURL(/\/runs\/[a-z]/);
    await page.getByText('given', { exact: true }).first().waitFor();
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    assert.ok(!kept.includes('s3cret'));
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a name that is taken is said, and nothing is lost',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const launch = page.getByRole('main').getByRole('button', { name: 'Launch', exact: true });
    const name = page.getByRole('textbox', { name: 'Run name' });
    await name.fill('No Good');
    assert.equal(await name.getAttribute('aria-invalid'), 'true');
    assert.ok(await launch.isDisabled());
    await name.fill('twice');
    await until(() => launch.isEnabled(), 'the launch is possible');
    await launch.click();
    await page.waitForURL(/\/runs\/twice/);
    await page.getByRole('link', { name: /^Launch/ }).first().click();
    await paste(page, 'type: dev-environment\nide: vscode\n# kept\n');
    await name.fill('twice');
    await until(() => launch.isEnabled(), 'the launch is possible');
    await launch.click();
    await page.getByRole('alert').filter({ hasText: 'twice' }).waitFor();
    assert.match(await text(page), /# kept/);
    assert.ok(page.problems.every((problem) => /409/.test(problem)), page.problems.join());
  }),
);
