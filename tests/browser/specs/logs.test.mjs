import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { complaints, logIn, until, withServer } from '../harness.mjs';

// Set SCREENSHOTS to a folder to keep what was seen.
const album = process.env.SCREENSHOTS;

async function photograph(page, what) {
  if (!album) return;
  await mkdir(album, { recursive: true });
  await page.screenshot({ path: path.join(album, `${what}.png`) });
}

/** Launches an environment with these commands of `init`; gives its name. */
async function launched(page, ...commands) {
  return page.evaluate(async (init) => {
    const configuration = `type: dev-environment\nide: vscode\ninit: ${JSON.stringify(init)}\n`;
    const answer = await fetch('/api/v1/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ configuration }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()).name;
  }, commands);
}

/** Waits until the log has a row with this text at its end. */
async function written(page, text) {
  await page.locator('.log__rows').getByText(text).last().waitFor();
}

const COLOURS = String.raw`printf '\033[31mred\033[0m plain \033[1;4mbold\033[0m \033[38;5;208morange\033[0m \033[38;2;120;200;255msky\033[0m \033[7minverse\033[0m \033[42mgreen paper\033[0m\n10%%\r 50%%\r100%% done\033[K\nodd \377 byte\n\033]0;title\007no trace\nthe last one\n'`;

test(
  'colours are shown, a progress bar in its last state, and the download has the bytes',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const name = await launched(page, COLOURS);
    await page.goto(`${server.address}/runs/${name}`);
    await written(page, 'the last one');
    const log = page.getByRole('log', { name: 'Log' });
    const text = await log.innerText();
    assert.match(text, /^.*red plain bold orange sky inverse green paper$/m);
    assert.match(text, /100% done$/m);
    assert.doesNotMatch(text, /50%|title/);
    const red = log.locator('.ansi', { hasText: /^red$/ });
    const [ink, own] = await red.evaluate((span) => [getComputedStyle(span).color, getComputedStyle(span.parentElement).color]);
    assert.notEqual(ink, own);
    assert.equal(await log.locator('.ansi', { hasText: /^bold$/ }).evaluate((span) => getComputedStyle(span).textDecorationLine), 'underline');

    const bytes = await page.evaluate(async (name) => {
      const answer = await fetch(`/api/v1/runs/${name}/logs/download`);
      return [...new Uint8Array(await answer.arrayBuffer())];
    }, name);
    const sky = '\x1b[38;2;120;200;255msky\x1b[0m \x1b[7minverse\x1b[0m \x1b[42mgreen paper\x1b[0m\n';
    const expected = `\x1b[31mred\x1b[0m plain \x1b[1;4mbold\x1b[0m \x1b[38;5;208morange\x1b[0m ${sky}10%\r 50%\r100% done\x1b[K\nodd \xff byte\n\x1b]0;title\x07no trace\nthe last one\n`;
    assert.equal(Buffer.from(bytes).toString('latin1'), expected);

    for (const [width, colorScheme] of [[1440, 'light'], [375, 'light'], [1440, 'dark'], [375, 'dark']]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      assert.deepEqual(await complaints(page), [], `${width} ${colorScheme}`);
      assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= window.innerWidth));
      await page.getByRole('log').scrollIntoViewIfNeeded();
      await photograph(page, `log-${width}-${colorScheme}`);
    }
    assert.deepEqual(page.problems, []);
  }),
);

const MARKUP = '<img src="x" onerror="document.title=1"><script>document.title=2</script><b style="color:red">';

test(
  'what a program writes is text whatever it looks like, and the page runs no script and takes no style that stands in it',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const name = await launched(page, `printf '%s\\n' '${MARKUP}' 'the last one'`);
    await page.goto(`${server.address}/runs/${name}`);
    await written(page, 'the last one');
    const log = page.getByRole('log', { name: 'Log' });
    assert.ok((await log.innerText()).includes(MARKUP));
    assert.equal(await log.locator('img, script, b').count(), 0);
    // And if some of it had come into the page all the same:
    const came = await page.evaluate(() => {
      const { title } = document;
      const script = document.createElement('script');
      script.textContent = 'document.title = "a script ran"';
      const styled = document.createElement('b');
      styled.setAttribute('style', 'color: rgb(1, 2, 3)');
      const sheet = document.createElement('style');
      sheet.textContent = 'b { font-style: oblique }';
      document.body.append(script, styled, sheet);
      const { color, fontStyle } = getComputedStyle(styled);
      return { ran: document.title !== title, coloured: color === 'rgb(1, 2, 3)', fontStyle };
    });
    assert.deepEqual(came, { ran: false, coloured: false, fontStyle: 'normal' });
  }),
);

test(
  'a long log is gone through, searched and followed with few of its rows in the page',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const name = await launched(
      page,
      'seq -f "line %.0f of many" 1 60000; echo "a Nee""dle here" >&2; seq -f "line %.0f of many" 60001 120000',
      'while sleep 0.2; do echo tick; done',
    );
    await page.goto(`${server.address}/runs/${name}`);
    const log = page.getByRole('log', { name: 'Log' });
    const rows = page.locator('.log__rows .log__line');
    const seen = (text) => log.getByText(text, { exact: true }).waitFor();
    await written(page, 'tick');
    // It follows the end, and holds no more than what is seen.
    assert.ok((await rows.count()) < 100);
    assert.match(await page.locator('.logbar__count').innerText(), /^12\d,\d{3} lines$/);

    await page.getByRole('button', { name: 'To the start of the log' }).click();
    await seen('line 1 of many');
    assert.ok((await rows.count()) < 100);
    assert.equal(await page.getByRole('switch', { name: 'Follow' }).getAttribute('aria-checked'), 'false');
    await log.evaluate((log) => (log.scrollTop = log.scrollHeight / 4));
    await until(async () => /line [23]\d{4} of many/.test(await log.innerText()), 'a quarter of the way');

    const box = page.getByRole('searchbox', { name: 'Search the log' });
    await box.fill('NEEDLE');
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await page.locator('.log__line[data-current]', { hasText: 'a Needle here' }).waitFor();
    assert.equal(await page.locator('.log__mark').innerText(), 'Needle');
    await photograph(page, 'log-found');

    await box.fill('line 1199');
    await page.getByText('1 of 111', { exact: true }).waitFor();
    await page.locator('.log__line[data-current]', { hasText: 'line 1199 of many' }).waitFor();
    await box.press('Enter');
    await page.locator('.log__line[data-current]', { hasText: 'line 11990 of many' }).waitFor();
    await box.press('Shift+Enter');
    await box.press('Shift+Enter');
    await page.locator('.log__line[data-current]', { hasText: 'line 119999 of many' }).waitFor();
    await box.fill('nowhere at all');
    await page.getByText('Not found', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'To the end' }).click();
    await written(page, 'tick');
    assert.equal(await page.getByRole('switch', { name: 'Follow' }).getAttribute('aria-checked'), 'true');
    // Times can be had and left out.
    const times = page.getByRole('switch', { name: 'Times' });
    assert.match(await log.innerText(), /\d\d:\d\d:\d\d\.\d\d\d/);
    await times.click();
    assert.doesNotMatch(await log.innerText(), /\d\d:\d\d:\d\d\.\d\d\d/);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'the last lines of a failed run are shown on its page, and in the list once they are asked for',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const name = await launched(page, 'seq -f "step %.0f" 1 5000', 'echo "what broke it" >&2; exit 3');
    await page.goto(`${server.address}/runs/${name}`);
    const last = page.getByRole('group', { name: 'Last lines of the log', exact: true });
    await last.getByText('what broke it', { exact: true }).waitFor();
    await last.getByText('step 5000', { exact: true }).waitFor();
    await page.getByRole('link', { name: /^Runs/ }).first().click();
    const row = page.getByRole('table', { name: 'Runs' }).getByRole('row').filter({ hasText: name });
    await row.getByText('Last lines', { exact: true }).click();
    await row.getByText('what broke it', { exact: true }).waitFor();
    for (const [width, colorScheme] of [[1440, 'light'], [375, 'dark']]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      assert.deepEqual(await complaints(page), [], `${width} ${colorScheme}`);
      assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= window.innerWidth));
      await photograph(page, `runs-failed-${width}-${colorScheme}`);
    }
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'what an environment used over the last hour is drawn, and can be read as a table',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const name = await launched(page, 'head -c 5000000 /dev/zero > /workflow/big', 'while true; do :; done');
    await page.goto(`${server.address}/runs/${name}`);
    await page.getByRole('tab', { name: /^Usage/ }).click();
    await page.getByRole('button', { name: 'Hour' }).click();
    await page.getByRole('img', { name: 'CPU, the last hour' }).waitFor();
    await page.getByRole('img', { name: 'Disk, the last hour' }).waitFor();
    const table = page.getByRole('table', { name: 'Usage' });
    await until(async () => (await table.getByRole('row').count()) > 2, 'two measurements are there');
    const history = await page.evaluate(
      (name) => fetch(`/api/v1/runs/${name}/usage?span=hour`).then((answer) => answer.json()),
      name,
    );
    const sample = history.samples.at(-1);
    assert.ok(sample.cpus > 0.02 && sample.memory_bytes > 0 && sample.disk_bytes >= 5_000_000, JSON.stringify(sample));
    for (const [width, colorScheme] of [[1440, 'light'], [375, 'dark']]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      assert.deepEqual(await complaints(page), [], `${width} ${colorScheme}`);
      assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= window.innerWidth));
      await page.getByRole('img', { name: 'CPU, the last hour' }).scrollIntoViewIfNeeded();
      await photograph(page, `usage-${width}-${colorScheme}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('link', { name: /^Runs/ }).first().click();
    await page.getByRole('img', { name: `CPU of ${name} over the last hour` }).waitFor();
    await photograph(page, 'runs-running');
    assert.deepEqual(page.problems, []);
  }),
);
