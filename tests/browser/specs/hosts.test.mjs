// SSH hosts on *Team*: a real server of OpenSSH and a real engine, in a network of their own, with a cable that is pulled.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { test } from 'node:test';
import { examineAll, logIn, paste, until, withServer } from '../harness.mjs';

const programs = process.env.BERTH_TEST_PROGRAMS ?? path.resolve(import.meta.dirname, '../../../target/debug');

/** Hosts until `stop`; null, and why on standard error, where none can run. */
async function startHosts(names) {
  const child = spawn(path.join(programs, 'hosts'), names, { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let why = '';
  child.stderr.on('data', (bytes) => (why += bytes));
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const hosts = [];
  for (;;) {
    const { value, done } = await lines.next();
    if (done) {
      assert.equal(await exited, 77, why);
      assert.ok(!process.env.BERTH_REQUIRE_ENGINES, `SSH hosts are required: ${why}`);
      return { skipped: why.trim() };
    }
    if (value === 'ready') break;
    hosts.push(JSON.parse(value));
  }
  return {
    hosts,
    async say(line) {
      child.stdin.write(`${line}\n`);
      await lines.next();
    },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}

test('an SSH host is added in the page, takes a launch, is away and back, and is removed', async (t) => {
  const started = await startHosts(['h1']);
  if (started.skipped) return t.skip(started.skipped);
  try {
    const [host] = started.hosts;
    const body = withServer(
      async ({ server, browser }) => {
        const page = await browser.newPage();
        await logIn(page, server.loginLink);
        await page.goto(new URL('/team', server.address).href);
        await page.getByText('No hosts yet').waitFor();
        await examineAll(page, 'hosts-none');

        // What will not do is told in the dialog, which keeps what was written.
        await page.getByRole('button', { name: 'Add a host' }).click();
        const dialog = page.getByRole('dialog', { name: 'Add an SSH host' });
        await dialog.getByLabel('Where, and as whom').fill(host.login);
        await dialog.getByLabel('Name', { exact: true }).fill(host.name);
        await dialog.getByLabel('Private key').fill('ssh-ed25519 AAAA');
        await dialog.getByRole('button', { name: 'Add', exact: true }).click();
        await dialog.getByRole('alert').getByText('This is no private key').waitFor();
        await examineAll(page, 'hosts-refused');
        await dialog.getByLabel('Private key').fill(host.key);
        await dialog.getByRole('button', { name: 'Add', exact: true }).click();
        const line = page.getByRole('listitem').filter({ has: page.getByText(host.name, { exact: true }) });
        await line.getByText('Ready').waitFor();
        await line.getByText('nothing runs on it').waitFor();

        // A launch lands there.
        await page.goto(server.address);
        await paste(page, `type: dev-environment\nide: vscode\nbackends: [remote]\nresources: {cpu: 1, memory: 300MB, disk: null}\n`);
        await page.getByRole('textbox', { name: 'Run name' }).fill('far-fox-1');
        const launch = page.getByRole('main').getByRole('button', { name: /^Launch/ });
        await until(() => launch.isEnabled(), 'the launch is possible');
        await launch.click();
        await page.waitForURL(/\/runs\/far-fox-1/);
        await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
        await page.goto(new URL('/team', server.address).href);
        await line.getByText('1 environment').waitFor();
        await examineAll(page, 'hosts-ready');

        await started.say(`unplug ${host.name}`);
        await line.getByText('Away').waitFor();
        await examineAll(page, 'hosts-away');
        await started.say(`plug ${host.name}`);
        await line.getByText('Ready').waitFor();

        // It is not forgotten by mistake while something runs on it.
        await line.getByRole('button', { name: `Remove host ${host.name}` }).click();
        const question = page.getByRole('dialog', { name: `Remove the host ${host.name}?` });
        await question.getByText('1 environment is on it').waitFor();
        await question.getByRole('button', { name: 'Keep it' }).click();
        await page.evaluate(() =>
          fetch('/api/v1/runs/far-fox-1/stop', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{}',
          }),
        );
        await line.getByText('nothing runs on it').waitFor();
        await line.getByRole('button', { name: `Remove host ${host.name}` }).click();
        await question.getByRole('button', { name: 'Remove', exact: true }).click();
        await page.getByText('No hosts yet').waitFor();
      },
      ['--default-image', host.default_image],
    );
    await body(t);
  } finally {
    await started.stop();
  }
});
