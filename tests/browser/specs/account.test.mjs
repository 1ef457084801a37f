// One's own account: password, sessions, API tokens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examineAll, logIn, until, withServer } from '../harness.mjs';
import { isIn, reason, signIn } from '../people.mjs';

const PASSWORD = 'seventeen quiet harbours';

test(
  'a password is set, shown to its owner alone, and changed by whoever knows it',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.goto(`${server.address}/account`);
    await page.getByText('none yet: without one you sign in by links').waitFor();
    const field = page.getByLabel('New password');
    const set = page.getByRole('button', { name: 'Set password' });
    await field.fill('too short');
    await page.getByText('3 more characters').waitFor();
    assert.ok(await set.isDisabled());
    await field.fill(PASSWORD);
    assert.equal(await field.getAttribute('type'), 'password');
    await page.getByRole('button', { name: 'Show the new password' }).click();
    assert.equal(await field.getAttribute('type'), 'text');
    await examineAll(page, 'account-password');
    await set.click();
    await page.getByText('you sign in by your name and your password').waitFor();
    assert.equal(await field.inputValue(), '', 'it does not stay in the page');

    // Who has just come in by a link may have forgotten the old one; who comes in by it must know it.
    const name = (await page.locator('.you__name').innerText()).split('\n')[0].trim();
    const leave = page.locator('#you').getByRole('button', { name: 'Sign out' });
    await leave.click();
    await page.waitForURL(/\/login/);
    await signIn(page, name, PASSWORD);
    await isIn(page);
    await page.goto(`${server.address}/account`);
    const change = page.getByRole('button', { name: 'Change password' });
    await page.getByLabel('Current password').fill('not that one, surely');
    await field.fill(`${PASSWORD} more`);
    await change.click();
    await page.locator('#password').getByRole('alert').waitFor();
    await examineAll(page, 'account-wrong-password');
    await page.getByLabel('Current password').fill(PASSWORD);
    await change.click();
    await until(async () => (await field.inputValue()) === '', 'it is changed');

    await leave.click();
    await page.waitForURL(/\/login/);
    await signIn(page, name, PASSWORD);
    await page.getByRole('alert').locator('.notice').waitFor();
    await signIn(page, name, `${PASSWORD} more`);
    await isIn(page);
  }),
);

test(
  'a session that is ended in one browser is over in the other',
  withServer(async ({ server, browser }) => {
    const [here, there] = [await browser.newPage(), await browser.newPage()];
    await logIn(here, server.loginLink);
    await logIn(there, await server.anotherLoginLink());
    await here.goto(`${server.address}/account`);
    const rows = here.getByRole('table', { name: 'Sessions' }).getByRole('row').filter({ has: here.getByRole('button') });
    await until(async () => (await rows.count()) === 2, 'both are there');
    await rows.filter({ hasText: 'this one' }).getByRole('button', { name: 'Sign out here' }).waitFor();
    await rows.filter({ hasNotText: 'this one' }).getByRole('button', { name: /^End the session of Chrome on/ }).click();
    await there.waitForURL(/\/login/);
    await until(async () => (await rows.count()) === 1, 'one is left');
    assert.deepEqual(here.problems, []);
  }),
);

test(
  'an API token is shown once, does what it may and no more, and is worthless once revoked',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.goto(`${server.address}/account#tokens`);
    await page.getByRole('heading', { name: 'No token yet' }).waitFor();
    const tokens = page.locator('#tokens');
    await tokens.getByLabel('What it is for').fill('nightly');
    await tokens.getByLabel('May do').selectOption('viewer');
    await tokens.getByLabel('Ends after').selectOption('30 days');
    await tokens.getByRole('button', { name: 'Make a token' }).click();
    await tokens.getByText('Copy it now').waitFor();
    const secret = await tokens.locator('.copyline__text').innerText();
    await examineAll(page, 'account-token');
    const row = page.getByRole('table', { name: 'API tokens' }).getByRole('row', { name: /nightly/ });
    await row.getByText('as a viewer').waitFor();
    await row.getByText('in 30 d').waitFor();

    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    const asked = async (at, body) => {
      const answer = await fetch(`${server.address}/api/v1${at}`, { method: body ? 'POST' : 'GET', headers, body });
      return answer.status;
    };
    assert.equal(await asked('/runs'), 200);
    assert.equal(await asked('/runs', JSON.stringify({ configuration: 'type: dev-environment\nide: vscode\n' })), 403);
    await tokens.getByRole('button', { name: 'I have it' }).click();
    await page.reload();
    await row.waitFor();
    assert.ok(!(await page.content()).includes(secret), 'it is shown once');

    const revoke = row.getByRole('button', { name: 'Revoke the token nightly' });
    assert.equal(await reason(revoke), 'Revoke the token nightly');
    await revoke.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('heading', { name: 'No token yet' }).waitFor();
    assert.equal(await asked('/runs'), 401);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'who guesses passwords is told how long to wait, and can go on then',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    // As the server says it after ten tries, with a shorter wait than its own.
    const problem = {
      status: 429,
      code: 'too-many-attempts',
      title: 'too many attempts',
      detail: 'too many failed logins; the next try is possible in 4 s',
      request_id: 'x',
    };
    const refuse = (route) =>
      route.fulfill({
        status: 429,
        contentType: 'application/problem+json',
        headers: { 'retry-after': '4' },
        body: JSON.stringify(problem),
      });
    await page.route('**/api/v1/login', refuse);
    await page.goto(`${server.address}/login`);
    await signIn(page, 'nobody', 'just some guess or other');
    const wait = page.getByRole('button', { name: /^Try again in [1-4] s$/ });
    await wait.waitFor();
    assert.ok(await wait.isDisabled());
    await page.getByRole('alert').getByText('Too many failed logins').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Use the link' }).isEnabled(), 'the other way is open');
    await until(() => page.getByRole('button', { name: 'Sign in' }).isEnabled(), 'it is over');
    await examineAll(page, 'login-refused-often');
  }),
);
