// How *Team* answers, and what it keeps, with a thousand runs of which twenty a second change: from a press to the next frame that
// is painted (Event Timing, as browsers tell it: in steps of 8 ms), how busy the page is by itself, and how memory grows.
//
// Each is measured at rest, with the changes, and with the changes once all thousand have been scrolled through. Prints tables; decides
// nothing, since a busy machine makes long tasks of its own. Compare on one machine at rest.
//
//     BERTH=target/release/berth node bench/thousand-runs.mjs [MINUTES]
//
// Memory is watched for MINUTES (12), in which as many changes are told as there are in an hour.
import { crowd } from '../crowd.mjs';
import { Browser, Server, haveRun, logIn } from '../harness.mjs';

const COUNT = 1000;
const PACE = 50;
const HOUR = 3_600_000 / PACE;
const minutes = Number(process.argv[2] ?? 12);
const rest = (page, ms) => page.waitForTimeout(ms);
const at = (times, share) => {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
};
const words = (value, digits = 0) => (value === undefined ? '–' : value.toFixed(digits));

/** Before anything else in the page: what keeps its interactions and its wasm's memory. */
function watchPage() {
  window.interactions = [];
  new PerformanceObserver((list) => {
    for (const { interactionId, duration, processingStart, processingEnd } of list.getEntries()) {
      if (interactionId) window.interactions.push({ interactionId, duration, handled: processingEnd - processingStart });
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  for (const how of ['instantiate', 'instantiateStreaming']) {
    const usual = WebAssembly[how];
    WebAssembly[how] = async (...given) => {
      const made = await usual.apply(WebAssembly, given);
      // The parts that come later use the memory of the first.
      window.wasmMemory ??= (made.instance ?? made).exports.memory;
      return made;
    };
  }
}

/** What is pressed, each by itself and long enough apart that each has its own frames. */
const PRESSES = [
  ['a filter is typed', async (page) => {
    const search = page.getByRole('searchbox', { name: 'Filter instances' });
    await search.click();
    for (const letter of 'crowd-77') {
      await page.keyboard.press(letter);
      await rest(page, 90);
    }
    for (const letter of 'crowd-77') {
      await page.keyboard.press('Backspace');
      await rest(page, letter === '-' ? 150 : 90);
    }
  }],
  ['a person is chosen, and all again', async (page) => {
    await page.getByRole('combobox', { name: 'Person' }).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'Home']) {
      await page.keyboard.press(key);
      await rest(page, 400);
    }
  }],
  ['headings are changed', async (page) => {
    await page.getByRole('combobox', { name: 'Group' }).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'Home']) {
      await page.keyboard.press(key);
      await rest(page, 400);
    }
  }],
  ['cards, and the table again', async (page) => {
    for (const shape of ['Cards', 'Table']) {
      await page.getByRole('button', { name: shape, exact: true }).click();
      await rest(page, 500);
    }
  }],
  ['a stop is asked about', async (page) => {
    await page.getByRole('button', { name: /^Stop crowd-/ }).first().click();
    await rest(page, 200);
    await page.keyboard.press('Escape');
    await rest(page, 200);
  }],
  ['the palette is opened and typed into', async (page) => {
    await page.keyboard.press('ControlOrMeta+k');
    await rest(page, 300);
    for (const letter of 'stop 99') {
      await page.keyboard.press(letter === ' ' ? 'Space' : letter);
      await rest(page, 120);
    }
    await page.keyboard.press('Escape');
    await rest(page, 200);
  }],
];

/** The worst event of each interaction since the last time, in milliseconds; those under 16 ms are not told. */
async function interactions(page) {
  await rest(page, 150);
  const events = await page.evaluate(() => window.interactions.splice(0));
  const worst = new Map();
  for (const one of events) if (one.duration > (worst.get(one.interactionId)?.duration ?? 0)) worst.set(one.interactionId, one);
  return [...worst.values()];
}

/** The share of time in which the page's own thread is at work while nobody does anything, over `ms`. */
async function business(page, cdp, ms) {
  const read = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
  const before = await read();
  await rest(page, ms);
  const after = await read();
  const share = (name) => (100 * (after[name] - before[name])) / (after.Timestamp - before.Timestamp);
  return { all: share('TaskDuration'), script: share('ScriptDuration'), layout: share('LayoutDuration') + share('RecalcStyleDuration'), nodes: after.Nodes };
}

/** The heap after everything that can go has gone, MB. */
async function heap(page, cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const of = (name) => metrics.find((one) => one.name === name).value;
  const wasm = await page.evaluate(() => window.wasmMemory?.buffer.byteLength ?? 0);
  return { js: usedSize / 1e6, wasm: wasm / 1e6, nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

/** By how much values rise from one to the next, by the line that lies nearest to them all. */
function slope(values) {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const over = values.reduce((sum, value, x) => sum + (x - middle) * (value - mean), 0);
  return over / values.reduce((sum, _, x) => sum + (x - middle) ** 2, 0);
}

const server = await Server.start(['--demo']);
const browser = await Browser.start();
let page;
try {
  page = await browser.newPage();
  await page.addInitScript(watchPage);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  await logIn(page, server.loginLink);
  await haveRun(page, server, 'one-fox');
  const team = await crowd(page, { count: COUNT, pace: 0, lives: true });
  const table = page.getByRole('table', { name: 'Instances' });
  const open = async (pace) => {
    team.pace = 0;
    await page.goto(`${server.address}/team`);
    await table.getByRole('row', { name: /crowd-/ }).first().waitFor();
    team.pace = pace;
    await rest(page, 2_000);
    await interactions(page);
  };
  const drawn = () => page.locator('.instances tr[id]').count();

  console.log('| | when | interactions of 16 ms and more | p50, ms | worst, ms | handled by the page in, ms |\n|---|---|---:|---:|---:|---:|');
  const summary = [];
  for (const [when, pace, scrolled] of [['at rest', 0, false], ['20 changes a second', PACE, false], ['20 changes a second, all scrolled through', PACE, true]]) {
    await open(pace);
    if (scrolled) {
      // A window at a time, until the end does not move away any more.
      await page.evaluate(async () => {
        const page = document.scrollingElement;
        for (let still = 0; still < 20; still += 1) {
          const [top, tall] = [page.scrollTop, page.scrollHeight];
          page.scrollBy(0, innerHeight);
          await new Promise((done) => setTimeout(done, 50));
          if (page.scrollTop !== top || page.scrollHeight !== tall) still = 0;
        }
      });
      await page.evaluate(() => window.scrollTo(0, 0));
      await rest(page, 1_000);
      await interactions(page);
    }
    const rows = await drawn();
    const busy = await business(page, cdp, 5_000);
    const all = [];
    for (const [what, press] of PRESSES) {
      await press(page);
      const seen = await interactions(page);
      const times = seen.map(({ duration }) => duration);
      const worst = seen.find(({ duration }) => duration === Math.max(...times));
      all.push(...times);
      console.log(`| ${what} | ${when} | ${times.length} | ${words(at(times, 0.5))} | ${words(worst?.duration)} | ${words(worst?.handled)} |`);
    }
    summary.push({ when, rows, busy, all });
  }
  console.log('\n| when | rows drawn | interaction to next paint (worst), ms | p98 | page at work by itself | in script | in layout |\n|---|---:|---:|---:|---:|---:|---:|');
  for (const { when, rows, busy, all } of summary) {
    const share = (value) => `${words(value, 1)} %`;
    console.log(`| ${when} | ${rows} | ${words(Math.max(0, ...all))} | ${words(at(all, 0.98))} | ${share(busy.all)} | ${share(busy.script)} | ${share(busy.layout)} |`);
  }

  // Five times as many changes as above: more of them, and what tells them grows by itself.
  await open(PACE / 5);
  const [from, seen] = [team.told, []];
  const steps = Math.max(6, Math.round(minutes * 6));
  for (let step = 0; step < steps; step += 1) {
    await rest(page, (minutes * 60_000) / steps);
    // The first ones fill what is kept in any case.
    if (step >= steps / 3) seen.push(await heap(page, cdp));
  }
  const told = team.told - from;
  console.log(`\n${told} changes in ${minutes} min (an hour has ${HOUR}), the last two thirds of them:\n`);
  console.log('| | at the beginning | at the end | rises an hour |\n|---|---:|---:|---:|');
  for (const [what, key] of [['heap of JavaScript, MB', 'js'], ['memory of the wasm, MB', 'wasm'], ['nodes', 'nodes'], ['listeners', 'listeners']]) {
    const values = seen.map((one) => one[key]);
    const digits = key === 'js' || key === 'wasm' ? 2 : 0;
    // From one sample to the next there are `told / steps` changes.
    console.log(`| ${what} | ${words(values[0], digits)} | ${words(values.at(-1), digits)} | ${words((slope(values) * HOUR * steps) / told, digits)} |`);
  }
  if (page.problems.length) console.log(`\nthe page complained:\n${page.problems.join('\n')}`);
} catch (error) {
  await browser.photograph('thousand-runs');
  throw error;
} finally {
  await browser.stop();
  await server.stop();
}
