// Whether anything keeps the launch page busy for long, with the whole catalogue there: tasks over 50 ms while keys are
// typed, offers are scrolled through and prices are brushed; and how evenly frames follow one another while scrolling.
//
// Prints tables; decides nothing, since a busy machine makes long tasks of its own. Compare on one machine at rest.
//
//     BERTH=target/release/berth node bench/long-tasks.mjs [KEYS]
import { Browser, Server, logIn, paste } from '../harness.mjs';

const head = `type: dev-environment
ide: vscode

python: "3.11"
env:
  - HF_HOME=/workflow/cache
spot_policy: auto
`;

const CASES = [
  ['GPU query, by machine type', `${head}resources:\n  gpu: 24GB..80GB\n  memory: 32GB..\nmax_price: 1.5`, async () => {}],
  ['everything, by machine type', `${head}resources:\n  cpu: 1..\n  memory: 1GB..\n  disk: 50GB..\nmax_price: 500`, async () => {}],
  [
    'everything, every offer sorted by type, plot by vCPU',
    `${head}resources:\n  cpu: 1..\n  memory: 1GB..\n  disk: 50GB..\nmax_price: 500`,
    async (page) => {
      await page.getByRole('combobox', { name: 'Group by' }).selectOption('offer');
      await page.getByRole('columnheader', { name: 'Instance type' }).getByRole('button').click();
      await page.getByRole('group', { name: 'Price by' }).getByRole('button', { name: 'vCPU' }).click();
    },
  ],
];

const keys = Number(process.argv[2] ?? 60);
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

try {
  for (const [name, text, prepare] of CASES) {
    const page = await browser.newPage();
    await logIn(page, await server.anotherLoginLink());
    await paste(page, text);
    await page.getByRole('table', { name: 'Offers' }).getByRole('row').nth(2).waitFor();
    await prepare(page);
    await rest(page, 1000);
    console.log(`\n${name}: ${(await page.locator('.launch__offers .panel__foot').innerText()).replace(/\s+/g, ' ')}\n`);
    console.log('| while | tasks over 50 ms | longest, ms | frame p50, ms | p95 | longest |\n|---|---|---|---|---|---|');
    await page.getByRole('textbox', { name: 'Configuration' }).press('ControlOrMeta+End');
    const matched = [];
    report(
      'typing',
      await watch(page, async () => {
        for (let key = 0; key < keys; key += 1) {
          await page.keyboard.press(key % 2 === 0 ? '5' : 'Backspace');
          await rest(page, 80);
          const took = (await page.locator('.launch__offers .panel__foot').innerText()).match(/matched in ([\d.]+) ms/);
          if (took) matched.push(Number(took[1]));
        }
      }),
    );
    const pane = page.locator('.launch__offers');
    const box = await pane.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height - 40);
    report(
      'scrolling by wheel',
      await watch(page, async () => {
        for (let turn = 0; turn < 60; turn += 1) {
          await page.mouse.wheel(0, 400);
          await rest(page, 16);
        }
      }),
    );
    report(
      'dragging through all of it',
      await watch(page, () =>
        pane.evaluate(async (pane) => {
          for (let step = 0; step <= 60; step += 1) {
            pane.scrollTop = (pane.scrollHeight * step) / 60;
            await new Promise((done) => requestAnimationFrame(done));
          }
          pane.scrollTop = 0;
        }),
      ),
    );
    await rest(page, 200);
    const field = await page.locator('.plot__field').boundingBox();
    const y = field.y + field.height / 2;
    report(
      'brushing prices',
      await watch(page, async () => {
        await page.mouse.move(field.x + 0.2 * field.width, y);
        await page.mouse.down();
        await page.mouse.move(field.x + 0.7 * field.width, y, { steps: 40 });
        await page.mouse.up();
      }),
    );
    console.log(`\nmatcher while typing: p50 ${at(matched, 0.5)} ms, p95 ${at(matched, 0.95)} ms, n ${matched.length}`);
    await page.context().close();
  }
} finally {
  await browser.stop();
  await server.stop();
}
