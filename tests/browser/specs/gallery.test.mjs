// The component gallery: every component there is, in every state, in both themes.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { complaints, examineAll, logIn, until, withServer } from '../harness.mjs';

const FOLDERS = path.resolve(import.meta.dirname, '../../../frontend/src/components');

const section = (page, name) => page.locator(`[data-component="${name}"]`);

test(
  'every component has its place in the gallery, which is accessible and fits in both widths and themes',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.keyboard.press('ControlOrMeta+k');
    await page.getByRole('combobox', { name: 'Search or jump to' }).fill('component gallery');
    await page.getByRole('option', { name: /^Component gallery/ }).click();
    await page.waitForURL(/\/gallery$/);
    await page.getByRole('heading', { level: 1, name: 'Component gallery' }).waitFor();
    assert.equal(await page.getByRole('navigation', { name: 'Main' }).getByText('gallery').count(), 0, 'the rail has no link to it');

    const entries = await readdir(FOLDERS, { withFileTypes: true });
    const loose = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    assert.deepEqual(loose, ['mod.rs'], 'every component has a folder');
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    const shown = await page.locator('[data-component]').evaluateAll((all) => all.map((one) => one.dataset.component));
    assert.deepEqual(shown.toSorted(), folders.toSorted(), 'each folder is a section, and each section a folder');

    for (const name of folders) {
      const columns = await section(page, name)
        .locator('.gallery__theme')
        .evaluateAll((all) => all.map((one) => [one.dataset.theme, getComputedStyle(one).colorScheme, one.childElementCount > 0]));
      assert.deepEqual(columns, [['light', 'light', true], ['dark', 'dark', true]], `${name} is shown in both themes`);
    }
    const papers = await section(page, 'status').locator('.gallery__theme').evaluateAll((all) => all.map((one) => getComputedStyle(one).backgroundColor));
    assert.notEqual(papers[0], papers[1], 'the themes differ');
    await examineAll(page, 'gallery');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'what opens over the gallery opens in the theme of its column, and is accessible too',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.goto(`${server.address}/gallery`);
    for (const [part, button, name] of [
      ['dialog', 'Open the dialog', 'Save these filters?'],
      ['stop', 'Ask to stop', 'Stop no run?'],
      ['stop', 'Ask to force it', 'Force no run to stop?'],
    ]) {
      for (const [at, theme] of ['light', 'dark'].entries()) {
        await section(page, part).getByRole('button', { name: button, exact: true }).nth(at).click();
        const dialog = page.getByRole('dialog', { name });
        await dialog.waitFor();
        assert.equal(await dialog.evaluate((dialog) => getComputedStyle(dialog).colorScheme), theme);
        assert.deepEqual(await complaints(page), [], `${name} in ${theme}`);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'hidden' });
      }
    }

    await section(page, 'toast').getByRole('button', { name: 'Say that it did not' }).first().click();
    const notes = page.getByRole('region', { name: 'Notes' });
    await notes.getByText('This stays until it is dismissed.').waitFor();
    assert.deepEqual(await complaints(page), [], 'a note');
    await notes.getByRole('button', { name: 'Dismiss' }).click();
    await until(async () => (await notes.locator('.toast').count()) === 0, 'the note is gone');

    // What is there is alive: a tab, a switch and a segment change when they are used.
    const tabs = section(page, 'tabs').getByRole('tablist').last();
    await tabs.getByRole('tab', { name: 'Log' }).focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await tabs.getByRole('tab', { name: /^Terminal/ }).getAttribute('aria-selected'), 'true');
    const follow = section(page, 'switch').getByRole('switch', { name: 'Follow' }).first();
    await follow.click();
    assert.equal(await follow.getAttribute('aria-checked'), 'false');
    const active = section(page, 'segments').getByRole('button', { name: 'Active', exact: true }).first();
    await active.click();
    assert.equal(await active.getAttribute('aria-pressed'), 'true');
    assert.deepEqual(page.problems, []);
  }),
);
