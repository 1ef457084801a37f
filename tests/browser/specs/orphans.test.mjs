// Machines that an old backup knows nothing of, at simulated clouds that outlive the server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Browser, Server, binary, logIn, until } from '../harness.mjs';

const MACHINE = 'type: dev-environment\nide: vscode\nbackends: [aws]\nresources:\n  cpu: 1..\n  memory: 1GB..\n';

/** `berth simulated-cloud` and its address. */
async function startClouds() {
  const child = spawn(binary, ['simulated-cloud'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (bytes) => {
      output += bytes;
      const found = output.match(/http:\/\/\S+/);
      if (found) resolve(found[0]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`berth simulated-cloud ended with ${code}\n${output}`)));
  });
  return { child, address };
}

/** The database's files, copied from one folder to another in place of those there. */
async function copyDatabase(from, to) {
  const files = async (folder) => (await readdir(folder)).filter((name) => name.startsWith('berth.db'));
  for (const name of await files(to)) await rm(path.join(to, name));
  for (const name of await files(from)) await cp(path.join(from, name), path.join(to, name));
}

test('machines that an old backup knows nothing of are shown, and kept or removed at their cloud', async () => {
  const clouds = await startClouds();
  const server = await Server.start(['--simulated-clouds', clouds.address]);
  const backup = await mkdtemp(path.join(tmpdir(), 'berth-backup-'));
  const browser = await Browser.start();
  try {
    const ask = (page, at, body) =>
      page.evaluate(
        ([at, body]) =>
          fetch(`/api/v1${at}`, {
            method: body ? 'POST' : 'GET',
            headers: { 'content-type': 'application/json' },
            body: body && JSON.stringify(body),
          }).then((answer) => answer.json()),
        [at, body],
      );
    await server.killAndRestart(() => copyDatabase(server.dataDir, backup));
    const before = await browser.newPage();
    await logIn(before, server.loginLink ?? (await server.anotherLoginLink()));
    const names = [];
    for (let n = 0; n < 2; n++) {
      names.push((await ask(before, '/pools/default-pool/instances', { configuration: MACHINE })).name);
    }
    await until(
      async () => (await ask(before, '/instances')).items.filter(({ status }) => status === 'idle').length === 2,
      'both are there',
    );
    await before.context().close();
    await server.killAndRestart(() => copyDatabase(backup, server.dataDir));

    const page = await browser.newPage();
    await logIn(page, await server.anotherLoginLink());
    await page.getByRole('link', { name: /^Team/ }).first().click();
    const notice = page.getByRole('region', { name: 'Unknown machines' });
    const line = (name) => notice.getByRole('listitem').filter({ hasText: name });
    for (const name of names) await line(name).getByText(/\$0\.100\/h, .* so far; is removed in 1\d min \d\d s/).waitFor();
    await line(names[0]).getByRole('button', { name: `Keep ${names[0]}` }).click();
    await line(names[0]).getByText(/; kept/).waitFor();
    await line(names[1]).getByRole('button', { name: `Remove now: ${names[1]}` }).click();
    await line(names[1]).getByText(/is removed at the next sweep/).waitFor();
    assert.equal(await line(names[1]).getByRole('button', { name: /Remove now/ }).count(), 0);

    // A server sweeps when it starts, and again a minute later.
    await server.killAndRestart();
    await until(async () => {
      const { lines } = await fetch(`${clouds.address}/aws/bill`).then((answer) => answer.json());
      return lines.filter((machine) => machine.there).length === 1;
    }, 'the other one is gone at its cloud');
    await page.reload();
    await line(names[0]).getByText(/; kept/).waitFor();
  } finally {
    await browser.stop();
    await server.stop();
    clouds.child.kill();
    await rm(backup, { recursive: true, force: true });
  }
});
