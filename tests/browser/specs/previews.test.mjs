import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaints, logIn, until, withServer } from '../harness.mjs';
import { webapp } from '../webapp.mjs';

/** Launches what has these ports; gives the run's name once it runs. */
async function launch(page, ports) {
  const name = await page.evaluate(async (ports) => {
    const configuration = `type: dev-environment\nide: vscode\nports:\n${ports.map((port) => `  - "*:${port}"\n`).join('')}`;
    const answer = await fetch('/api/v1/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ configuration }),
    });
    return (await answer.json()).name;
  }, ports);
  await page.goto(new URL(`/runs/${name}`, page.url()).href);
  await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
  return name;
}

test(
  'a port is looked at in a tab of its own, apart from the dashboard, until the run is stopped',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const app = await webapp();
    try {
      const name = await launch(page, [app.port]);
      const ports = page.getByRole('list', { name: 'Ports' });
      await ports.getByText('listens', { exact: true }).waitFor();
      const opened = page.waitForEvent('popup');
      await ports.getByRole('link', { name: `Preview of port ${app.port}` }).click();
      const preview = await opened;
      preview.setDefaultTimeout(60_000);
      await preview.getByText('echo: through the preview').waitFor();
      // Its own address, without the ticket; and a browser that shows it again.
      const { port } = new URL(server.address);
      assert.equal(preview.url(), `http://${app.port}--${name}.localhost:${port}/`);
      await preview.reload();
      await preview.getByText('echo: through the preview').waitFor();

      // Neither knows anything of the other.
      assert.equal(await preview.evaluate(() => window.opener), null);
      assert.equal(await preview.locator('#cookies').innerText(), 'own=1');
      assert.doesNotMatch(JSON.stringify(app.asked), /berth_|ticket/);
      const reached = await preview.evaluate(async (dashboard) => {
        const ask = (at, options) => fetch(at, options).then((answer) => answer.text(), () => 'refused');
        return [await ask(`${dashboard}/api/v1/me`, { credentials: 'include' }), await ask('/api/v1/me')];
      }, server.address);
      assert.equal(reached[0], 'refused');
      assert.match(reached[1], /An application/);

      // Who is not signed in sees nothing of it, and is led to the run.
      const stranger = await browser.newPage();
      const answer = await stranger.goto(preview.url());
      assert.equal(answer.status(), 401);
      await stranger.getByRole('heading', { name: 'Open this preview from its run' }).waitFor();
      assert.deepEqual(await complaints(stranger), []);
      assert.equal(
        await stranger.getByRole('link', { name: 'See the run' }).getAttribute('href'),
        `${server.address}/runs/${name}`,
      );

      // It ends with the run, though the application goes on.
      await page.getByRole('button', { name: 'Stop', exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: /^Stop/ }).click();
      await preview.locator('#said').getByText('closed').waitFor();
      await page.getByRole('main').locator('[data-status="terminated"]').first().waitFor();
      await preview.reload();
      await preview.getByRole('heading', { name: `${name} is over` }).waitFor();
      assert.deepEqual(page.problems, []);
    } finally {
      await app.close();
    }
  }),
);

test(
  'a preview of a port on which nothing listens yet shows what does as soon as it does',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage({ width: 375, height: 812, colorScheme: 'dark' });
    await logIn(page, server.loginLink);
    const first = await webapp();
    await first.close();
    const name = await launch(page, [first.port]);
    const ports = page.getByRole('list', { name: 'Ports' });
    await ports.getByText('nothing listens yet').waitFor();
    const opened = page.waitForEvent('popup');
    await ports.getByRole('link', { name: `Preview of port ${first.port}` }).click();
    const preview = await opened;
    preview.setDefaultTimeout(60_000);
    await preview.getByRole('heading', { name: `Nothing listens on port ${first.port} of ${name} yet` }).waitFor();
    assert.ok(await preview.evaluate(() => document.scrollingElement.scrollWidth <= window.innerWidth));
    const app = await webapp(first.port);
    try {
      await preview.getByText('echo: through the preview').waitFor();
      await ports.getByText('listens', { exact: true }).waitFor();
    } finally {
      await app.close();
    }
    await until(async () => (await ports.innerText()).includes('nothing listens yet'), 'the page notices');
    assert.deepEqual(page.problems, []);
  }),
);
