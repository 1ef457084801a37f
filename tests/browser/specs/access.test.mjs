// What a screen reader finds, what a keyboard reaches, and what stands at twice the size.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { haveRun, logIn, withServer } from '../harness.mjs';
import { answer, spend } from '../stand-ins.mjs';

const CONFIGURATION = 'type: dev-environment\nide: vscode\nresources:\n  gpu: A100\n';

/** All pages, each with what says that it has what it shows. */
const PAGES = [
  ['Launch', '/', (page) => page.getByRole('textbox', { name: 'Configuration' })],
  ['Runs', '/runs', (page) => page.getByRole('table', { name: 'Runs' }).getByRole('row', { name: /calm-otter/ })],
  ['a run', '/runs/calm-otter', (page) => page.getByRole('main').locator('[data-status="running"]').first()],
  ['Team', '/team', (page) => page.getByRole('table', { name: 'Instances' }).getByRole('row', { name: /calm-otter/ })],
  ['Team in cards', '/team?view=cards', (page) => page.getByRole('article', { name: 'calm-otter' })],
  ['Spend', '/team/spend', (page) => page.getByRole('img', { name: /^Spend of/ })],
  ['Limits', '/team/limits', (page) => page.getByRole('main')],
  ['People', '/people', (page) => page.getByRole('main').getByRole('table').first()],
  ['Account', '/account', (page) => page.getByRole('main')],
  ['Secrets', '/settings/secrets', (page) => page.getByRole('main')],
  ['Notifications', '/settings/notifications', (page) => page.getByRole('main')],
  ['Webhooks', '/settings/webhooks', (page) => page.getByRole('main')],
  ['Audit', '/settings/audit', (page) => page.getByRole('main').getByRole('table').first()],
  ['Explore', '/explore', (page) => page.getByRole('main').getByRole('heading').nth(1)],
  ['Reference', '/reference', (page) => page.getByRole('main')],
  ['a key', '/reference/resources.gpu', (page) => page.getByRole('main')],
  ['Problems', '/reference/problems', (page) => page.getByRole('main')],
  ['nowhere', '/no/such/page', (page) => page.getByRole('heading', { level: 1 })],
];

/** Signs in, has one run, and goes to each page in turn. */
async function eachPage(page, server, visit) {
  await logIn(page, server.loginLink);
  await answer(page, /\/api\/v1\/spend\?/, spend);
  await haveRun(page, server, 'calm-otter');
  for (const [what, address, ready] of PAGES) {
    await page.goto(`${server.address}${address}`);
    await ready(page).first().waitFor();
    await page.waitForLoadState('networkidle');
    await visit(what);
  }
}

const INTERACTIVE = new Set(['button', 'link', 'textbox', 'searchbox', 'combobox', 'checkbox', 'radio', 'switch', 'tab', 'menuitem', 'option', 'slider', 'spinbutton', 'listbox', 'DisclosureTriangle']);

const ROLELESS = new Set(['generic', 'none', 'presentation', undefined]);

/** The tree as assistive technology has it: what is not ignored, in the order of the page. */
async function tree(page) {
  const cdp = await page.context().newCDPSession(page);
  const { nodes } = await cdp.send('Accessibility.getFullAXTree');
  const property = (node, name) => node.properties?.find((one) => one.name === name)?.value.value;
  const found = [];
  for (const node of nodes.filter((node) => !node.ignored)) {
    const role = node.role?.value;
    let focusable = property(node, 'focusable') === true;
    // Chromium lets the keyboard scroll what scrolls, without anybody's doing; what is meant has a `tabindex`.
    if (focusable && ROLELESS.has(role)) {
      const { node: dom } = await cdp.send('DOM.describeNode', { backendNodeId: node.backendDOMNodeId }).catch(() => ({ node: {} }));
      focusable = (dom.attributes ?? []).some((name, at, all) => at % 2 === 0 && name === 'tabindex' && Number(all[at + 1]) >= 0);
    }
    found.push({ role, name: node.name?.value?.trim() ?? '', level: property(node, 'level'), focusable });
  }
  await cdp.detach();
  return found;
}

/** What is wrong with a page's tree, a line each. `framed`: whether the page has the frame of all others around it. */
function faults(nodes, framed = true) {
  const said = [];
  for (const { role, name, focusable } of nodes) {
    if (INTERACTIVE.has(role) && !name) said.push(`a ${role} has no name`);
    if (focusable && ROLELESS.has(role)) said.push(`what takes the keyboard has no role: ${name.slice(0, 60)}`);
  }
  const headings = nodes.filter(({ role }) => role === 'heading');
  const firsts = headings.filter(({ level }) => level === 1);
  if (firsts.length !== 1) said.push(`${firsts.length} headings of level 1: ${firsts.map(({ name }) => name).join(', ')}`);
  headings.forEach(({ level, name }, at) => {
    const before = headings[at - 1]?.level ?? 0;
    if (level > before + 1) said.push(`heading “${name}” has level ${level} after ${before}`);
  });
  for (const [landmark, least] of [['main', 1], ['navigation', framed ? 1 : 0], ['banner', framed ? 1 : 0]]) {
    const count = nodes.filter(({ role }) => role === landmark).length;
    if (count < least || (landmark === 'main' && count > 1)) said.push(`${count} landmarks ${landmark}`);
  }
  return said;
}

test('what a screen reader is not told of is found', () => {
  const heading = (level, name) => ({ role: 'heading', level, name });
  const said = faults([{ role: 'main' }, { role: 'button', name: '' }, heading(2, 'Two'), heading(4, 'Four'), { role: 'generic', name: 'x', focusable: true }]);
  assert.deepEqual(said, [
    'a button has no name',
    'what takes the keyboard has no role: x',
    '0 headings of level 1: ',
    'heading “Two” has level 2 after 0',
    'heading “Four” has level 4 after 2',
    '0 landmarks navigation',
    '0 landmarks banner',
  ]);
});

test(
  'a screen reader finds names, roles, headings in order and landmarks on every page',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      const found = [];
      await eachPage(page, server, async (what) => {
        for (const fault of faults(await tree(page), what !== 'nowhere')) found.push(`${what}: ${fault}`);
      });
      assert.deepEqual(found, []);
    },
    ['--demo'],
  ),
);

/** What is wrong with how controls stand: cut words, one on another, the page wider than its window. */
function standing() {
  const said = [];
  const wide = document.scrollingElement.scrollWidth;
  if (wide > innerWidth) said.push(`the page scrolls sideways: ${wide} in ${innerWidth}`);
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const controls = [...document.querySelectorAll('a, button, input, select, textarea, [role="button"], [role="tab"]')].filter((element) => {
    const { width, height } = element.getBoundingClientRect();
    return seen(element) && width > 2 && height > 2 && !element.closest('.cm-editor, .skip, .sr');
  });
  const name = (element) => (element.getAttribute('aria-label') || element.textContent || element.placeholder || element.tagName).trim().replace(/\s+/g, ' ').slice(0, 50);
  for (const element of controls) {
    const style = getComputedStyle(element);
    const cuts = style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis' && element.tagName !== 'INPUT' && element.tagName !== 'TEXTAREA' && element.tagName !== 'SELECT';
    if (cuts && element.scrollWidth > element.clientWidth + 1) said.push(`“${name(element)}” is cut: ${element.scrollWidth} in ${element.clientWidth}`);
  }
  const inSight = ({ left, right, top, bottom }) => right > 0 && left < innerWidth && bottom > 0 && top < innerHeight;
  for (const [at, one] of controls.entries()) {
    const a = one.getBoundingClientRect();
    if (!inSight(a)) continue;
    for (const other of controls.slice(at + 1)) {
      // A field with its button inside is one control.
      if (one.contains(other) || other.contains(one) || (one.closest('.secret') && one.closest('.secret') === other.closest('.secret'))) continue;
      const b = other.getBoundingClientRect();
      const [x, y] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
      // What is scrolled under a bar that stays is covered and can be scrolled away from it.
      const fixed = (element) => !!element.closest('.topbar, .rail, .launchbar');
      if (x > 2 && y > 2 && fixed(one) === fixed(other)) said.push(`“${name(one)}” and “${name(other)}” lie on each other by ${Math.round(x)} x ${Math.round(y)}`);
    }
  }
  return said;
}

for (const [how, options, enlarge] of [
  ['at 200 % zoom', { width: 720, height: 450, deviceScaleFactor: 2 }, null],
  ['with letters twice as large', { width: 1440, height: 900 }, () => (document.documentElement.style.fontSize = '200%')],
]) {
  test(
    `every page can be used ${how}`,
    withServer(
      async ({ server, browser }) => {
        const page = await browser.newPage(options);
        const found = [];
        await eachPage(page, server, async (what) => {
          if (enlarge) await page.evaluate(enlarge);
          await page.waitForTimeout(100);
          for (const fault of await page.evaluate(standing)) found.push(`${what}: ${fault}`);
        });
        assert.deepEqual(found, []);
      },
      ['--demo'],
    ),
  );
}

/** Presses Tab until what has the keyboard is of that role and name; that it is reached within as many presses as a person bears. */
async function tabTo(page, role, name, within = page) {
  const wanted = within.getByRole(role, { name }).first();
  for (let press = 0; press < 80; press += 1) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === document.activeElement).catch(() => false)) return;
  }
  throw new Error(`the keyboard does not come to ${role} ${name}`);
}

test(
  'a run is launched, opened and stopped by the keyboard alone, and its becoming ready is said once',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await page.getByRole('textbox', { name: 'Configuration' }).waitFor();
      // What live regions say, from the first word on.
      await page.evaluate(() => {
        window.said = [];
        const region = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest('[role="status"], [role="alert"], [aria-live="polite"], [aria-live="assertive"]');
        let last = '';
        new MutationObserver((changes) => {
          for (const change of changes) {
            const element = region(change.target);
            const text = element?.textContent.trim().replace(/\s+/g, ' ');
            if (text && text !== last) window.said.push((last = text));
          }
        }).observe(document.body, { subtree: true, childList: true, characterData: true });
      });
      await tabTo(page, 'textbox', 'Configuration');
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.insertText(CONFIGURATION);
      await page.getByRole('table', { name: 'Offers' }).getByRole('row').nth(1).waitFor();
      // Tab types in the editor; Escape gives it back to the page.
      await page.keyboard.press('Escape');
      await tabTo(page, 'button', 'Launch');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/runs\//);
      await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
      const said = await page.evaluate(() => window.said);
      const ready = said.filter((text) => /\brunning\b/i.test(text));
      assert.equal(ready.length, 1, `running is said once, politely: ${JSON.stringify(said)}`);
      await tabTo(page, 'button', /^Stop/);
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: /^Stop / });
      await dialog.waitFor();
      assert.ok(await dialog.evaluate((element) => element.contains(document.activeElement)), 'the keyboard is in the dialog');
      await tabTo(page, 'button', 'Stop', dialog);
      await page.keyboard.press('Enter');
      await page.getByRole('main').locator('[data-status="terminated"], [data-status="terminating"]').first().waitFor();
      // And to it from the list, by the keyboard too.
      const name = new URL(page.url()).pathname.split('/').at(-1);
      await page.keyboard.press('g');
      await page.keyboard.press('r');
      await page.waitForURL(/\/runs$/);
      await tabTo(page, 'link', name);
      await page.keyboard.press('Enter');
      await page.waitForURL(new RegExp(`/runs/${name}$`));
      assert.deepEqual(page.problems, []);
    },
    ['--demo'],
  ),
);
