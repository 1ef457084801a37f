import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, until, withServer } from '../harness.mjs';

test(
  'a link works once, and a used or wrong one says how to get another',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    assert.ok(!page.url().includes('token'), 'the token does not stay in the address');

    const stranger = await browser.newPage();
    await stranger.goto(server.loginLink);
    const words = stranger.getByRole('alert');
    await words.waitFor();
    assert.match(await words.innerText(), /used/i);
    assert.match(await stranger.getByRole('main').innerText(), /berth login-link/);

    await stranger.goto(`${server.address}/login?token=wrong`);
    await words.waitFor();
    assert.match(await stranger.getByRole('main').innerText(), /berth login-link/);
  }),
);

test(
  'who is not logged in sees the login page and nothing else, wherever they go',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    for (const at of ['/', '/runs', '/runs/calm-otter-3', '/team']) {
      await page.goto(server.address + at);
      await page.waitForURL(/\/login/);
    }
    const answer = await page.request.get(`${server.address}/api/v1/runs`);
    assert.equal(answer.status(), 401);
    assert.equal((await answer.json()).status, 401);
  }),
);

test(
  'who is signed in already is let through to where they wanted to go, unless a link of theirs does not work',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.goto(`${server.address}/login?next=%2Fruns`);
    await page.waitForURL((url) => url.pathname === '/runs');
    await page.getByRole('heading', { name: 'Runs' }).first().waitFor();
    await page.goto(server.loginLink);
    await page.getByRole('alert').getByText('has been used already').waitFor();
    await page.reload();
    await page.waitForURL((url) => url.pathname === '/');
    // The link's own refusal is all that the browser complains of.
    assert.deepEqual(
      page.problems.filter((problem) => !problem.includes('401')),
      [],
    );
  }),
);

test(
  'a session that is ended elsewhere brings the page back to the login',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.evaluate(() => fetch('/api/v1/logout', { method: 'POST' }));
    await page.getByRole('link', { name: /^Runs/ }).first().click();
    await until(async () => new URL(page.url()).pathname === '/login', 'the login page shows');
  }),
);
