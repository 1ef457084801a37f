import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine, examineAll, logIn, paste, until, withServer } from '../harness.mjs';

const TEXT = `type: dev-environment
ide: vscode
resources:
  gpu: A100
termination_idle_time: 30m
`;

async function launch(page, name) {
  await paste(page, TEXT);
  await page.getByRole('textbox', { name: 'Run name' }).fill(name);
  const button = page.getByRole('main').getByRole('button', { name: /^Launch/ });
  await until(() => button.isEnabled(), 'the launch is possible');
  await button.click();
  await page.waitForURL(new RegExp(`/runs/${name}`));
  await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
}

async function stop(page) {
  await page.getByRole('button', { name: 'Stop', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: /^Stop/ }).click();
  await page.getByRole('main').locator('[data-status="terminated"]').first().waitFor();
}

test(
  'an instance outlives its run with a clock, is kept for longer, taken by the next launch, and removed',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await launch(page, 'first-one');
      await stop(page);

      await page.getByRole('link', { name: /^Team/ }).first().click();
      const instances = page.getByRole('table', { name: 'Instances' });
      const row = instances.getByRole('row', { name: /first-one/ });
      await row.locator('[data-status="idle"]').waitFor();
      await row.getByText(/stops in 29 min \d\d s/).waitFor();
      await row.getByText(/idle since \d\d:\d\d, kept 30 min without a run/).waitFor();
      await examineAll(page, 'pools-team-idle');

      // The clock ticks.
      const clock = row.locator('.idle__clock');
      const before = await clock.innerText();
      await until(async () => (await clock.innerText()) !== before, 'the clock ticks');

      await row.getByRole('button', { name: /^Keep for 1 h/ }).click();
      await row.getByText(/kept until .* by /).waitFor();
      await row.getByText(/stops in (1 h 00 min|59 min)/).waitFor();

      await page.getByRole('link', { name: /^Launch/ }).first().click();
      await paste(page, TEXT);
      const taken = page.getByRole('region', { name: 'Taken by a launch' });
      await taken.getByText(/first-one/).waitFor();
      assert.match(await taken.innerText(), /A launch uses first-one, which waits: \$[\d.]+\/h, at once\./);
      await examine(page, 'pools-launch-reuse-1440-light');
      await launch(page, 'second-one');
      await page.getByRole('link', { name: /^Team/ }).first().click();
      const busy = instances.getByRole('row', { name: /second-one/ });
      await busy.locator('[data-status="running"]').waitFor();
      assert.equal(await instances.getByRole('row').filter({ has: page.locator('[data-status]') }).count(), 1, 'it is the same instance');

      // Removing it now says which run that interrupts.
      await busy.getByRole('button', { name: 'Remove first-one' }).click();
      const question = page.getByRole('dialog', { name: 'Remove first-one?' });
      await question.getByText(/interrupts the run second-one/).waitFor();
      await question.getByRole('button', { name: 'Keep it' }).click();

      await page.goto(`${server.address}/runs/second-one`);
      await stop(page);
      await page.getByRole('link', { name: /^Team/ }).first().click();
      await row.locator('[data-status="idle"]').waitFor();
      await row.getByRole('button', { name: 'Remove first-one' }).click();
      await until(async () => (await row.count()) === 0, 'it is gone');
      assert.deepEqual(page.problems, []);
    },
    ['--demo'],
  ),
);

test(
  'pools are made, filled, filtered, made the default and deleted with what is in them',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await paste(page, TEXT);
      await page.getByText('Draft saved').first().waitFor();
      await page.getByRole('link', { name: /^Team/ }).first().click();
      const pools = page.getByRole('list', { name: 'Pools' });
      await pools.getByText('default-pool').waitFor();
      await page.getByRole('textbox', { name: 'Name of a new pool' }).fill('night shift');
      await page.getByRole('button', { name: 'Make', exact: true }).click();
      const line = pools.getByRole('listitem').filter({ hasText: 'night shift' });
      await line.getByText('empty').waitFor();

      await page.getByRole('button', { name: 'Add an instance' }).click();
      const dialog = page.getByRole('dialog', { name: 'Add an instance' });
      await dialog.getByText(/Would add: .*A100.*\$[\d.]+\/h/).waitFor();
      await dialog.getByLabel('Pool').selectOption('night shift');
      await examineAll(page, 'pools-add');
      await dialog.getByLabel('What it must have').fill('type: dev-environment\nide: vscode\nresources:\n  gpu: A100:99\n');
      await until(() => dialog.getByRole('button', { name: 'Add', exact: true }).isDisabled(), 'nothing fits that');
      await dialog.getByLabel('What it must have').fill(TEXT);
      await dialog.getByText(/Would add: .*A100/).waitFor();
      await dialog.getByRole('button', { name: 'Add', exact: true }).click();
      const instances = page.getByRole('table', { name: 'Instances' });
      const row = instances.getByRole('row', { name: /added/ });
      await row.locator('[data-status="idle"]').waitFor();
      await row.getByText(/kept 30 min without a run/).waitFor();
      await line.getByText('1 instance, idle').waitFor();
      await examineAll(page, 'pools-pools');

      const only = page.getByRole('combobox', { name: 'Pool' });
      await only.selectOption('default-pool');
      await until(async () => (await row.count()) === 0, 'those of another pool are left out');
      await only.selectOption('night shift');
      await row.waitFor();

      await line.getByRole('button', { name: /Make default/ }).click();
      await line.getByText('default', { exact: true }).waitFor();
      await pools.getByRole('button', { name: 'Make default: default-pool' }).click();
      await line.getByRole('button', { name: /Make default/ }).waitFor();

      await line.getByRole('button', { name: 'Delete pool night shift' }).click();
      const question = page.getByRole('dialog', { name: 'Delete the pool night shift?' });
      await question.getByText(/Its instance is removed first/).waitFor();
      await question.getByRole('button', { name: 'Remove its instances' }).click();
      await line.getByText('empty').waitFor();
      await line.getByRole('button', { name: 'Delete pool night shift' }).click();
      await question.getByRole('button', { name: 'Delete', exact: true }).click();
      await until(async () => (await line.count()) === 0, 'the pool is gone');
      await page.getByText('Nothing is running').waitFor();
    },
    ['--demo'],
  ),
);

test(
  'machines that nobody asked for are shown with what they cost, and kept or removed; others’ are left alone',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      const orphan = (more) => ({
        backend: 'aws',
        handle: 'i-0abc12',
        id: '01890000-0000-7000-8000-000000000001',
        name: 'lost-otter',
        ours: true,
        found_at: Date.now() - 60_000,
        remove_at: Date.now() + 600_000,
        gone_at: null,
        billed_from: Date.now() - 3_600_000,
        billed_to: null,
        price: 0.5,
        ...more,
      });
      const mine = orphan({});
      const items = [mine, orphan({ handle: 'i-0def34', name: null, ours: false, remove_at: null, price: null })];
      const decided = [];
      await page.route('**/api/v1/orphans', (route) => route.fulfill({ json: { items, next: null } }));
      await page.route('**/api/v1/orphans/decide', (route) => {
        decided.push(route.request().postDataJSON());
        mine.remove_at = null;
        return route.fulfill({ json: mine });
      });
      await page.getByRole('link', { name: /^Team/ }).first().click();
      const notice = page.getByRole('region', { name: 'Unknown machines' });
      const line = notice.getByRole('listitem').filter({ hasText: 'lost-otter' });
      await line.getByText(/\$0\.500\/h, \$0\.50 so far; is removed in 9 min \d\d s/).waitFor();
      const other = notice.getByRole('listitem').filter({ hasText: 'i-0def34' });
      await other.getByText(/another installation made it/).waitFor();
      assert.equal(await other.getByRole('button').count(), 0);
      await examineAll(page, 'pools-orphans');
      await line.getByRole('button', { name: 'Keep lost-otter' }).click();
      await line.getByText(/; kept/).waitFor();
      assert.deepEqual(decided, [{ backend: 'aws', handle: 'i-0abc12', keep: true }]);
      assert.equal(await line.getByRole('button', { name: 'Remove now: lost-otter' }).count(), 1, 'it may be removed still');
    },
    ['--demo'],
  ),
);

test(
  'one that its provider does not let go says why, and can be written off',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      // What the server would say of it.
      const stuck = (instance) => ({
        ...instance,
        status: 'terminating',
        status_since: Date.now() - 90_000,
        message: 'aws answers 500 to the removal; trying again',
        idle_stop_at: null,
      });
      const asked = [];
      await page.route('**/api/v1/instances/*/remove', (route) => {
        asked.push(route.request().postDataJSON());
        return route.fulfill({ status: 409, json: { type: 'about:blank', title: 'No', status: 409, code: 'instance-not-stuck', detail: 'It is not stuck.', request_id: '' } });
      });
      await launch(page, 'clingy-crab');
      await stop(page);
      await page.routeWebSocket(/\/api\/v1\/stream/, (socket) => {
        const behind = socket.connectToServer();
        behind.onMessage((text) => {
          const message = JSON.parse(text);
          if (message.instances) message.instances = message.instances.map(stuck);
          socket.send(JSON.stringify(message));
        });
      });
      await page.goto(`${server.address}/team`);
      const row = page.getByRole('table', { name: 'Instances' }).getByRole('row', { name: /clingy-crab/ });
      await row.locator('[data-status="terminating"]').waitFor();
      await row.getByText('aws answers 500 to the removal; trying again').waitFor();
      await examineAll(page, 'pools-stuck');
      await row.getByRole('button', { name: /Write off.* clingy-crab/ }).click();
      const question = page.getByRole('dialog', { name: 'Write off clingy-crab?' });
      await question.getByText(/may still cost money/).waitFor();
      await question.getByRole('button', { name: 'Write off', exact: true }).click();
      await page.getByText('clingy-crab was not written off. It is not stuck.').waitFor();
      assert.deepEqual(asked, [{ force: false, forget: true }]);
    },
    ['--demo'],
  ),
);
