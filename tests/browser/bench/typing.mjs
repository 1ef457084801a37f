// How long a key keeps the page busy while a configuration is typed with the whole catalogue there.
//
// Prints a table of medians and 95th percentiles. The page's own figures (check, match) come from its footer, "key" is
// the time from the key's event to the end of the task it causes, with everything the page does at once. No absolute
// time holds on another machine: compare two builds in one run each on the same one.
//
//     BERTH=target/release/berth node bench/typing.mjs [ROUNDS]
import { Browser, Server, logIn, paste } from '../harness.mjs';

const TYPICAL = `type: dev-environment
ide: vscode

python: "3.11"
env:
  - HF_HOME=/workflow/cache
setup:
  - pip install -r requirements.txt

resources:
  gpu: 24GB..80GB
  memory: 32GB..
  disk: 200GB..
spot_policy: auto
max_price: 1.5`;

const rounds = Number(process.argv[2] ?? 200);
const server = await Server.start();
const browser = await Browser.start();
try {
  const page = await browser.newPage();
  await logIn(page, server.loginLink);
  await paste(page, TYPICAL);
  await page.getByRole('table', { name: 'Offers' }).getByRole('row').nth(2).waitFor();
  const offers = await page.locator('[data-bench=matched], .offers__foot, .panel__foot').allInnerTexts();
  await page.getByRole('textbox', { name: 'Configuration' }).press('ControlOrMeta+End');
  await page.evaluate(() => {
    window.keys = [];
    // The first listener there is, so that it hears of the key before the editor does.
    window.addEventListener(
      'keydown',
      () => {
        const begin = performance.now();
        const { port1, port2 } = new MessageChannel();
        // A message is handled after the task of the key, and before the next frame is drawn.
        port1.onmessage = () => window.keys.push(performance.now() - begin);
        setTimeout(() => port2.postMessage(null));
      },
      { capture: true },
    );
  });
  const seen = { check: [], match: [] };
  for (let round = 0; round < rounds; round += 1) {
    await page.keyboard.press(round % 2 === 0 ? '5' : 'Backspace');
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const text = await page.evaluate(() => document.body.innerText);
    for (const [name, word] of [['check', 'checked'], ['match', 'matched']]) {
      const found = text.match(new RegExp(`${word} in ([\\d.]+) ms`));
      if (found) seen[name].push(Number(found[1]));
    }
  }
  seen.key = await page.evaluate(() => window.keys);
  console.log(`${rounds} keys, ${offers.join(' ').replace(/\s+/g, ' ')}`);
  console.log('| what | p50, ms | p95, ms | n |\n|---|---|---|---|');
  for (const [name, times] of Object.entries(seen)) {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(2) ?? '–';
    console.log(`| ${name} | ${at(0.5)} | ${at(0.95)} | ${sorted.length} |`);
  }
} finally {
  await browser.stop();
  await server.stop();
}
