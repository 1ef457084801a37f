// A server of its own for each test, and a Chromium to look at it with.
import assert from 'node:assert/strict';
import { spawn, execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

export const binary = process.env.BERTH ?? path.resolve(import.meta.dirname, '../../target/debug/berth');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** How long anything may take to appear; generous, since a slow machine is no failure. */
export const PATIENCE = 60_000;

/** A `berth serve` on a free port of 127.0.0.1 with a data directory of its own. */
export class Server {
  static async start(options = []) {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'berth-browser-'));
    const server = new Server(dataDir, options);
    await server.#spawn('127.0.0.1:0');
    return server;
  }

  constructor(dataDir, options) {
    this.dataDir = dataDir;
    this.options = options;
  }

  async #spawn(listen) {
    this.child = spawn(binary, ['serve', '--listen', listen, '--data-dir', this.dataDir, ...this.options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // An engine of the machine's own is none of a test's business; one that a test starts is among the options.
      env: { ...process.env, BERTH_ENGINE: 'none' },
    });
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
    let output = '';
    let errors = '';
    this.child.stderr.on('data', (bytes) => (errors += bytes));
    this.loginLink = await new Promise((resolve, reject) => {
      this.child.stdout.on('data', (bytes) => {
        output += bytes;
        const link = output.match(/https?:\/\/\S+\/login[?#]token=\S+/);
        if (link) resolve(link[0]);
      });
      this.child.once('error', reject);
      this.child.once('exit', (code) => reject(new Error(`berth serve ended with ${code}\n${output}\n${errors}`)));
    });
    this.address = new URL(this.loginLink).origin;
    this.output = output;
  }

  /** Another one-time link, for another browser. */
  async anotherLoginLink() {
    const { stdout } = await promisify(execFile)(binary, ['login-link', '--data-dir', this.dataDir]);
    return stdout.match(/https?:\/\/\S+\/login[?#]token=\S+/)[0];
  }

  /** SIGKILL, then a new server on the same data and port. */
  async killAndRestart(between = async () => {}) {
    const { host } = new URL(this.address);
    this.child.kill('SIGKILL');
    await this.exited;
    await between();
    await this.#spawn(host);
  }

  /** Ends the server and whatever still runs, and removes the data. */
  async stop() {
    this.child.kill('SIGTERM');
    await this.exited;
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** How Chromium begins to say on the console that a style is against the policy, whoever it is from. */
const INLINE_STYLE = 'Applying inline style violates';

/** Has the page say which script or markup an inline style is from that the policy forbids. Those of Chromium itself have no source: it
 *  writes the colour of a text that is typed over into the line, which the editor then draws anew. */
function tellInlineStyles() {
  document.addEventListener('securitypolicyviolation', (violation) => {
    if (!violation.sourceFile && violation.effectiveDirective === 'style-src-attr') return;
    if (!violation.effectiveDirective.startsWith('style-src')) return;
    console.error(`a style is against the policy (${violation.effectiveDirective}): ${violation.sourceFile}:${violation.lineNumber}`);
  });
}

/** The Chromium of all tests of a file, which run one after the other: to start one takes as long as many a test. A bench, which is not
 *  run by the runner of tests, ends its own. */
let launched;
const ofTests = process.env.NODE_TEST_CONTEXT !== undefined;
if (ofTests) (await import('node:test')).after(async () => (await launched)?.close());

const launch = () =>
  chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** A browser; each `newPage` is a person of their own, without anybody's cookies. */
export class Browser {
  #contexts = [];

  static async start() {
    // One that a test has brought down is no browser for the next.
    if (!(await launched)?.isConnected()) launched = launch();
    const browser = new Browser();
    browser.chromium = await launched;
    return browser;
  }

  async newPage({ width = 1440, height = 900, colorScheme = 'light', ...options } = {}) {
    const context = await this.chromium.newContext({
      viewport: { width, height },
      colorScheme,
      reducedMotion: 'reduce',
      ...options,
    });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith(INLINE_STYLE)) page.problems.push(message.text());
    });
    await context.addInitScript(tellInlineStyles);
    return page;
  }

  /** What each page shows, for whoever looks into a failure: as text, and as a picture where SCREENSHOTS names a folder. */
  async photograph(what) {
    const name = what.replace(/[^a-z]+/gi, '-').slice(0, 60);
    const pages = this.#contexts.flatMap((context) => context.pages());
    for (const [i, page] of pages.entries()) {
      const text = await page.evaluate(() => document.body.innerText, undefined).catch(() => 'has crashed');
      console.error(`page ${i} at ${page.url()} shows:\n${text.slice(0, 3000)}\n${page.problems?.join('\n') ?? ''}`);
      if (!process.env.SCREENSHOTS) continue;
      const at = path.join(process.env.SCREENSHOTS, `failed-${name}-${i}.png`);
      // A page that has crashed has nothing to show.
      await page.screenshot({ path: at }).catch(() => {});
    }
  }

  /** Closes every page. */
  async stop() {
    await Promise.all(this.#contexts.map((context) => context.close()));
    if (!ofTests) await this.chromium.close();
  }
}

/** Runs `body` with a server, started with `options` besides its own, and a browser, and cleans up whatever happens. */
export function withServer(body, options = []) {
  return async (t) => {
    const server = await Server.start(options);
    const browser = await Browser.start();
    try {
      await body({ t, server, browser });
    } catch (error) {
      await browser.photograph(t.name);
      throw error;
    } finally {
      await browser.stop();
      await stopAllRuns(server);
      await server.stop();
    }
  };
}

/** Environments outlive their server on purpose; a test leaves none behind. */
async function stopAllRuns(server) {
  const headers = { origin: server.address, 'content-type': 'application/json' };
  const api = async (method, at, body) => {
    const answer = await fetch(`${server.address}/api/v1${at}`, { method, headers, body: body && JSON.stringify(body) });
    headers.cookie ??= answer.headers.get('set-cookie')?.split(';')[0];
    return answer.json();
  };
  await api('POST', '/login', { token: tokenOf(await server.anotherLoginLink()) });
  const projects = (await api('GET', '/projects')).items.map((project) => `/projects/${project.name}`);
  const unfinished = async () => {
    const all = await Promise.all(
      projects.map(async (at) => (await api('GET', `${at}/runs`)).items.map((run) => ({ ...run, at: `${at}/runs/${run.name}` }))),
    );
    return all.flat().filter((run) => !['terminated', 'failed', 'done'].includes(run.status));
  };
  for (const run of await unfinished()) await api('POST', `${run.at}/stop`, { abort: true });
  const deadline = Date.now() + 30_000;
  while ((await unfinished()).length && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** The token in a one-time link. */
export const tokenOf = (link) => link.split('token=')[1];

/** Opens a one-time link and waits for the page behind it. */
export async function logIn(page, link) {
  await page.goto(link);
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
  await page.getByRole('button', { name: 'Launch' }).first().waitFor();
}

/** Has a page that is signed in launch a run on an A100, without the launch page, and shows it once it runs. */
export async function haveRun(page, server, name) {
  await page.evaluate(
    (name) =>
      fetch('/api/v1/runs', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ configuration: 'type: dev-environment\nide: vscode\nresources:\n  gpu: A100\n', name }),
      }),
    name,
  );
  await page.goto(`${server.address}/runs/${name}`);
  await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
}

/** Replaces the text of the editor, as a paste does. */
export async function paste(page, text) {
  const editor = page.getByRole('textbox', { name: 'Configuration' });
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text);
}

let axe;

/** What axe has to say about the page as it is: a line for each rule that is broken. */
export async function complaints(page) {
  axe ??= await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

/**
 * Looks at a page as it is: nothing scrolls sideways, and axe complains of nothing. What was seen is kept in the folder that SCREENSHOTS
 * names, if any.
 */
export async function examine(page, what) {
  const album = process.env.SCREENSHOTS;
  const { scroll, width } = await page.evaluate(() => ({
    scroll: document.scrollingElement.scrollWidth,
    width: window.innerWidth,
  }));
  assert.ok(scroll <= width, `${what} scrolls sideways: ${scroll} in ${width}`);
  assert.deepEqual(await complaints(page), [], `${what} is accessible`);
  if (album) {
    await mkdir(album, { recursive: true });
    await page.screenshot({ path: path.join(album, `${what}.png`), fullPage: true });
  }
}

/** Looks at a page in both widths and themes. */
export async function examineAll(page, what) {
  for (const [width, height] of [
    [1440, 900],
    [375, 812],
  ]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await examine(page, `${what}-${width}-${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** Keeps every message of the page's stream, from its next connection on. */
export function recordStream(page) {
  const messages = [];
  page.on('websocket', (socket) => {
    if (!new URL(socket.url()).pathname.endsWith('/api/v1/stream')) return;
    socket.on('framereceived', ({ payload }) => messages.push(JSON.parse(payload)));
  });
  return messages;
}

/** What a terminal of the page shows, as text. */
export async function terminalText(page) {
  return page.locator('.xterm-rows').first().innerText();
}

/** Waits until `condition` holds. */
/** Waits until nobody being there has stopped the run whose page this is, and holds that against the clock which the page showed. */
export async function stopsAlone(page) {
  const clock = page.getByRole('region', { name: 'Cost' }).getByText(/^stops in \d+ s$/);
  const words = await clock.first().textContent();
  const shown = Date.now() + Number(/\d+/.exec(words)[0]) * 1000;
  await page.getByRole('main').locator('[data-status="terminating"], [data-status="terminated"]').first().waitFor();
  // A clock counts whole seconds, and a look now and then.
  const late = Date.now() - shown;
  if (late < -2000 || late > 20_000) throw new Error(`it showed ${words}, and it was stopped ${late} ms after that`);
  await page.getByRole('main').locator('[data-status="terminated"]').first().waitFor();
  await page.getByText(/nobody has worked in it for \d+ s/i).first().waitFor();
}

export async function until(condition, what) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
