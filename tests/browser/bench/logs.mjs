// How a log of many lines scrolls and is searched: tasks over 50 ms and the gaps between frames while it is scrolled by
// wheel, dragged through from end to end and written to, and how long a search of all of it takes.
//
// Prints tables; decides nothing, since a busy machine makes long tasks of its own. Compare on one machine at rest.
//
//     BERTH=target/release/berth node bench/logs.mjs [LINES]
import { Browser, Server, logIn, until } from '../harness.mjs';

const lines = Number(process.argv[2] ?? 1_000_000);
const server = await Server.start();
const browser = await Browser.start();
const rest = (page, ms) => page.waitForTimeout(ms);
const at = (times, share) => {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1) ?? '–';
};

/** What `during` does to the page: its long tasks, and the gaps between frames, in milliseconds. */
async function watch(page, during) {
  await page.evaluate(() => {
    window.watched = { tasks: [], frames: [], on: true };
    window.observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.watched.tasks.push(entry.duration);
    });
    window.observer.observe({ entryTypes: ['longtask'] });
    let last = performance.now();
    const frame = (now) => {
      if (!window.watched.on) return;
      window.watched.frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await during();
  await rest(page, 300);
  return page.evaluate(() => {
    window.watched.on = false;
    window.observer.disconnect();
    return window.watched;
  });
}

function report(what, { tasks, frames }) {
  const longest = tasks.length ? Math.max(...tasks).toFixed(0) : '–';
  console.log(`| ${what} | ${tasks.length} | ${longest} | ${at(frames, 0.5)} | ${at(frames, 0.95)} | ${at(frames, 1)} |`);
}

const api = (page, path, body) =>
  page.evaluate(
    ([path, body]) =>
      fetch(`/api/v1${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
      }).then((answer) => answer.json()),
    [path, body],
  );

let page;
let name;
try {
  page = await browser.newPage();
  await logIn(page, server.loginLink);
  // Short lines, so that a million of them are within what a log keeps.
  const configuration = `type: dev-environment\nide: vscode\ninit:\n  - seq -f "line %.0f of it" 1 ${lines}; echo all "written"\n`;
  let begun = Date.now();
  ({ name } = await api(page, '/runs', { configuration }));
  const index = () => api(page, `/runs/${name}/logs/index`);
  await until(async () => (await index()).rows > lines, 'all is written').catch(() => {});
  console.log(`written: ${((Date.now() - begun) / 1000).toFixed(1)} s; ${JSON.stringify({ ...(await index()), marks: undefined })}`);
  begun = Date.now();
  await page.goto(`${server.address}/runs/${name}`);
  await page.locator('.log__rows').getByText('all written').last().waitFor();
  console.log(`from the address to its last line: ${Date.now() - begun} ms; rows in the page: ${await page.locator('.log__rows .log__line').count()}`);
  console.log('\n| while | tasks over 50 ms | longest, ms | frame p50, ms | p95 | longest |\n|---|---|---|---|---|---|');
  const log = page.getByRole('log', { name: 'Log' });
  await page.getByRole('button', { name: 'To the start of the log' }).click();
  await rest(page, 500);
  await log.scrollIntoViewIfNeeded();
  const box = await log.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  report(
    'scrolling by wheel',
    await watch(page, async () => {
      for (let turn = 0; turn < 120; turn += 1) {
        await page.mouse.wheel(0, 400);
        await rest(page, 16);
      }
    }),
  );
  report(
    'dragging through all of it',
    await watch(page, () =>
      log.evaluate(async (log) => {
        for (let step = 0; step <= 120; step += 1) {
          log.scrollTop = (log.scrollHeight * step) / 120;
          await new Promise((done) => requestAnimationFrame(done));
        }
      }),
    ),
  );
  const box2 = page.getByRole('searchbox', { name: 'Search the log' });
  for (const [what, words] of [['in one line near the end', `line ${lines - 7} of`], ['nowhere', 'not there at all']]) {
    report(
      `searching for what is ${what}`,
      await watch(page, async () => {
        const begun = Date.now();
        await box2.fill(words);
        await page.locator('.logbar__told', { hasText: /^(1 of 1|Not found)$/ }).waitFor();
        console.log(`search, ${what}: ${Date.now() - begun} ms, 250 of them for the typing to rest`);
      }),
    );
  }
  begun = Date.now();
  const size = await page.evaluate(
    (name) => fetch(`/api/v1/runs/${name}/logs/download`).then((answer) => answer.arrayBuffer()).then((bytes) => bytes.byteLength),
    name,
  );
  console.log(`\ndownload: ${(size / 1e6).toFixed(1)} MB in ${Date.now() - begun} ms`);
} finally {
  if (name) await api(page, `/runs/${name}/stop`, { abort: true }).catch(() => {});
  await rest(page, 2000);
  await browser.stop();
  await server.stop();
}
