import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaints, logIn, paste, until, withServer } from '../harness.mjs';

// Nearly the whole catalogue.
const BROAD = `type: dev-environment
ide: vscode

resources:
  cpu: 1..
  memory: 1GB..
  disk: 50GB..
spot_policy: auto
`;

const GPU = `type: dev-environment
ide: vscode

resources:
  gpu: 40GB..80GB
spot_policy: auto
max_price: 4
`;

const offers = (page) => page.getByRole('table', { name: 'Offers' });
const lines = (page) => offers(page).locator('.offers__line');
const column = (page, key) => offers(page).locator(`.offers__line [data-col="${key}"]`);
const rowCount = async (page) => Number(await offers(page).getAttribute('aria-rowcount'));
const numbers = (texts) => texts.map((text) => Number(text.replace(/[^\d.]/g, '')));
const group = (page, by) => page.getByRole('combobox', { name: 'Group by' }).selectOption({ label: by });
const fitting = async (page) => {
  const text = await page.locator('.headline .figure__value').first().innerText();
  return Number(text.replace(/\D/g, ''));
};

async function open(page, server, text) {
  await logIn(page, await server.anotherLoginLink());
  await paste(page, text);
  await lines(page).nth(5).waitFor();
}

/** Scrolls whatever scrolls the table: the pane, or on a phone the document. */
async function scrollTo(page, share) {
  await page.evaluate((share) => {
    const pane = document.querySelector('.launch__offers');
    const scroller = pane.scrollHeight > pane.clientHeight + 1 ? pane : document.scrollingElement;
    scroller.scrollTop = share * scroller.scrollHeight;
  }, share);
}

test(
  'the last of more than a hundred thousand offers is reached by scrolling, with few lines in the page',
  withServer(async ({ server, browser }) => {
    for (const width of [1440, 375]) {
      const page = await browser.newPage({ width, height: width === 375 ? 812 : 900 });
      await logIn(page, await server.anotherLoginLink());
      await paste(page, BROAD);
      if (width === 375) await page.getByRole('tab', { name: /^Offers/ }).click();
      await lines(page).nth(5).waitFor();
      await group(page, 'Every offer');
      await until(async () => (await rowCount(page)) > 100_000, 'every offer is a line');
      const all = await fitting(page);
      assert.equal(await rowCount(page), all + 1);
      for (const share of [0.3, 0.7, 1]) {
        await scrollTo(page, share);
        await until(async () => {
          const seen = await page.evaluate(() =>
            [...document.querySelectorAll('.offers__line')].filter((line) => {
              const { top, bottom } = line.getBoundingClientRect();
              return bottom > 200 && top < window.innerHeight - 200;
            }).length,
          );
          return seen >= 5;
        }, `lines are seen at ${share}`);
        assert.ok((await offers(page).locator('tr').count()) < 100, 'few lines are in the page');
      }
      await until(
        async () => Number(await lines(page).last().getAttribute('aria-rowindex')) === all + 1,
        'the last offer is there',
      );
      // All lines are of one height, or those out of sight would not have their place.
      const heights = await lines(page).evaluateAll((lines) => lines.map((line) => line.getBoundingClientRect().height));
      assert.ok(Math.max(...heights) - Math.min(...heights) < 0.5, heights.join());
      assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= window.innerWidth), 'no sideways scrolling');
      assert.deepEqual(page.problems, []);
      await page.context().close();
    }
  }),
);

test(
  'keys scroll the offers to their end and back, and a line that goes takes no focus along',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await open(page, server, BROAD);
    const pane = page.getByRole('region', { name: 'What fits' });
    await pane.focus();
    await page.keyboard.press('End');
    const last = async () => Number(await lines(page).last().getAttribute('aria-rowindex'));
    await until(async () => (await last()) === (await rowCount(page)), 'the end is there');
    await page.keyboard.press('Home');
    await until(async () => Number(await lines(page).first().getAttribute('aria-rowindex')) === 2, 'the beginning is there');
    // The focus is on a line's button; the wheel takes the line out of the page.
    await offers(page).locator('.offers__unfold').first().focus();
    await scrollTo(page, 0.5);
    await until(() => pane.evaluate((pane) => pane === document.activeElement), 'the pane has the focus');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a head sorts by its column, both ways, and then as before',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await open(page, server, GPU);
    await group(page, 'Every offer');
    const head = (name) => offers(page).getByRole('columnheader', { name });
    const click = (name) => head(name).getByRole('button').click();
    assert.equal(await head('$/h').getAttribute('aria-sort'), 'ascending');
    const prices = async () => numbers(await column(page, 'price').allInnerTexts());
    await until(async () => (await prices()).length > 10, 'prices are there');
    const cheapest = await prices();
    assert.deepEqual(cheapest, cheapest.toSorted((a, b) => a - b));

    await click('$/h');
    assert.equal(await head('$/h').getAttribute('aria-sort'), 'descending');
    await until(async () => (await prices())[0] > cheapest[0], 'the dearest stand first');
    const dearest = await prices();
    assert.deepEqual(dearest, dearest.toSorted((a, b) => b - a));

    await click('Instance type');
    assert.equal(await head('$/h').getAttribute('aria-sort'), null);
    const types = async () => offers(page).locator('.offers__type').allInnerTexts();
    await until(async () => {
      const names = await types();
      return names.join() === names.toSorted((a, b) => (a < b ? -1 : 1)).join();
    }, 'names are in the order of the alphabet');
    await click('Instance type');
    await click('Instance type');
    await until(async () => (await prices()).join() === cheapest.join(), 'the order is the usual one again');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'offers are put together by GPU, backend and region, and a group unfolds in its place',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await open(page, server, GPU);
    const types = await rowCount(page);
    for (const by of ['By GPU', 'By backend', 'By region']) {
      const before = await lines(page).first().innerText();
      await group(page, by);
      const heading = lines(page).first().getByRole('button', { name: /[\d,]+ offers?$/ });
      await heading.waitFor();
      // The heading of another grouping looks alike.
      await until(async () => (await lines(page).first().innerText()) !== before, 'they are put together anew');
      const groups = await rowCount(page);
      const count = Number((await heading.innerText()).replace(/,/g, '').match(/(\d+) offers?$/)[1]);
      assert.equal(await heading.getAttribute('aria-expanded'), 'false');
      await heading.click();
      await until(async () => (await rowCount(page)) === groups + count, 'its offers are lines');
      assert.equal(await heading.getAttribute('aria-expanded'), 'true');
      assert.ok(await heading.evaluate((button) => button === document.activeElement), 'the focus stays');
      await heading.click();
      await until(async () => (await rowCount(page)) === groups, 'its offers are folded');
    }
    // By type, each unfolds its regions.
    await group(page, 'By machine type');
    await until(async () => (await rowCount(page)) === types, 'machine types are lines');
    const more = offers(page).getByRole('button', { name: /more regions/ }).first();
    const count = Number((await more.innerText()).match(/\d+/)[0]) + 1;
    await more.click();
    await until(async () => (await rowCount(page)) === types + count, 'its regions are lines');
    assert.deepEqual(await complaints(page), []);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'columns are chosen and stay chosen',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage({ width: 1920 });
    await open(page, server, GPU);
    const heads = () => offers(page).getByRole('columnheader').allInnerTexts();
    assert.ok(!(await heads()).join().includes('Saving'));
    await page.getByRole('button', { name: 'Columns' }).click();
    const menu = page.getByRole('group', { name: 'Columns' });
    await menu.getByLabel('Spot saving').check();
    await menu.getByLabel('Price per GPU-hour').check();
    await menu.getByLabel('RAM').uncheck();
    // What lies half below an open menu is no target while it is open.
    assert.deepEqual((await complaints(page)).filter((line) => !line.startsWith('target-size')), []);
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    const chosen = async () => {
      const names = (await heads()).map((name) => name.trim());
      return names.includes('Saving') && names.includes('$/GPU-h') && !names.includes('RAM');
    };
    await until(chosen, 'the table has these columns');
    const savings = await column(page, 'saving').allInnerTexts();
    assert.ok(savings.some((text) => /\d+ %/.test(text)), savings.join());
    await page.reload();
    await lines(page).nth(5).waitFor();
    await until(chosen, 'the columns are remembered');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a range of prices is drawn on the plot, by mouse and by keys, and taken away',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await open(page, server, GPU);
    await group(page, 'Every offer');
    await until(async () => (await rowCount(page)) === (await fitting(page)) + 1, 'every offer is a line');
    const all = await rowCount(page);
    const field = page.getByRole('application', { name: /^Prices of/ });
    const box = await field.boundingBox();
    await page.mouse.move(box.x + 0.3 * box.width, box.y + 0.5 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.6 * box.width, box.y + 0.5 * box.height, { steps: 4 });
    await page.mouse.up();
    const chip = page.getByRole('button', { name: /take the range away/ });
    await chip.waitFor();
    const [low, high] = (await chip.innerText()).match(/[\d.]+/g).map(Number);
    await until(async () => (await rowCount(page)) < all, 'the table is filtered');
    const prices = numbers(await column(page, 'price').allInnerTexts());
    assert.ok(prices.every((price) => price >= low - 0.001 && price <= high + 0.001), prices.join());
    await page.getByText(new RegExp(`of ${(all - 1).toLocaleString('en')} offers`)).waitFor();
    await chip.click();
    await until(async () => (await rowCount(page)) === all, 'all offers are back');

    const lowest = page.getByRole('slider', { name: 'Lowest price' });
    assert.equal(await lowest.getAttribute('aria-valuetext'), 'no lowest price');
    await lowest.focus();
    for (let i = 0; i < 3; i += 1) await page.keyboard.press('PageUp');
    assert.match(await lowest.getAttribute('aria-valuetext'), /^\$[\d.]+ an hour$/);
    await until(async () => (await rowCount(page)) < all, 'the table is filtered by keys');
    const highest = page.getByRole('slider', { name: 'Highest price' });
    await highest.focus();
    await page.keyboard.press('ArrowLeft');
    assert.match(await highest.getAttribute('aria-valuetext'), /^\$[\d.]+ an hour$/);
    await page.keyboard.press('End');
    await lowest.focus();
    await page.keyboard.press('Home');
    await chip.waitFor({ state: 'detached' });
    await until(async () => (await rowCount(page)) === all, 'all offers are back again');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'the plot tells what a mark stands for, and says the same as a table',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await open(page, server, GPU);
    const by = page.getByRole('group', { name: 'Price by' });
    for (const axis of ['GPU', 'GPU memory', 'vCPU']) {
      await by.getByRole('button', { name: axis, exact: true }).click();
      const field = page.getByRole('application', { name: /^Prices of/ });
      await until(async () => (await field.locator('circle').count()) > 3, 'marks are drawn');
      await field.focus();
      await page.keyboard.press('ArrowDown');
      const tip = page.locator('.plot__tip');
      await tip.waitFor();
      const first = await tip.innerText();
      assert.match(first, /\$\d+\.\d{3} an hour, (spot|on-demand)/);
      await until(async () => {
        await page.keyboard.press('ArrowDown');
        return (await tip.innerText()) !== first;
      }, 'another mark is told');
      await until(
        async () => (await page.getByRole('status').allInnerTexts()).some((text) => /an hour/.test(text)),
        'it is said as well',
      );
      await page.keyboard.press('Escape');
      await tip.waitFor({ state: 'detached' });
      assert.deepEqual(await complaints(page), [], axis);
    }
    await by.getByRole('button', { name: 'GPU', exact: true }).click();
    await page.getByRole('button', { name: /^Table/ }).click();
    const table = page.getByRole('table', { name: 'Figures of the plot' });
    await table.getByRole('row').nth(3).waitFor();
    const counts = numbers(await table.locator('tbody tr td:nth-child(3)').allInnerTexts());
    assert.equal(counts.reduce((sum, count) => sum + count, 0), await fitting(page));
    assert.deepEqual(await complaints(page), []);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'each line says whether its backend is set up here',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await open(page, server, GPU);
    const backends = await column(page, 'backend').allTextContents();
    assert.ok(backends.length > 5 && backends.every((text) => /preview$/.test(text.trim())), backends.join());
    await page.getByRole('switch', { name: /Backends not set up/ }).click();
    await page.getByText('No offer fits yet').waitFor();
    assert.deepEqual(page.problems, []);
  }),
);
