// A walk against the real server: invitation without script, binding, first readings, live stream, offline, the end.
// Runs where KEEPWATCH_BINARY names a built `keepwatch`, or KEEPWATCH_INVITATION an invitation of a server that runs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { axe, Bench, overflow, PALETTES, picture } from './page.mjs';

const binary = process.env.KEEPWATCH_BINARY;
const given = process.env.KEEPWATCH_INVITATION;

/** Starts the demo and answers its invitation. */
async function demo() {
  const child = spawn(binary, ['demo', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const invitation = await new Promise((found, failed) => {
    child.on('exit', (code) => failed(new Error(`the demo ended with ${code}: ${said}`)));
    child.stdout.on('data', (text) => {
      said += text;
      const address = /https?:\/\/\S+\/i\/\S+/.exec(said)?.[0];
      if (address) found(address);
    });
  });
  return { invitation, end: () => new Promise((ended) => { child.removeAllListeners('exit'); child.on('exit', ended); child.kill('SIGTERM'); }) };
}

if (!binary && !given) {
  console.log('no KEEPWATCH_BINARY and no KEEPWATCH_INVITATION: the walk against the real server is left out');
} else {
  const server = given ? { invitation: given, end: async () => undefined } : await demo();
  const bench = await Bench.open();
  test.after(async () => {
    await bench.close();
    await server.end();
  });
  walk(bench, new URL(server.invitation));
}

function walk(bench, invitation) {
  let state;

  test('the invitation works without script, says what this is, and binds the device', async () => {
    const page = await bench.page({ path: null, clock: false, javaScriptEnabled: false });
    await page.goto(invitation.href);
    assert.match(await page.locator('body').innerText(), /Never decide on treatment from it/);
    assert.equal(await overflow(page).catch(() => 0), 0);
    await picture(page, 'invitation');
    await Promise.all([page.waitForURL(`${invitation.origin}/`), page.locator('button').first().click()]);
    // Only the cookie: what the page chose for itself begins anew each time.
    state = { ...(await page.context().storageState()), origins: [] };
    await page.context().close();
  });

  test('the first document carries the people, and the page is clean in every palette', async () => {
    for (const palette of PALETTES) {
      const page = await bench.page({ url: invitation.origin, clock: false, storageState: state, palette });
      await page.waitForSelector('.card');
      assert.equal(await page.locator('.card').count(), 3);
      assert.equal(await page.locator('.card .chip').filter({ hasText: 'Demo' }).count(), 3);
      assert.match(await page.locator('.card').first().innerText(), /hasn’t been in touch since/);
      assert.deepEqual(await axe(page), []);
      assert.equal(await overflow(page), 0);
      assert.deepEqual(page.faults, []);
      await picture(page, `demo-${palette}`);
      await page.locator('.card').last().click();
      await page.waitForSelector('.chart-svg');
      assert.match(await page.locator('main').innerText(), /All four links working/);
      assert.deepEqual(await axe(page), []);
      await picture(page, `demo-person-${palette}`);
      await page.context().close();
    }
  });

  test('the stream brings life, earlier days and the worker its shell', async () => {
    const page = await bench.page({ url: invitation.origin, clock: false, storageState: state, workers: true });
    await page.waitForSelector('.card');
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForFunction(async () => (await globalThis.caches.keys()).includes('keepwatch-readings'));
    await page.locator('.card').last().click();
    await page.getByRole('button', { name: '24 h' }).click();
    await page.getByRole('button', { name: 'Earlier' }).click();
    await page.waitForFunction(() => performance.getEntriesByType('resource').some((each) => each.name.includes('/readings?from=') && each.responseStatus === 200));
    assert.equal(await page.locator('.notice').count(), 0);
    await page.context().setOffline(true);
    await page.goto(`${invitation.origin}/`);
    await page.waitForSelector('.card');
    await page.waitForFunction(() => /This device is offline/.test(document.querySelector('.notice')?.textContent ?? ''));
    assert.equal(await page.locator('.is-fresh').count(), 0);
    assert.deepEqual(page.faults, []);
    await page.context().setOffline(false);
    await page.waitForFunction(() => !document.querySelector('.notice'), null, { timeout: 20_000 });
    await page.context().close();
  });

  test('forgetting the device ends it at the server', async () => {
    const page = await bench.page({ url: invitation.origin, clock: false, storageState: state, path: '/app/more' });
    await page.getByRole('button', { name: 'Forget this device' }).click();
    await page.getByRole('button', { name: 'Yes, forget' }).click();
    await page.waitForFunction(() => document.body.textContent.includes('This device has forgotten everything.'));
    assert.equal((await page.request.get(`${invitation.origin}/api/people`)).status(), 401);
    await page.context().close();
  });
}
