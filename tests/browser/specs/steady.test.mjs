// That nothing moves when data arrives: the layout shifts that Chromium tells of while a page loads, at a desk and on a phone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { haveRun, logIn, until, withServer } from '../harness.mjs';
import { answer, spend } from '../stand-ins.mjs';

/** Keeps what moves, from before the page has anything: how far, and which elements, with where they were and are. */
function watchShifts() {
  window.shifts = [];
  const name = (node) => node?.nodeType === 1 ? `${node.tagName.toLowerCase()}.${[...node.classList].join('.')}` : String(node?.textContent).slice(0, 40);
  const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const moved = entry.sources.map(({ node, previousRect, currentRect }) => `${name(node)}: ${place(previousRect)} -> ${place(currentRect)}`);
      window.shifts.push({ value: entry.value, moved });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Loads an address with nothing cached, and gives by how much things moved until it had come to rest. */
async function shifts(page, address, ready) {
  await page.goto(address);
  await ready(page);
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(500);
  const seen = await page.evaluate(() => window.shifts);
  return { sum: seen.reduce((sum, { value }) => sum + value, 0), seen };
}

const PAGES = [
  ['Launch', '/', (page) => page.getByText(/matched in/).first().waitFor({ state: 'attached' })],
  ['Runs', '/runs', (page) => page.getByRole('table', { name: 'Runs' }).getByRole('row', { name: /calm-otter/ }).waitFor()],
  ['Team', '/team', (page) => page.getByRole('table', { name: 'Instances' }).getByRole('row', { name: /calm-otter/ }).waitFor()],
  ['a run', '/runs/calm-otter', (page) => page.getByRole('main').locator('[data-status="running"]').first().waitFor()],
  ['Spend', '/team/spend', (page) => page.getByRole('img').or(page.getByRole('table')).first().waitFor()],
  ['Explore', '/explore', (page) => page.getByRole('heading', { level: 2 }).or(page.getByRole('heading', { level: 3 })).first().waitFor()],
];

test(
  'nothing moves while a page loads',
  withServer(
    async ({ server, browser }) => {
      const moved = [];
      const login = await browser.newPage();
      await logIn(login, server.loginLink);
      await haveRun(login, server, 'calm-otter');
      const { cookies } = await login.context().storageState();
      for (const [width, height] of [[1440, 900], [375, 812]]) {
        const page = await browser.newPage({ width, height });
        await page.context().addCookies(cookies);
        await page.addInitScript(watchShifts);
        await answer(page, /\/api\/v1\/spend\?/, spend);
        for (const [what, address, ready] of PAGES) {
          const { sum, seen } = await shifts(page, `${server.address}${address}`, ready);
          if (process.env.SHIFTS) console.log(`${what} at ${width}: ${sum.toFixed(4)}`, JSON.stringify(seen, null, 1));
          if (sum >= 0.01) moved.push(`${what} at ${width} px: ${sum.toFixed(4)}\n${seen.map(({ value, moved }) => `  ${value.toFixed(4)} ${moved.join('; ')}`).join('\n')}`);
        }
        assert.deepEqual(page.problems, []);
      }
      assert.deepEqual(moved, []);
    },
    ['--demo'],
  ),
);

test(
  'what arrives right after Team has opened is shown with the first of it, and moves nothing below',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage({ width: 375, height: 812 });
      await logIn(page, server.loginLink);
      await haveRun(page, server, 'calm-otter');
      await page.addInitScript(watchShifts);
      await page.routeWebSocket(/\/api\/v1\/stream/, (near) => {
        const far = near.connectToServer();
        const opened = page.getByRole('table', { name: 'Instances' }).waitFor({ state: 'attached' });
        far.onMessage((message) => opened.then(() => near.send(message)));
        near.onMessage((message) => far.send(message));
      });
      const { seen } = await shifts(page, `${server.address}/team`, PAGES.find(([what]) => what === 'Team')[2]);
      // The words on the connection grow by a few pixels, which the budget above allows.
      assert.deepEqual(seen.flatMap(({ moved }) => moved).filter((moved) => !moved.startsWith('div.topbar')), []);
    },
    ['--demo'],
  ),
);

test(
  'what moves would be seen',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await page.addInitScript(watchShifts);
    await logIn(page, server.loginLink);
    await page.waitForTimeout(1_000);
    await page.evaluate(() => {
      window.shifts.length = 0;
      const bar = document.createElement('div');
      bar.style.blockSize = '200px';
      document.querySelector('.app').before(bar);
    });
    await until(() => page.evaluate(() => window.shifts.length > 0), 'the shift is told');
  }),
);
