import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, paste, until, withServer } from '../harness.mjs';

const HEAD = 'type: dev-environment\nide: vscode\n';

const editor = (page) => page.getByRole('textbox', { name: 'Configuration' });
const offers = (page) => page.getByRole('table', { name: 'Offers' });
const text = (page) => editor(page).evaluate((node) => [...node.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n'));
const fitting = async (page) => Number((await page.locator('.figure__value').first().innerText()).replace(',', ''));

/** The notes after the lines of the editor. */
const notes = (page) =>
  page.locator('.inlay[data-tone="cost"]').evaluateAll((all) => all.map((note) => note.dataset.note));

test(
  'a file that is too narrow is mended by one button, and launched',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, `# mine\n${HEAD}resources:\n  cpu: 5000..  # too many\n`);
    await page.getByRole('heading', { name: 'No offer fits yet' }).waitFor();
    const launch = page.getByRole('main').getByRole('button', { name: 'Launch', exact: true });
    // The plan of the text before stands until the one of this text is there.
    await until(() => launch.isDisabled(), 'there is nothing to launch on');

    const changes = page.getByRole('group', { name: 'Changes that bring offers back' });
    const any = changes.locator('.relax__item').filter({ hasText: 'Take any number of vCPUs' });
    const promised = Number((await any.locator('.relax__big').first().innerText()).replace(',', ''));
    await any.getByRole('button', { name: 'Apply' }).click();
    await offers(page).getByRole('row').nth(1).waitFor();
    assert.equal(await text(page), `# mine\n${HEAD}resources:\n  cpu: 0..  # too many\n`);
    await until(async () => (await fitting(page)) === promised, 'as many as promised');

    await until(() => launch.isEnabled(), 'the launch is possible');
    await launch.click();
    await page.waitForURL(/\/runs\/[a-z]/);
    await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'where no single change helps, those that do together are one button',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, `${HEAD}resources:\n  gpu: H100:80GB:8\nmax_price: 5\nregions:\n  - nowhere\n`);
    await page.getByText('no single change brings one back').waitFor();
    const first = page.getByRole('group', { name: 'Changes that bring offers back' }).locator('.relax__item').first();
    const promised = Number((await first.locator('.relax__big').first().innerText()).replace(',', ''));
    await first.getByRole('button', { name: 'Apply' }).click();
    await until(async () => (await fitting(page)) === promised, 'as many as promised');
    assert.match(await text(page), /regions:\n {2}- nowhere\n {2}- /);
    // One step back brings the old text.
    await editor(page).press('ControlOrMeta+Z');
    await page.getByText('no single change brings one back').waitFor();
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'each line says what it costs in choice, and a fix what it brings',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const lines = 'resources:\n  gpu: A100:1..8\n  disk: 500GB\nspot_policy: auto\nbackends: [lambda, azure, gcp]\nmax_price: 12\n';
    await paste(page, HEAD + lines);
    await until(async () => (await notes(page)).length === 3, 'three lines leave offers out');
    const [disk, backends, price] = await notes(page);
    assert.match(disk, /^− \d+ offers$/);
    assert.match(backends, /^− \d+ offers, from \$0\.\d+$/);
    assert.match(price, /^− \d+ offers$/);
    const before = await fitting(page);

    await editor(page).press('ControlOrMeta+Home');
    for (let i = 0; i < 4; i += 1) await page.keyboard.press('ArrowDown');
    const fix = page.locator('.diag-block .fix').first();
    await until(async () => /\+\d+ offers/.test(await fix.innerText()), 'the fix says what it brings');
    const gain = Number((await fix.innerText()).match(/\+(\d+) offers/)[1]);
    await fix.click();
    await until(async () => (await fitting(page)) === before + gain, 'that many more');
    // While the text makes no sense, nothing is said of what it costs.
    await editor(page).press('ControlOrMeta+End');
    await page.keyboard.type('nonsense: 1\n');
    await until(async () => (await notes(page)).length === 0, 'no cost without a meaning');
    assert.deepEqual(page.problems, []);
  }),
);
