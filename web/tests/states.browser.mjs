// Every state of age, in every palette: the words, what assistive technology gets, and nothing for axe to find.
import test from 'node:test';
import assert from 'node:assert/strict';
import { axe, Bench, overflow, PALETTES, picture } from './page.mjs';
import { SCENES } from './scenes.mjs';

const bench = await Bench.open();
test.after(() => bench.close());

/** What must be on the screen, and what must not. */
const WORDS = {
  fresh: { has: ['112', 'In range, steady', '2 min ago', 'All four links working'], not: ['old'] },
  'just-now': { has: ['just now'] },
  low: { has: ['63', 'Low, falling slowly', '−6 in 5 min'] },
  'urgent-low': { has: ['48', 'Urgent low, falling'] },
  high: { has: ['214', 'High, rising slowly'] },
  'very-high': { has: ['296', 'Very high, rising fast'] },
  below: { has: ['Below 40', 'Urgent low, falling'], not: ['39'] },
  above: { has: ['Above 400', 'Very high'], not: ['401'] },
  late: { has: ['8 min ago', 'One reading is missing.'] },
  'late-low': { has: ['11 min ago', '2 readings are missing.', 'Low'] },
  stale: { has: ['old', 'No new reading for 13 min.', 'It was 112 at 02:18.'], not: ['steady', 'needs a look'] },
  'stale-low': { has: ['It was low (63) at 02:13.', 'The sensor isn’t sending.'], not: ['falling'] },
  'broken-phone': { has: ['Ada’s phone hasn’t been in touch since 02:10.', 'Check it has power and internet.'] },
  'broken-sensor': { has: ['No new reading since 01:11 (1 h 20 min ago).', 'The sensor isn’t sending.'] },
  'broken-clock': { has: ['The clock of Ada’s phone looks wrong.'] },
  'sensor-fault': { has: ['The sensor can’t measure right now.'] },
  never: { has: ['No reading yet'], not: ['112'] },
  'long-ago': { has: ['No reading since Tuesday'], not: ['104'] },
  'clock-suspect': { has: ['118', 'The phone’s clock looks wrong. Age may be off.', '1 min ago'] },
  disagree: { has: ['Two sources disagree: 100 and 140 mg/dL.'] },
  gaps: { has: ['Demo', 'It is 20:31 where Ada is.'] },
  mmol: { has: ['3.5', 'mmol/L', '−0.3 in 5 min'] },
  several: { has: ['Ada', 'Ben', 'Cleo', 'Dan'] },
  'several-more': { has: ['Maximilian-Alexander Wolkenstein', 'No reading yet'] },
  nobody: { has: ['No one to watch yet'] },
};

test('every scene has its words', () => assert.deepEqual(Object.keys(WORDS).sort(), Object.keys(SCENES).sort()));

for (const name of Object.keys(SCENES)) {
  test(`${name}: words, and clean in light, dark and night`, async () => {
    for (const palette of PALETTES) {
      bench.stub.show(name);
      const page = await bench.again(palette);
      const text = (await page.locator('main').innerText()).replace(/\s+/g, ' ');
      for (const words of WORDS[name].has) assert.ok(text.includes(words), `${palette}: "${words}" in "${text}"`);
      for (const words of WORDS[name].not ?? []) assert.ok(!new RegExp(`\\b${words}\\b`).test(text), `${palette}: no "${words}" in "${text}"`);
      assert.deepEqual(await axe(page), [], palette);
      assert.equal(await overflow(page), 0, palette);
      assert.deepEqual(page.faults, [], palette);
      await picture(page, `${name}-${palette}`);
    }
  });
}

test('axe finds a fault that was planted', async () => {
  bench.stub.show('fresh');
  const page = await bench.page();
  await page.evaluate(() => {
    const text = document.createElement('p');
    text.textContent = 'too pale to read';
    text.style.color = '#eeeeee';
    document.querySelector('main')?.append(text);
  });
  assert.ok((await axe(page)).some((line) => line.startsWith('color-contrast')));
  await page.context().close();
});

test('a reading grows old before the eyes, without the server', async () => {
  bench.stub.show('fresh');
  const page = await bench.page();
  const spoken = () => page.locator('#reading-spoken').innerText();
  assert.match(await spoken(), /2 minutes ago/);
  bench.stub.failing = 'down';
  bench.stub.cut();
  await page.clock.runFor(5 * 60_000);
  await page.waitForSelector('.reading.is-late');
  await page.clock.runFor(6 * 60_000);
  await page.waitForSelector('.reading.is-stale');
  assert.match(await page.locator('.notice').innerText(), /Keepwatch can’t be reached. Showing 02:31/);
  assert.equal(await page.locator('.reading .arrow').count(), 0);
  assert.match(await page.locator('[role=alert]').innerText(), /Ada: No new reading for/);
  bench.stub.failing = null;
  await page.context().close();
});

test('More and the chain in every palette, and in German', async () => {
  for (const palette of PALETTES) {
    bench.stub.show('several');
    const page = await bench.page({ palette, path: '/app/more', settings: { schedule: palette === 'light', nightFrom: '12:00', nightUntil: '13:00' } });
    await page.waitForSelector('#about');
    assert.deepEqual(await axe(page), [], palette);
    assert.match(await page.locator('#about').innerText(), /Never decide on treatment from it/);
    await picture(page, `more-${palette}`);
    await page.context().close();
  }
  bench.stub.show('low');
  const german = await bench.page({ locale: 'de-DE' });
  assert.equal(await german.locator('html').getAttribute('lang'), 'de');
  assert.match(await german.locator('.reading').innerText(), /Niedrig, fällt langsam/);
  assert.equal(await overflow(german), 0);
  await picture(german, 'low-german');
  await german.context().close();
});
