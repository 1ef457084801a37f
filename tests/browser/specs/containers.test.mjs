import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { Browser, PATIENCE, Server, complaints, logIn, paste, stopsAlone, terminalText, until } from '../harness.mjs';

const programs = process.env.BERTH_TEST_PROGRAMS ?? path.resolve(import.meta.dirname, '../../../target/debug');
const program = path.join(programs, 'engine');
const required = Boolean(process.env.BERTH_REQUIRE_ENGINES);

/** A container engine with a private registry; `null` where there can be none. */
class Engine {
  static async start(t) {
    const engine = new Engine();
    if (!existsSync(program)) {
      const why = `${program} is missing: \`cargo build -p berth-tests --bin engine\` makes it`;
      if (required) throw new Error(why);
      t.skip(why);
      return null;
    }
    engine.child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    engine.exited = new Promise((resolve) => engine.child.once('exit', resolve));
    engine.lines = createInterface({ input: engine.child.stdout })[Symbol.asyncIterator]();
    const { value } = await engine.lines.next();
    if (!value) throw new Error(`${program} says nothing`);
    Object.assign(engine, JSON.parse(value));
    if (engine.skipped) {
      await engine.stop();
      t.skip(engine.skipped);
      return null;
    }
    return engine;
  }

  /** `hold` and `release` the large answers of the registry; gives what of Berth's is on the engine: containers, networks, volumes. */
  async tell(command) {
    this.child.stdin.write(`${command}\n`);
    const { value } = await this.lines.next();
    return JSON.parse(value).left;
  }

  async stop() {
    this.child.stdin.end();
    await this.exited;
  }
}

const configuration = (engine) => `type: dev-environment
ide: vscode
image: ${engine.image}
registry_auth:
  username: ${engine.username}
  password: "\${{ secrets.hub }}"
ports:
  - "*:8000"
setup:
  - echo prepared in a container
`;

const newer = (engine) => `type: dev-environment
name: alone
ide: cursor
image: ${engine.image}
registry_auth:
  username: ${engine.username}
  password: "\${{ secrets.hub }}"
volumes:
  - cache:/cache
inactivity_duration: 15s
`;

async function typed(page, text) {
  await page.locator('.xterm-screen').first().click();
  await page.keyboard.type(text);
}

test('an image of a private registry becomes an environment that is worked in, and nothing of it stays', async (t) => {
  const engine = await Engine.start(t);
  if (!engine) return;
  const server = await Server.start(['--engine', engine.socket]);
  const browser = await Browser.start();
  try {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    assert.deepEqual(await engine.tell('hold'), []);

    // The image on its way, layer by layer, for as long as its registry is held.
    await paste(page, configuration(engine));
    const launch = page.getByRole('main').getByRole('button', { name: /^Launch/ });
    await page.getByText('there is no secret `hub`').or(page.getByText('there is no secret hub')).first().waitFor();
    await page.evaluate(
      (value) =>
        fetch('/api/v1/secrets/hub', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ value }) }),
      engine.password,
    );
    await paste(page, `${configuration(engine)}# again\n`);
    await until(() => launch.isEnabled(), 'the launch is possible');
    await launch.click();
    await page.waitForURL(/\/runs\/[a-z]/);
    const name = new URL(page.url()).pathname.split('/').pop();
    const image = page.getByRole('region', { name: 'Image' });
    await image.getByText(engine.image).waitFor();
    const layers = image.getByRole('progressbar', { name: /^Layer / });
    await layers.nth(1).waitFor();
    assert.ok(Number(await layers.first().getAttribute('aria-valuenow')) < 100);
    await page.getByRole('main').getByText(/pulling .*: \d of \d layers/i).first().waitFor();
    assert.deepEqual(await complaints(page), []);
    if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, 'pull.png') });
    await engine.tell('release');
    await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
    await image.waitFor({ state: 'detached' });

    // Work in it.
    await page.getByRole('tab', { name: /^Terminal/ }).click();
    await page.locator('.xterm-screen').first().waitFor();
    await until(async () => /[#$] *$/.test((await terminalText(page)).trim()), 'the shell asks for a command');
    await typed(page, 'echo sum=$((40 + 2)) in $PWD\n');
    await until(async () => (await terminalText(page)).includes('sum=42 in /workflow'), 'the shell answers');
    await typed(page, 'webapp 8000 &\n');
    await until(async () => (await terminalText(page)).includes('listening on 8000'), 'the application listens');
    await page.reload();
    await page.getByRole('tab', { name: /^Terminal/ }).click();
    await until(async () => (await terminalText(page)).includes('listening on 8000'), 'the terminal is back');
    assert.equal((await terminalText(page)).match(/^sum=42/gm).length, 1);
    await typed(page, 'echo still $((20 + 1))\n');
    await until(async () => (await terminalText(page)).includes('still 21'), 'the shell is the same');

    // What it serves, at an address of its own.
    const ports = page.getByRole('list', { name: 'Ports' });
    await ports.getByText('listens', { exact: true }).waitFor();
    const opened = page.waitForEvent('popup');
    await ports.getByRole('link', { name: 'Preview of port 8000' }).click();
    const preview = await opened;
    preview.setDefaultTimeout(PATIENCE);
    await preview.getByText('echo: out of the container').waitFor();
    assert.equal(new URL(preview.url()).hostname, `8000--${name}.localhost`);

    // What it said.
    await page.getByRole('tab', { name: /^Logs/ }).click();
    const search = page.getByRole('searchbox', { name: 'Search the log' }).or(page.getByPlaceholder('Search the log'));
    await search.first().fill('prepared in');
    await page.locator('mark').filter({ hasText: 'prepared in' }).first().waitFor();

    // Stopped, and gone.
    assert.notDeepEqual(await engine.tell('left'), []);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: /^Stop/ }).click();
    await page.getByRole('main').locator('[data-status="terminated"]').first().waitFor();
    await page.getByRole('link', { name: /^Team/ }).first().click();
    const team = page.getByRole('table', { name: 'Instances' }).getByRole('row').filter({ hasText: name });
    await team.waitFor({ state: 'detached' });
    await until(async () => (await engine.tell('left')).length === 0, 'no container, network or volume is left');

    // The same for dstack 0.22, which is stopped when nobody comes; what is in its volume stays.
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Launch/ }).first().click();
    await paste(page, newer(engine));
    await page.getByRole('combobox', { name: 'Reads as' }).getByText('dstack 0.22, automatic').waitFor({ state: 'attached' });
    await until(() => launch.isEnabled(), 'the launch is possible');
    await launch.click();
    await page.waitForURL(/\/runs\/alone$/);
    await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
    await stopsAlone(page);
    await until(async () => (await engine.tell('left')).length === 0, 'nothing of it is left either');
    assert.deepEqual(page.problems, []);
  } catch (error) {
    await browser.photograph(t.name);
    throw error;
  } finally {
    await browser.stop();
    await server.stop();
    await engine.stop();
  }
});
