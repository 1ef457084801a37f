// Settings: secrets, webhooks, the audit log, and of what the page tells.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examineAll, logIn, paste, until, withServer } from '../harness.mjs';
import { invite, goToPeople } from '../people.mjs';
import { answer } from '../stand-ins.mjs';

test(
  'a secret is set, replaced and removed, and its value is never shown',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.getByRole('link', { name: 'Settings' }).first().click();
    await page.waitForURL(/\/settings\/secrets$/);
    await page.getByRole('heading', { name: 'No secret yet' }).waitFor();
    await examineAll(page, 'secrets-none');
    const value = 'planted-value-of-a-secret\nsecond line';
    const set = async (name, value) => {
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByLabel('Value', { exact: true }).fill(value);
      await page.getByRole('button', { name: /^(Add|Replace) the secret$/ }).click();
    };
    await set('1 wrong name', value);
    await page.getByRole('main').getByRole('alert').waitFor();
    await set('HF_TOKEN', value);
    const row = page.getByRole('row', { name: /HF_TOKEN/ });
    await row.getByText('written once, never shown').waitFor();
    assert.ok(!(await page.content()).includes('planted-value'), 'the value is nowhere on the page');
    assert.equal(await page.getByLabel('Value', { exact: true }).inputValue(), '');
    await examineAll(page, 'secrets');
    await row.getByRole('button', { name: 'Replace HF_TOKEN' }).click();
    await page.getByText('There is one of this name: it gets the new value.').waitFor();
    await row.getByRole('button', { name: 'Remove HF_TOKEN' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('heading', { name: 'No secret yet' }).waitFor();

    // A viewer sees what there is and why they may not change it.
    await goToPeople(page);
    const link = await invite(page, 'vera', 'viewer');
    const vera = await browser.newPage();
    await logIn(vera, link);
    await vera.goto(`${server.address}/settings/secrets`);
    await vera.getByText('A viewer may not change secrets; a manager may: ask an admin.').waitFor();
    assert.ok(await vera.getByLabel('Value', { exact: true }).isDisabled());
    await vera.goto(`${server.address}/settings/audit`);
    await vera.getByText('A viewer may not read the audit log; an admin of the server may: ask one.').waitFor();
    await examineAll(vera, 'audit-viewer');
    assert.deepEqual(page.problems.filter((problem) => !/422/.test(problem)), []);
  }),
);

test(
  'a webhook tells its key once, is tested, shows what did not arrive, and is removed',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const hooks = [];
    const now = Date.now();
    await answer(page, /\/api\/v1\/webhooks$/, (_, request) => {
      if (request.method() === 'GET') return { items: hooks, next: null };
      const webhook = { ...request.postDataJSON(), added_by: 'admin', added_at: now, deliveries: [] };
      hooks.push(webhook);
      return { webhook, secret: 'whsec_told-this-once' };
    });
    await answer(page, /\/api\/v1\/webhooks\/chat/, (url, request) => {
      if (request.method() === 'DELETE') hooks.length = 0;
      else hooks[0].deliveries.unshift({ id: 'd1', kind: 'test', at: now, attempts: 2, next_at: now + 60_000, error: 'the address answers 502' });
      return undefined;
    });
    await page.goto(`${server.address}/settings/webhooks`);
    await page.getByRole('heading', { name: 'Nobody is told yet' }).waitFor();
    await page.getByLabel('Name', { exact: true }).fill('chat');
    await page.getByLabel('Address').fill('https://hooks.example/berth');
    await page.getByLabel(/^Running/).uncheck();
    await examineAll(page, 'webhooks-none');
    await page.getByRole('button', { name: 'Add the webhook' }).click();
    await page.getByText('whsec_told-this-once').waitFor();
    assert.deepEqual(hooks[0].kinds, ['failed', 'interrupted', 'idle_stop', 'budget_near', 'budget_reached']);
    await page.getByRole('button', { name: 'I have it' }).click();
    await until(async () => !(await page.content()).includes('whsec_'), 'the key is gone from the page');
    await page.getByRole('button', { name: 'Test chat' }).click();
    await page.getByText('1 delivery, not arrived').click();
    await page.getByText('The address answers 502').waitFor();
    await examineAll(page, 'webhooks');
    await page.getByRole('button', { name: 'Remove chat' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('heading', { name: 'Nobody is told yet' }).waitFor();
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'the audit log is filtered by the address, paged on, and exported',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const entry = (seq, more) => ({ seq, at: 1_790_000_000_000 + seq * 1000, actor: 'ann', via: 'session', address: '203.0.113.9', action: 'run.submit', target: `run-${seq}`, outcome: 'done', hash: 'ab'.repeat(32), ...more });
    const all = [entry(4, { outcome: 'refused', action: 'person.role', target: 'bob', detail: 'a member may not change roles' }), entry(3), entry(2, { actor: null, via: 'nothing', action: 'session.begin', outcome: 'failed', target: null }), entry(1)];
    const asked = await answer(page, /\/api\/v1\/audit\?/, (url) => {
      const before = Number(url.searchParams.get('before') ?? 99);
      const actor = url.searchParams.get('actor');
      const items = all.filter((one) => one.seq < before && (!actor || one.actor === actor)).slice(0, 2);
      return { items, ...(items.length === 2 && items[1].seq > 1 && { next: items[1].seq }) };
    });
    await page.goto(`${server.address}/settings/audit`);
    const rows = page.getByRole('table', { name: 'Audit log' }).getByRole('row');
    await rows.filter({ hasText: 'person.role' }).getByText('refused').waitFor();
    await page.getByRole('button', { name: 'Show older ones' }).click();
    await rows.filter({ hasText: 'session.begin' }).getByText('nobody').waitFor();
    assert.equal(await rows.count(), 5, 'four entries and the heads');
    await examineAll(page, 'audit');
    await page.getByLabel('Person', { exact: true }).fill('ann');
    await page.keyboard.press('Enter');
    await page.getByLabel('Since', { exact: true }).fill('2026-09-01');
    await page.getByLabel('Since', { exact: true }).press('Enter');
    await page.waitForURL(/actor=ann&since=2026-09-01/);
    await until(() => asked.some((url) => /actor=ann&since=\d{13}/.test(url)), 'the server is asked for that');
    assert.match(await page.getByRole('link', { name: 'CSV' }).getAttribute('href'), /^\/api\/v1\/audit\/export\?format=csv&actor=ann&since=\d+$/);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'the page tells of one’s own runs, and of no more than was asked for',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.goto(`${server.address}/settings/notifications`);
    await page.getByRole('checkbox', { name: /^Failed/ }).uncheck();
    await examineAll(page, 'notifications');
    const launch = async (name, setup) => {
      const body = { name, configuration: `type: dev-environment\nide: vscode\nsetup:\n  - ${setup}\n` };
      const status = await page.evaluate(async (body) => {
        const headers = { 'content-type': 'application/json' };
        return (await fetch('/api/v1/runs', { method: 'POST', headers, body: JSON.stringify(body) })).status;
      }, body);
      assert.ok(status < 300, `${name} is launched: ${status}`);
    };
    await launch('good-fox', 'echo hello');
    const notes = page.getByRole('region', { name: 'Notes' });
    await notes.getByText('good-fox is running.').waitFor();
    await notes.getByRole('link', { name: /^Look/ }).click();
    await page.waitForURL(/\/runs\/good-fox$/);
    // What is not wanted is not told; the list shows that it has happened.
    await launch('bad-owl', 'exit 3');
    await page.getByRole('link', { name: /^Runs/ }).first().click();
    await page.getByRole('row', { name: /bad-owl/ }).locator('[data-status="failed"]').waitFor();
    assert.equal(await notes.getByText('bad-owl').count(), 0);
    await page.goto(`${server.address}/settings/notifications`);
    await until(async () => !(await page.getByRole('checkbox', { name: /^Failed/ }).isChecked()), 'it is kept');
    await page.getByRole('checkbox', { name: /^Failed/ }).check();
    await launch('worse-owl', 'exit 3');
    await notes.getByRole('alert').getByText(/^worse-owl failed/).waitFor();
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'an admin of a project decides how its texts are read and what they may ask for, and open pages follow',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const reads = (open) =>
      open.getByRole('combobox', { name: 'Reads as' }).evaluate((select) => select.selectedOptions[0].textContent);
    const launch = await page.context().newPage();
    await launch.goto(`${server.address}/`);
    await paste(launch, 'type: dev-environment\nide: vscode\n');
    await until(async () => (await reads(launch)) === 'dstack 0.18, automatic', 'it is read as it is from the start');

    await page.goto(`${server.address}/settings/project`);
    await page.getByRole('heading', { name: 'Project', exact: true, level: 2 }).waitFor();
    const dialect = page.getByLabel('Default dialect');
    const privileged = page.getByRole('switch', { name: 'Privileged containers' });
    assert.equal(await dialect.inputValue(), '0.18');
    assert.equal(await privileged.getAttribute('aria-checked'), 'false');
    await examineAll(page, 'project-settings');
    await dialect.selectOption('0.22');
    await page.getByText('Texts that say nothing else are read as dstack 0.22 now.').waitFor();
    await until(async () => (await reads(launch)) === 'dstack 0.22, automatic', 'the open editor reads it so');

    // What is asked for is refused with who can allow it, and no longer when they have.
    await paste(launch, 'type: dev-environment\nide: vscode\nprivileged: true\n');
    await launch.getByText(/is not allowed in the project/).first().waitFor();
    await privileged.click();
    await page.getByText('Privileged containers are allowed now.').waitFor();
    await until(
      async () => (await launch.getByText(/is not allowed in the project/).count()) === 0,
      'the open page asks for another plan',
    );
    await page.reload();
    await until(async () => (await dialect.inputValue()) === '0.22', 'it is kept');
    assert.equal(await privileged.getAttribute('aria-checked'), 'true');

    // Whoever may not change it sees what is, and why.
    await goToPeople(page);
    const link = await invite(page, 'vera', 'viewer');
    const vera = await browser.newPage();
    await logIn(vera, link);
    await vera.goto(`${server.address}/settings/project`);
    await vera.getByText("A viewer may not change the project's settings; an admin may: ask one.").waitFor();
    assert.ok(await vera.getByLabel('Default dialect').isDisabled());
    assert.ok(await vera.getByRole('switch', { name: 'Privileged containers' }).isDisabled());

    // As an admin of the project alone she may take the leave back, and only an admin of the server gives it.
    const made = await page.evaluate(async () => {
      const body = JSON.stringify({ role: 'admin' });
      const answer = await fetch('/api/v1/members/vera', { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
      return answer.status;
    });
    assert.equal(made, 200);
    await vera.reload();
    await vera.getByRole('switch', { name: 'Privileged containers' }).click();
    await vera.getByText("A viewer may not allow privileged containers on the server's machines; an admin of the server may: ask one.").waitFor();
    assert.ok(await vera.getByRole('switch', { name: 'Privileged containers' }).isDisabled());
    assert.ok(await vera.getByLabel('Default dialect').isEnabled());
    await examineAll(vera, 'project-settings-of-its-admin');
    assert.deepEqual(page.problems, []);
  }),
);
