import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { complaints, logIn, paste, until, withServer } from '../harness.mjs';

const NEWER = `type: dev-environment
name: notebook
ide: cursor
resources:
  cpu: x86:4..
  gpu: nvidia:24GB..
volumes:
  - data:/data
idle_duration: 1h
`;

const editor = (page) => page.getByRole('textbox', { name: 'Configuration' });
const problems = (page) => page.getByRole('list', { name: 'Problems' }).getByRole('listitem');
const completions = (page) => page.getByRole('listbox', { name: 'Completions' });
const pick = (page) => page.getByRole('combobox', { name: 'Reads as' });
const chosen = (page) => pick(page).evaluate((select) => select.selectedOptions[0].textContent);

const text = (page) =>
  editor(page).evaluate((content) => [...content.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n'));

const textIs = (page, expected) =>
  until(async () => (await text(page)) === expected, `the text is ${JSON.stringify(expected)}`);

const convert = (page, release) => page.getByRole('button', { name: `Convert to dstack ${release}` });
const told = (page) => page.locator('.converted').getByRole('status');
const lost = (page) => page.getByRole('list', { name: 'What was lost' }).getByRole('listitem');

const readsAs = (page, words) => until(async () => (await chosen(page)) === words, `it says ${words}`);

async function look(page, name) {
  assert.deepEqual(await complaints(page), [], `${name} is accessible`);
  if (!process.env.SCREENSHOTS) return;
  await mkdir(process.env.SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`) });
}

test(
  'a file of dstack 0.22 is told by itself, and read as another release where its first line says so',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await readsAs(page, 'dstack 0.18, automatic');
    await paste(page, NEWER);
    await readsAs(page, 'dstack 0.22, automatic');
    await until(async () => (await problems(page).count()) === 0, 'nothing is wrong with it');
    assert.match(await pick(page).getAttribute('title'), /valid in no other release/);
    // What it means is said in the words of that release.
    await page.getByText('1 or more × nvidia, 24 GB or more').first().waitFor();
    await look(page, 'dialects-automatic');

    await pick(page).selectOption('0.18');
    await textIs(page, `# dstack: 0.18\n${NEWER}`);
    await readsAs(page, 'dstack 0.18');
    await until(async () => (await problems(page).count()) >= 4, 'dstack 0.18 does not know its keys');
    assert.match(await pick(page).getAttribute('title'), /the first line says so/);
    await look(page, 'dialects-pinned');

    await pick(page).selectOption('0.22');
    await textIs(page, `# dstack: 0.22\n${NEWER}`);
    await until(async () => (await problems(page).count()) === 0, 'dstack 0.22 does');

    await pick(page).selectOption('');
    await textIs(page, NEWER);
    await readsAs(page, 'dstack 0.22, automatic');
    await editor(page).press('ControlOrMeta+z');
    await textIs(page, `# dstack: 0.22\n${NEWER}`);
    await readsAs(page, 'dstack 0.22');
    await editor(page).press('ControlOrMeta+z');
    await textIs(page, `# dstack: 0.18\n${NEWER}`);
    await editor(page).press('ControlOrMeta+z');
    await textIs(page, NEWER);
    await readsAs(page, 'dstack 0.22, automatic');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a text is converted to the other release as one change, and what is lost is said',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, NEWER);
    await readsAs(page, 'dstack 0.22, automatic');
    assert.equal(await told(page).textContent(), '', 'nothing is told before');
    // By the keyboard: the button follows the choice.
    await pick(page).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await readsAs(page, 'dstack 0.18, automatic');
    await until(async () => (await problems(page).count()) === 0, 'it is valid in it');
    await told(page).getByText('Converted to dstack 0.18; 5 things were lost.').waitFor();
    const all = await lost(page).allTextContents();
    assert.match(all[0], /^name: dstack 0\.18 has no name\.was in line 2$/);
    assert.ok(all.some((one) => /^ide: dstack 0\.18 has no cursor: vscode stands there now\./.test(one)), all.join('\n'));
    assert.ok(all.some((one) => /^volumes: /.test(one)), all.join('\n'));
    assert.match(await text(page), /^# name: notebook {2}# not in dstack 0\.18$/m);
    assert.match(await text(page), /^termination_idle_time: 1h$/m);
    await look(page, 'dialects-converted');

    // The cursor is in the text. One step back is all of it, and then there is nothing to tell; one forth, and there is.
    await page.keyboard.press('ControlOrMeta+z');
    await textIs(page, NEWER);
    await readsAs(page, 'dstack 0.22, automatic');
    await until(async () => (await told(page).textContent()) === '', 'what is undone is not told');
    await page.keyboard.press('ControlOrMeta+Shift+z');
    await readsAs(page, 'dstack 0.18, automatic');
    await told(page).getByText('Converted to dstack 0.18').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await until(async () => (await told(page).textContent()) === '', 'it is dismissed');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a text that is valid in both releases says in its first line for which it is, and what is not valid stays',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const both = 'type: dev-environment\nide: vscode\n';
    await paste(page, both);
    await readsAs(page, 'dstack 0.18, automatic');
    await convert(page, '0.22').click();
    await readsAs(page, 'dstack 0.22');
    await textIs(page, `# dstack: 0.22\n${both}`);
    await told(page).getByText('Converted to dstack 0.22; nothing was lost.').waitFor();
    assert.equal(await lost(page).count(), 0);
    await convert(page, '0.18').click();
    await textIs(page, `# dstack: 0.18\n${both}`);

    // From the editor's own list, where nothing is to be mended.
    await editor(page).focus();
    await page.keyboard.press('ControlOrMeta+.');
    await page.getByRole('menu', { name: 'Quick fixes' }).getByRole('menuitem', { name: 'Convert to dstack 0.22' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu', { name: 'Quick fixes' }).waitFor({ state: 'detached' });
    await page.keyboard.press('ControlOrMeta+.');
    const item = page.getByRole('menuitem', { name: 'Convert to dstack 0.22' });
    await until(() => item.evaluate((item) => item === document.activeElement), 'the list has the focus');
    await page.keyboard.press('Enter');
    await textIs(page, `# dstack: 0.22\n${both}`);
    await until(() => editor(page).evaluate((content) => content.contains(document.activeElement)), 'the text has the focus again');
    await editor(page).press('ControlOrMeta+z');
    await textIs(page, `# dstack: 0.18\n${both}`);

    // From the palette, too, where it is among what the page can do, and goes with it.
    const palette = page.getByRole('dialog', { name: 'Search or jump to' });
    await page.keyboard.press('ControlOrMeta+k');
    await palette.getByRole('group', { name: 'On this page' }).getByRole('option', { name: /^Convert to dstack 0\.22/ }).waitFor();
    await page.keyboard.type('convert to');
    await until(async () => (await palette.getByRole('option', { selected: true }).allInnerTexts()).some((one) => one.includes('Convert to dstack 0.22')), 'it is chosen');
    await page.keyboard.press('Enter');
    await textIs(page, `# dstack: 0.22\n${both}`);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Runs/ }).first().click();
    await page.waitForURL(/\/runs$/);
    await page.keyboard.press('ControlOrMeta+k');
    await palette.getByRole('option').first().waitFor();
    assert.equal(await palette.getByRole('option', { name: /Convert/ }).count(), 0);
    await page.keyboard.press('Escape');
    await page.goBack();
    await textIs(page, `# dstack: 0.22\n${both}`);
    assert.equal(await told(page).textContent(), '', 'what was told has gone with the page');
    await convert(page, '0.18').click();
    await told(page).getByText('Converted to dstack 0.18').waitFor();

    // Another text: what became of the one before is no news any more.
    await page.getByRole('button', { name: 'Examples' }).click();
    await page.getByRole('menuitem').first().click();
    await until(async () => (await told(page).textContent()) === '', 'nothing is told of it');

    await paste(page, `${both}port: 8080\n`);
    await until(async () => (await problems(page).count()) === 1, 'it has an error');
    assert.ok(await convert(page, '0.22').isDisabled());
    assert.equal(await convert(page, '0.22').getAttribute('title'), 'Mend the error first: only a valid text can be converted');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'what is offered and explained is that of the release the text is read as',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const offered = async (key) => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+Space');
      await completions(page).getByRole('option', { name: /max_duration/ }).waitFor();
      return (await completions(page).getByRole('option', { name: new RegExp(`^${key}`) }).count()) > 0;
    };
    for (const [release, key, other] of [
      ['0.22', 'inactivity_duration', 'termination_idle_time'],
      ['0.18', 'termination_idle_time', 'inactivity_duration'],
    ]) {
      await paste(page, `# dstack: ${release}\ntype: dev-environment\nide: vscode\n`);
      await readsAs(page, `dstack ${release}`);
      assert.ok(await offered(key), `${key} in ${release}`);
      assert.ok(!(await offered(other)), `no ${other} in ${release}`);
      await page.keyboard.press('Escape');
    }
    await paste(page, '# dstack: 0.22\ntype: dev-environment\nidle_duration: 1h\n');
    await page.locator('.cm-line', { hasText: 'idle' }).locator('.tok-propertyName').hover();
    await page.locator('.cm-tooltip .hovercard').getByText('Since dstack 0.22.').waitFor();
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a release does not come and go while one types, and another text is told anew',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, NEWER);
    await readsAs(page, 'dstack 0.22, automatic');
    await pick(page).evaluate((select) => {
      window.seen = [];
      new MutationObserver(() => window.seen.push(select.selectedOptions[0].textContent)).observe(select, {
        subtree: true,
        characterData: true,
        childList: true,
      });
    });
    await editor(page).press('ControlOrMeta+End');
    await page.keyboard.type('inactivity_duration: 2h', { delay: 20 });
    await page.keyboard.press('Escape');
    await until(async () => (await problems(page).count()) === 0, 'it is valid again');
    assert.ok((await page.evaluate(() => window.seen)).every((words) => words.startsWith('dstack 0.22')));

    await page.getByRole('button', { name: 'Examples' }).click();
    await page.getByRole('menuitem').first().click();
    await readsAs(page, 'dstack 0.18, automatic');
    assert.deepEqual(page.problems, []);
  }),
);

for (const [width, height] of [[1440, 900], [375, 812]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(
      `the release has its place at ${width} px, ${colorScheme}`,
      withServer(async ({ server, browser }) => {
        const page = await browser.newPage({ width, height, colorScheme });
        await logIn(page, server.loginLink);
        await paste(page, `# dstack: 0.18\n${NEWER}`);
        await readsAs(page, 'dstack 0.18');
        const box = await pick(page).boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= width, 'it is within the window');
        await look(page, `dialects-${width}-${colorScheme}`);

        await paste(page, NEWER);
        await readsAs(page, 'dstack 0.22, automatic');
        const button = await convert(page, '0.18').boundingBox();
        assert.ok(button.x >= 0 && button.x + button.width <= width && button.height >= 24, 'so is what converts the text');
        await convert(page, '0.18').click();
        await told(page).getByText('Converted to dstack 0.18').waitFor();
        const list = await page.getByRole('list', { name: 'What was lost' }).boundingBox();
        assert.ok(list.x >= 0 && list.x + list.width <= width, 'and what was lost');
        assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'nothing is wider than the window');
        await look(page, `dialects-converted-${width}-${colorScheme}`);
        assert.deepEqual(page.problems, []);
      }),
    );
  }
}
