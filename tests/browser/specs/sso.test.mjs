// Single sign-on, with a provider of the tests' own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Browser, Server, examineAll, logIn } from '../harness.mjs';

const folder = path.resolve(import.meta.dirname, '../../oidc');

/** Runs `body` with a server that trusts a provider, and cleans up whatever happens. */
const withProvider = (body) => async (t) => {
  await access(path.join(folder, 'node_modules/oidc-provider'));
  const kept = await mkdtemp(path.join(tmpdir(), 'berth-sso-'));
  const provider = spawn('node', ['provider.mjs'], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] });
  const issuer = await new Promise((resolve) => provider.stdout.once('data', (line) => resolve(String(line).trim())));
  const secret = path.join(kept, 'secret');
  await writeFile(secret, 'a secret, with signs: +/%&');
  const options = ['--oidc-issuer', issuer, '--oidc-client-id', 'berth', '--oidc-client-secret-file', secret];
  const server = await Server.start([...options, '--oidc-name', 'Example']);
  const browser = await Browser.start();
  try {
    await body({ server, browser, provider });
  } catch (error) {
    await browser.photograph(t.name);
    throw error;
  } finally {
    await browser.stop();
    await server.stop();
    provider.kill();
    await rm(kept, { recursive: true, force: true });
  }
};

/** Says at the provider's page who one is. */
async function be(page, who) {
  await page.getByLabel('Who are you?').fill(who);
  await page.getByRole('button', { name: 'Continue' }).click();
}

test(
  'an account is connected on its page, opened by the provider, and disconnected once there is a password',
  withProvider(async ({ server, browser }) => {
    const stranger = await browser.newPage();
    await stranger.goto(server.address);
    const button = (page) => page.getByRole('link', { name: 'Sign in with Example' });
    await button(stranger).waitFor();
    await examineAll(stranger, 'login-sso');
    await button(stranger).click();
    await be(stranger, 'ann');
    await stranger.getByRole('alert').getByText('Nobody here is connected with your account of Example').waitFor();
    assert.equal(new URL(stranger.url()).hash, '', 'the problem does not stay in the address');
    await examineAll(stranger, 'login-sso-unknown');

    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.goto(`${server.address}/account`);
    const panel = page.getByRole('region', { name: 'Single sign-on' });
    await panel.getByText('not connected').waitFor();
    await panel.getByRole('button', { name: 'Connect Example' }).click();
    await be(page, 'ann');
    await panel.getByText('connected as ann@example.org').waitFor();
    assert.ok(await panel.getByRole('button', { name: 'Disconnect Example' }).isDisabled(), 'without a password it stays');
    await examineAll(page, 'account-sso');

    // The provider knows the stranger's browser by now, and asks nothing more.
    await stranger.goto(`${server.address}/account`);
    await button(stranger).click();
    await stranger.getByRole('heading', { name: 'Account', exact: true }).waitFor();
    await stranger.getByRole('region', { name: 'Single sign-on' }).getByText('connected as ann@example.org').waitFor();

    await page.getByLabel('New password').fill('seventeen quiet harbours');
    await page.getByRole('button', { name: 'Set password' }).click();
    await panel.getByRole('button', { name: 'Disconnect Example' }).click();
    await panel.getByText('not connected').waitFor();
    // Whoever is not signed in is told so by the server, which Chromium writes down.
    const unexpected = stranger.problems.filter((problem) => !/401|HTTP Authentication failed/.test(problem));
    assert.deepEqual([page.problems, unexpected], [[], []]);
  }),
);

test(
  'what a link says about a sign-in that failed is the words of the page alone',
  withProvider(async ({ server, browser }) => {
    const page = await browser.newPage();
    await page.goto(`${server.address}/login#problem=stale`);
    await page.getByRole('alert').getByText('Begin again').waitFor();
    await page.goto('about:blank');
    await page.goto(`${server.address}/login#problem=Call%20555-0100`);
    await page.getByRole('link', { name: 'Sign in with Example' }).waitFor();
    assert.ok(!(await page.getByRole('main').innerText()).includes('555'));
  }),
);
