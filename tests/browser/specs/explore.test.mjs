import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, paste, tokenOf, until, withServer } from '../harness.mjs';

const TEXT = `# what I work on
type: dev-environment
ide: vscode

resources:
  gpu: 24GB  # for now
  disk: 200GB..
`;

const card = (page, name) => page.getByRole('article', { name, exact: true });
const query = (page) => new URL(page.url()).search;
const editorText = (page) =>
  page
    .getByRole('textbox', { name: 'Configuration' })
    .locator('.cm-line')
    // Notes behind values are drawn, not written.
    .evaluateAll((lines) =>
      lines
        .map((line) => {
          const copy = line.cloneNode(true);
          for (const note of copy.querySelectorAll('[class*="cm-inlay"], .cm-hint, [aria-hidden], .cm-widgetBuffer, [contenteditable="false"]')) note.remove();
          return copy.textContent;
        })
        .join('\n'),
    );

async function explore(page, server, search = '') {
  await page.goto(`${server.address}/explore${search}`);
  await card(page, 'H100 80 GB').or(page.getByText('No offer is left')).or(page.getByRole('table')).first().waitFor();
}

test(
  'filters stand in the address, and going back takes them back',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.getByRole('link', { name: 'Explore' }).click();
    await card(page, 'T4 16 GB').waitFor();
    await card(page, 'No GPU').waitFor();
    assert.equal(query(page), '');

    await page.getByLabel('Memory').selectOption('80');
    await card(page, 'T4 16 GB').waitFor({ state: 'detached' });
    assert.equal(query(page), '?memory=80');
    await page.getByRole('button', { name: 'Spot', exact: true }).click();
    await until(() => query(page) === '?memory=80&kind=spot', 'both stand in the address');
    await page.getByRole('button', { name: /^Backends/ }).click();
    await page.getByRole('checkbox', { name: 'gcp' }).check();
    await page.getByRole('checkbox', { name: 'azure' }).check();
    await until(() => query(page) === '?memory=80&backend=azure,gcp&kind=spot', 'the backends stand there, too');
    await page.keyboard.press('Escape');
    await page.getByLabel('Search offers').pressSequentially('hopper');
    await until(() => query(page).startsWith('?q=hopper&'), 'the text stands there, too');
    await card(page, 'A100 80 GB').waitFor({ state: 'detached' });

    // One step back is a choice, not a letter.
    await page.goBack();
    await card(page, 'A100 80 GB').waitFor();
    assert.equal(query(page), '?memory=80&backend=azure,gcp&kind=spot');
    assert.equal(await page.getByLabel('Search offers').inputValue(), '');
    await page.goBack();
    await page.goBack();
    await page.goBack();
    await until(() => query(page) === '?memory=80', 'the kind is taken back');
    assert.equal(await page.getByLabel('Memory').inputValue(), '80');
    await page.goBack();
    await card(page, 'T4 16 GB').waitFor();
    assert.equal(query(page), '');

    // A link shows what it was made of, whoever opens it, and says what it could not read.
    await explore(page, server, '?memory=80&kind=spot&colour=red&backend=gcp,acme');
    await page.getByText(/left out of the address/i).waitFor();
    const words = await page.getByText(/left out of the address/i).innerText();
    assert.match(words, /colour=red/);
    assert.match(words, /backend=acme/);
    assert.equal(await page.getByLabel('Memory').inputValue(), '80');
    await page.getByRole('button', { name: 'Mend the address' }).click();
    await until(() => query(page) === '?memory=80&backend=gcp&kind=spot', 'the address is mended');
    await page.getByText(/left out of the address/i).waitFor({ state: 'detached' });
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a GPU is opened, its machines unfold, and one very offer goes into the text',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, TEXT);
    await page.getByText('Draft saved').waitFor();
    await explore(page, server);
    await card(page, 'A100 80 GB').getByRole('link', { name: /offers/ }).click();
    await until(() => query(page) === '?gpu=A100:80GB', 'the GPU stands in the address');
    const table = page.getByRole('table', { name: 'Offers' });
    const rows = table.getByRole('row');
    await rows.nth(3).waitFor();
    const before = await rows.count();
    await table.getByRole('button', { name: /regions of/ }).first().click();
    await until(async () => (await rows.count()) > before + 1, 'the regions unfold');
    const place = table.locator('.explore__place').nth(1);
    const region = (await place.locator('td').first().innerText()).trim();
    await place.getByRole('button', { name: /^Use/ }).click();

    await page.waitForURL((url) => url.pathname === '/');
    await until(async () => (await editorText(page)).includes(`regions: [${region}]`), 'the offer is in the text');
    const text = await editorText(page);
    assert.match(text, /^# what I work on\n/);
    assert.match(text, /gpu: A100:80GB.*# for now/);
    assert.match(text, /disk: 200GB\.\./);
    assert.match(text, /instance_types: \[/);
    // It is the one offer that fits.
    const figure = page.locator('.figure').filter({ hasText: 'Offers that fit' });
    await until(async () => /\b1$/.test((await figure.innerText()).trim()), 'one offer fits');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a card is used: the text gets the GPU, keeps the rest, and undo brings it back',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    const fetched = [];
    page.on('request', (request) => {
      if (request.url().includes('/assets/catalog-')) fetched.push(request.url());
    });
    await logIn(page, server.loginLink);
    await paste(page, TEXT);
    await page.getByText('Draft saved').waitFor();
    await page.getByRole('link', { name: 'Explore' }).click();
    await card(page, 'H100 80 GB').getByRole('button', { name: /^Use this/ }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await until(async () => (await editorText(page)).includes('H100'), 'the GPU is in the text');
    assert.equal((await editorText(page)).trimEnd(), TEXT.replace('24GB', 'H100').trimEnd());
    await page.getByRole('region', { name: 'Notes' }).getByText(/H100/).waitFor();
    await page.getByRole('textbox', { name: 'Configuration' }).click();
    await page.keyboard.press('ControlOrMeta+z');
    await until(async () => (await editorText(page)).trimEnd() === TEXT.trimEnd(), 'undo brings the draft back');

    // A draft that cannot be changed safely is kept, unless a new text is asked for; and comes back then, too.
    const broken = 'type: dev-environment\nide: [vscode\n';
    await paste(page, broken);
    await page.getByText('Draft saved').waitFor();
    await page.getByRole('link', { name: 'Explore' }).click();
    const use = card(page, 'A100 80 GB').getByRole('button', { name: /^Use this/ });
    await use.click();
    const dialog = page.getByRole('dialog', { name: /cannot be changed safely/ });
    await dialog.getByText(/Line 3/).waitFor();
    await dialog.getByRole('button', { name: 'Keep my draft' }).click();
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(new URL(page.url()).pathname, '/explore');
    await use.click();
    await dialog.getByRole('button', { name: 'Start a new text' }).click();
    await until(async () => (await editorText(page)).includes('gpu: A100:80GB'), 'the new text is there');
    assert.ok(!(await editorText(page)).includes('[vscode'));
    await page.getByRole('textbox', { name: 'Configuration' }).click();
    await page.keyboard.press('ControlOrMeta+z');
    await until(async () => (await editorText(page)).includes('ide: [vscode'), 'undo brings the broken draft back');
    assert.equal(fetched.length, 1, 'all pages share one price list');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'who has to sign in first finds the very view afterwards',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await page.goto(`${server.address}/explore?gpu=H100&kind=spot`);
    await page.waitForURL(/\/login/);
    await page.getByLabel('Login link or token').fill(tokenOf(server.loginLink));
    await page.getByRole('button', { name: 'Use the link' }).click();
    await page.getByRole('table', { name: 'Offers' }).getByRole('row').nth(2).waitFor();
    assert.equal(query(page), '?gpu=H100&kind=spot');
  }),
);
