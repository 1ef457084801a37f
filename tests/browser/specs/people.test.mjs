// People who share a server, each in a browser of their own: how they come in, what each may do, and what they are told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine, examineAll, logIn, paste, until, withServer } from '../harness.mjs';
import { accountLink, goToPeople, invite, isIn, passwordOf, personRow, reason, setPassword, signIn, signOut } from '../people.mjs';

const TEXT = 'type: dev-environment\nide: vscode\n';
const launchButton = (page) => page.getByRole('main').getByRole('button', { name: /^Launch/ });
const NO_LAUNCH = 'A viewer may not launch an environment; a member may: ask an admin';
const NO_STOP = 'A viewer may not stop, keep or delete a run';

/** What the server says to this page's person, whatever the page offers. */
const asked = (page, method, at, body) =>
  page.evaluate(
    async ([method, at, body]) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`/api/v1${at}`, { method, headers, body: body && JSON.stringify(body) });
      return answer.status;
    },
    [method, at, body],
  );

test(
  'a viewer, a member and an admin share a server, and each is told what is not for them',
  withServer(async ({ server, browser }) => {
    const admin = await browser.newPage();
    await logIn(admin, server.loginLink);
    await goToPeople(admin);
    await admin.getByRole('heading', { name: 'Nobody but you yet' }).waitFor();
    await admin.getByText('only admin', { exact: true }).waitFor();
    await examineAll(admin, 'people-alone');
    const own = admin.getByRole('table', { name: 'Who is here' }).getByRole('combobox');
    assert.ok(await own.isDisabled(), 'the only admin stays one');
    assert.match(await reason(own), /is the only admin; make somebody else an admin first$/);

    const veraLink = await invite(admin, 'vera', 'viewer', () => examineAll(admin, 'people-link'));
    const melLink = await invite(admin, 'mel', 'member');
    await personRow(admin, 'mel').getByText('not yet', { exact: true }).waitFor();
    await personRow(admin, 'mel').getByText('links only', { exact: true }).waitFor();

    // Both come in by their links, which work once.
    const [vera, mel] = [await browser.newPage(), await browser.newPage()];
    for (const [page, name, link] of [
      [vera, 'vera', veraLink],
      [mel, 'mel', melLink],
    ]) {
      await logIn(page, link);
      assert.ok(!page.url().includes('token'), 'the token does not stay in the address');
      await setPassword(page, name);
      await signOut(page, name);
      await page.goto(link);
      await page.getByRole('alert').getByText('used already').waitFor();
      await signIn(page, name, `not ${passwordOf(name)}`);
      await until(async () => !/used already/.test(await page.getByRole('alert').innerText()), 'it is told what is wrong');
      await signIn(page, name);
      await isIn(page);
    }
    await examineAll(mel, 'launch-member');
    await personRow(admin, 'mel').getByText('password', { exact: true }).waitFor();

    // The viewer watches a run of the member begin, and may do nothing to it.
    await vera.getByRole('link', { name: /^Runs/ }).first().click();
    await paste(mel, TEXT);
    await until(() => launchButton(mel).isEnabled(), 'the launch is possible');
    await launchButton(mel).click();
    await mel.waitForURL(/\/runs\/[a-z]/);
    const run = new URL(mel.url()).pathname.split('/').pop();
    const running = (page) => page.getByRole('main').locator('[data-status="running"]').first();
    await running(mel).waitFor();
    const row = vera.getByRole('table', { name: 'Runs' }).getByRole('row').filter({ has: vera.getByRole('link', { name: run }) });
    await row.locator('[data-status="running"]').first().waitFor();
    const stop = row.getByRole('button', { name: `Stop ${run}` });
    assert.ok(await stop.isDisabled());
    assert.equal(await reason(stop), `${NO_STOP} of somebody else’s; a manager may: ask an admin`);

    await row.getByRole('link', { name: run }).click();
    await vera.getByText(`${NO_LAUNCH}.`).waitFor();
    for (const name of ['Run again', 'Edit and run', 'Stop']) {
      const button = vera.getByRole('main').getByRole('button', { name, exact: true });
      assert.ok(await button.isDisabled(), name);
      assert.match(await reason(button), /^A viewer may not .*: ask an admin$/);
    }
    await vera.getByRole('tab', { name: /^Terminal/ }).click();
    await vera.getByRole('tabpanel', { name: /^Terminal/ }).getByText(/^A viewer may not work in an environment/).waitFor();
    await examineAll(vera, 'run-viewer');

    await vera.getByRole('link', { name: /^Launch/ }).first().click();
    await vera.getByText(`${NO_LAUNCH}.`).waitFor();
    assert.ok(await launchButton(vera).isDisabled());
    assert.equal(await reason(launchButton(vera)), NO_LAUNCH);
    await examineAll(vera, 'launch-viewer');
    await vera.getByRole('link', { name: /^Team/ }).first().click();
    await vera.getByText('A viewer may not change pools and their instances; a manager may: ask an admin.').waitFor();
    await vera.getByText('A viewer may not add and remove SSH hosts; an admin of the server may: ask one.').waitFor();
    await examineAll(vera, 'team-viewer');
    // Not the page alone: the server says the same.
    assert.equal(await asked(vera, 'POST', `/runs/${run}/stop`, {}), 403);
    assert.equal(await asked(vera, 'POST', '/runs', { configuration: TEXT }), 403);
    await running(mel).waitFor();

    // Everybody sees who is here; admins alone change it.
    await goToPeople(vera);
    await vera.getByText('A viewer may not invite people, change roles and remove people; an admin of the server may: ask one.').waitFor();
    assert.ok(await vera.getByRole('button', { name: 'Invite', exact: true }).isDisabled());
    assert.ok(await personRow(vera, 'mel').getByRole('combobox').isDisabled());
    await personRow(vera, 'mel').getByRole('cell', { name: '1', exact: true }).waitFor();
    await examineAll(vera, 'people-viewer');
    await personRow(admin, 'mel').getByRole('cell', { name: '1', exact: true }).waitFor();
    await examineAll(admin, 'people');

    // The member is made a viewer, and their page says so.
    await personRow(admin, 'mel').getByRole('combobox').selectOption('viewer');
    await admin.getByText('mel is a viewer now.').waitFor();
    const melStops = mel.getByRole('main').getByRole('button', { name: 'Stop', exact: true });
    await until(() => melStops.isDisabled(), 'what a viewer may not do is not offered any more');
    await mel.getByText(`${NO_LAUNCH}.`).waitFor();
    await mel.getByText('You are a viewer now, and were a member').waitFor();
    assert.equal(await reason(melStops), `${NO_STOP}; a member may: ask an admin`);

    // The viewer is removed: what goes and what stays is said, and their page is led to the login.
    await personRow(admin, 'vera').getByRole('button', { name: 'Remove vera' }).click();
    const question = admin.getByRole('dialog', { name: 'Remove vera?' });
    await question.getByText(/sessions, API tokens and SSH keys go/).waitFor();
    await question.getByText(/^Runs, their logs and what they cost stay/).waitFor();
    await examine(admin, 'people-remove');
    await question.getByRole('button', { name: 'Remove', exact: true }).click();
    await admin.getByText('vera is removed.').waitFor();
    await until(async () => (await personRow(admin, 'vera').count()) === 0, 'vera is not in the list');
    await vera.waitForURL(/\/login/);
    await signIn(vera, 'vera');
    await vera.getByRole('alert').locator('.notice').waitFor();
    await examineAll(vera, 'login-refused');

    // The admin looks after the rest.
    await admin.getByRole('link', { name: /^Runs/ }).first().click();
    await admin.getByRole('table', { name: 'Runs' }).getByRole('button', { name: `Stop ${run}` }).click();
    await admin.getByRole('dialog', { name: `Stop ${run}?` }).getByRole('button', { name: 'Stop', exact: true }).click();
    await mel.getByRole('main').locator('[data-status="terminated"]').first().waitFor();
    assert.deepEqual(admin.problems, []);
  }),
);

test(
  'who gives away their own role is asked first, and can have it no more back by themselves',
  withServer(async ({ server, browser }) => {
    const [ada, bob] = [await browser.newPage(), await browser.newPage()];
    await logIn(ada, server.loginLink);
    await goToPeople(ada);
    const own = ada.getByRole('row').filter({ has: ada.getByText('you', { exact: true }) }).getByRole('combobox');
    await logIn(bob, await invite(ada, 'bob', 'admin'));
    await until(() => own.isEnabled(), 'there are two admins');

    await own.selectOption('manager');
    const question = ada.getByRole('dialog', { name: 'Become a manager?' });
    await question.getByText('This is your own role').waitFor();
    await examineAll(ada, 'people-own-role');
    await question.getByRole('button', { name: 'Stay as I am' }).click();
    assert.equal(await own.inputValue(), 'admin', 'nothing has changed');

    await own.selectOption('manager');
    await question.getByRole('button', { name: 'Change my role' }).click();
    await ada.getByText('You are a manager now, and were an admin').waitFor();
    await ada.getByText('A manager may not invite people, change roles and remove people; an admin of the server may: ask one.').waitFor();
    assert.equal(await own.inputValue(), 'manager');
    assert.ok(await own.isDisabled());

    // Bob is the only one left.
    await goToPeople(bob);
    const his = personRow(bob, 'bob');
    await his.getByText('only admin').waitFor();
    assert.ok(await his.getByRole('button', { name: 'Remove bob' }).isDisabled());
    assert.deepEqual([ada.problems, bob.problems], [[], []]);
  }),
);

test(
  'a new link lets in who has lost their password',
  withServer(async ({ server, browser }) => {
    const [admin, page] = [await browser.newPage(), await browser.newPage()];
    await logIn(admin, server.loginLink);
    await goToPeople(admin);
    await invite(admin, 'mel', 'member');
    await personRow(admin, 'mel').getByRole('button', { name: 'New link for mel' }).click();
    const dialog = admin.getByRole('dialog', { name: 'A new link for mel' });
    await dialog.getByRole('button', { name: 'Make the link' }).click();
    const link = await dialog.locator('.copyline__text').innerText();
    await dialog.getByRole('button', { name: 'Done' }).click();
    // Whoever has the login before them opens it without loading the page anew.
    await page.goto(`${server.address}/login`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.evaluate((link) => location.assign(link), link);
    await isIn(page);
    await accountLink(page, 'mel').waitFor();
    assert.deepEqual([admin.problems, page.problems], [[], []]);
  }),
);
