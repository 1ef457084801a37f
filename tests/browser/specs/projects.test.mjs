// People who share a project, each in a browser of their own: what they see of it, and that nobody else sees any of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PATIENCE, examineAll, logIn, paste, until, withServer } from '../harness.mjs';
import { goToPeople, invite, reason } from '../people.mjs';

const TEXT = 'type: dev-environment\nide: vscode\n';
const launchButton = (page) => page.getByRole('main').getByRole('button', { name: /^Launch/ });
const running = (page) => page.getByRole('main').locator('[data-status="running"]').first();
const runRow = (page, run) =>
  page.getByRole('table', { name: 'Runs' }).getByRole('row').filter({ has: page.getByRole('link', { name: run }) });

/** The status and code of what the server says to this page's person. */
const asked = (page, at) =>
  page.evaluate(async (at) => {
    const answer = await fetch(at);
    return [answer.status, (await answer.json()).code];
  }, at);

/** Puts somebody into the project, by the page. */
async function putIn(page, name, role) {
  await page.getByLabel('Who is to be in the project').fill(name);
  await page.getByLabel('As what').selectOption(role);
  await page.getByRole('button', { name: 'Put in', exact: true }).click();
  const here = page.getByLabel(`Role of ${name} in vision`);
  await here.waitFor();
  assert.equal(await here.inputValue(), role);
}

test(
  'an admin, a member and a viewer share a project, and nobody else sees it',
  withServer(async ({ server, browser }) => {
    const admin = await browser.newPage();
    await logIn(admin, server.loginLink);
    await goToPeople(admin);
    const veraLink = await invite(admin, 'vera', 'guest');
    const melLink = await invite(admin, 'mel', 'guest');
    const gusLink = await invite(admin, 'gus', 'guest');

    // Whoever is in no project is told so, and has an account all the same.
    const gus = await browser.newPage();
    await gus.goto(gusLink);
    await gus.getByRole('heading', { name: 'You are in no project yet' }).waitFor();
    await examineAll(gus, 'project-none');
    await gus.getByRole('main').getByRole('link', { name: 'Your account' }).click();
    await gus.getByText('A guest sees nothing but the projects that they are in.').waitFor();

    await admin.getByLabel('Name of a new project').fill('Vision!');
    await admin.getByRole('button', { name: 'Make', exact: true }).click();
    await admin.getByText(/A project's name has 2 to 13 lower-case letters/).waitFor();
    await admin.getByLabel('Name of a new project').fill('vision');
    await admin.getByRole('button', { name: 'Make', exact: true }).click();
    await admin.getByRole('link', { name: 'vision', exact: true }).click();
    await admin.waitForURL(/\/p\/vision\/?$/);
    await goToPeople(admin);
    await admin.getByRole('heading', { name: 'Who is in vision' }).waitFor();
    await putIn(admin, 'vera', 'viewer');
    await putIn(admin, 'mel', 'member');
    await examineAll(admin, 'project-people');

    // Both are led to it when they come in.
    const [vera, mel] = [await browser.newPage(), await browser.newPage()];
    for (const [page, link] of [
      [vera, veraLink],
      [mel, melLink],
    ]) {
      await page.goto(link);
      await page.waitForURL(/\/p\/vision\/?$/, { timeout: PATIENCE });
    }
    await paste(mel, TEXT);
    await until(() => launchButton(mel).isEnabled(), 'the launch is possible');
    await launchButton(mel).click();
    await mel.waitForURL(/\/p\/vision\/runs\/[a-z]/);
    const run = new URL(mel.url()).pathname.split('/').pop();
    await running(mel).waitFor();

    for (const page of [vera, admin]) {
      await page.getByRole('link', { name: /^Runs/ }).first().click();
      await page.waitForURL(/\/p\/vision\/runs$/);
      await runRow(page, run).locator('[data-status="running"]').first().waitFor();
    }
    const stop = (page) => runRow(page, run).getByRole('button', { name: `Stop ${run}` });
    assert.ok(await stop(vera).isDisabled());
    assert.match(await reason(stop(vera)), /^A viewer may not stop/);
    assert.ok(await stop(admin).isEnabled());
    await examineAll(vera, 'project-runs');

    // Elsewhere there is nothing of it, and for who is not in it nothing at all.
    assert.deepEqual(await asked(admin, `/api/v1/runs/${run}`), [404, 'run-not-found']);
    assert.deepEqual(await asked(mel, '/api/v1/runs'), [404, 'not-found']);
    assert.deepEqual(await asked(gus, '/api/v1/projects/vision/runs'), [404, 'project-not-found']);
    const other = await admin.context().newPage();
    await other.goto(new URL('/runs', admin.url()).href);
    await other.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    await other.getByRole('heading', { name: 'No environments yet' }).waitFor();
    assert.equal(await runRow(other, run).count(), 0);
    await other.getByLabel('Project').selectOption('vision');
    await other.waitForURL(/\/p\/vision\/?$/);
    await other.close();

    // Whoever is taken out is out at once.
    await goToPeople(admin);
    await admin.getByRole('button', { name: 'Take mel out' }).click();
    await mel.getByRole('heading', { name: 'You are in no project yet' }).waitFor({ timeout: PATIENCE });
    await admin.getByRole('link', { name: /^Runs/ }).first().click();
    await stop(admin).click();
    await admin.getByRole('dialog').getByRole('button', { name: 'Stop', exact: true }).click();
    await until(async () => (await runRow(admin, run).locator('[data-status="running"]').count()) === 0, 'it is stopped');
  }),
);
