// Code that an environment clones, the ways into a run, and SSH keys.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { complaints, logIn, paste, withServer } from '../harness.mjs';

const TEXT = `type: dev-environment
ide: vscode
resources:
  cpu: 1..
  memory: 64MB..
  disk:
setup:
  - cat hello
`;

/** A repository with a branch, as a plain web server gives it out. */
async function withRepository(body) {
  const folder = await mkdtemp(path.join(tmpdir(), 'berth-repository-'));
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', '-c', 'init.defaultBranch=main', ...args], {
      cwd: folder,
    })
      .toString()
      .trim();
  git('init', '-q');
  await writeFile(path.join(folder, 'hello'), 'hello from main\n');
  git('add', '.');
  git('commit', '-qm', 'one');
  git('checkout', '-q', '-b', 'dev');
  await writeFile(path.join(folder, 'hello'), 'hello from dev\n');
  git('commit', '-qam', 'two');
  git('clone', '-q', '--bare', '.', 'project.git');
  git('-C', 'project.git', 'update-server-info');
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://127.0.0.1');
    try {
      response.end(await readFile(path.join(folder, path.normalize(pathname))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${server.address().port}/project.git`;
    await body({ url, commit: git('rev-parse', 'dev') });
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function picture(page, name) {
  if (!process.env.SCREENSHOTS) return;
  for (const [width, colorScheme] of [
    [1440, 'light'],
    [1440, 'dark'],
    [375, 'light'],
    [375, 'dark'],
  ]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}-${width}-${colorScheme}.png`) });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** Nothing may scroll sideways, at any width. */
async function fits(page) {
  for (const width of [375, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, `${page.url()} at ${width} px`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

test(
  'a repository that was named on the launch page is cloned before the first command, and the page says which commit',
  withServer(async ({ server, browser }) => {
    await withRepository(async ({ url, commit }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await paste(page, TEXT);
      await page.getByRole('button', { name: 'Code', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Code' });
      await dialog.getByLabel('Repository').fill('https://ann:s3cret@host/x');
      await dialog.getByRole('button', { name: 'Use for this launch' }).click();
      await dialog.getByRole('alert').getByText('leave it out').waitFor();
      await picture(page, 'code-refused');
      assert.deepEqual(await complaints(page), []);
      await dialog.getByLabel('Repository').fill(url);
      await dialog.getByLabel('Branch or tag').fill('dev');
      await dialog.getByRole('button', { name: 'Use for this launch' }).click();
      await page.getByRole('button', { name: 'project @ dev' }).waitFor();
      await fits(page);
      await picture(page, 'code-chosen');
      await page.getByRole('button', { name: /^Launch/ }).last().click();
      await page.waitForURL('**/runs/*');
      const attach = page.getByRole('region', { name: 'Attach' });
      await attach.getByText(`commit ${commit.slice(0, 8)}`).waitFor();
      await page.getByText('hello from dev').first().waitFor();
      const name = new URL(page.url()).pathname.split('/').pop();
      await attach.getByText(new RegExp(`^ssh ${name}@127.0.0.1 -p \\d+$`)).waitFor();
      await attach.getByText(`berth attach ${name}`, { exact: true }).waitFor();
      const link = attach.getByRole('link', { name: 'open it in VS Code' });
      assert.equal(await link.getAttribute('href'), `vscode://vscode-remote/ssh-remote+${name}/workflow`);
      await page.getByText(`SSH: ssh ${name}@127.0.0.1 -p`).first().waitFor();
      await fits(page);
      await picture(page, 'code-run');
      assert.deepEqual(await complaints(page), []);
      assert.deepEqual(page.problems, []);
    });
  }, ['--ssh-listen', '127.0.0.1:0']),
);

test(
  'a repository that cannot be cloned fails the run with the words of git',
  withServer(async ({ server, browser }) => {
    await withRepository(async ({ url }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await paste(page, TEXT);
      await page.getByRole('button', { name: 'Code', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Code' });
      await dialog.getByLabel('Repository').fill(url);
      await dialog.getByLabel('Branch or tag').fill('nowhere');
      await dialog.getByRole('button', { name: 'Use for this launch' }).click();
      await page.getByRole('button', { name: /^Launch/ }).last().click();
      await page.waitForURL('**/runs/*');
      await page.getByText(/Remote branch nowhere not found/).first().waitFor();
      await page.locator('[data-status="failed"]').first().waitFor();
    });
  }),
);

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti me@laptop';

test(
  'keys are added by pasting, shown with their fingerprints, and removed',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    // Where they once were, and people remember, leads to where they are.
    await page.goto(`${server.address}/settings/keys`);
    await page.waitForURL(/\/account#keys$/);
    await page.getByRole('heading', { name: 'No key yet' }).waitFor();
    await page.getByText('This server takes no SSH connections').waitFor();
    await fits(page);
    await picture(page, 'keys-empty');
    assert.deepEqual(await complaints(page), []);
    const text = page.getByLabel('Public key');
    const add = page.getByRole('button', { name: 'Add key' });
    await text.fill('-----BEGIN OPENSSH PRIVATE KEY-----');
    await add.click();
    await page.getByText(/This is a private key/).waitFor();
    await text.fill(KEY);
    await page.getByLabel('Name', { exact: true }).fill('work laptop');
    await add.click();
    const row = page.getByRole('table', { name: 'SSH keys' }).getByRole('row', { name: /work laptop/ });
    await row.getByText(/^SHA256:/).waitFor();
    assert.equal(await text.inputValue(), '');
    await fits(page);
    await picture(page, 'keys');
    assert.deepEqual(await complaints(page), []);
    await row.getByRole('button', { name: 'Remove the key work laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('heading', { name: 'No key yet' }).waitFor();
    assert.deepEqual(page.problems, []);
  }),
);
