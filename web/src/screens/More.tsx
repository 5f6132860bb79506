// Settings of this device, and what Keepwatch is and is not.
import { useState } from 'preact/hooks';
import type { Unit } from '../model/glucose';
import { phrase } from '../model/phrase';
import { Heading } from '../parts/Heading';
import { InstallSteps } from '../parts/InstallSteps';
import { useApp, useSay } from '../parts/context';
import type { Palette } from '../state/settings';
import { forgetDevice } from '../wire/client';

declare const BUILD: string;

export function More() {
  const say = useSay();
  return (
    <>
      <Heading title={say('more-title')} />
      <UnitChoice />
      <PaletteChoice />
      <Spoken />
      <Order />
      <section class="panel">
        <h2>{say('settings-install')}</h2>
        <InstallSteps />
      </section>
      <Device />
      <About />
    </>
  );
}

interface ChoiceProps<T extends string> {
  name: string;
  title: string;
  options: readonly { value: T; label: string }[];
  chosen: T;
  choose(value: T): void;
}

function Choice<T extends string>({ name, title, options, chosen, choose }: ChoiceProps<T>) {
  return (
    <fieldset class="panel">
      <legend><h2>{title}</h2></legend>
      <div class="radios">
        {options.map(({ value, label }) => (
          <label key={value}>
            <input type="radio" name={name} value={value} checked={chosen === value} onChange={() => choose(value)} />
            <span>{label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function UnitChoice() {
  const { settings, unit, polite, words } = useApp();
  const say = useSay();
  const options: { value: Unit; label: string }[] = (['mg', 'mmol'] as const).map((value) => ({ value, label: say('unit-short', { unit: value }) }));
  const choose = (value: Unit) => {
    settings.choose({ unit: value });
    polite.value = words.say(phrase('announce-unit', { unit: phrase('unit-spoken', { unit: value }) }));
  };
  return <Choice name="unit" title={say('settings-unit')} options={options} chosen={unit.value} choose={choose} />;
}

function PaletteChoice() {
  const { settings } = useApp();
  const say = useSay();
  const { palette, schedule, nightFrom, nightUntil } = settings.choices.value;
  const options: { value: Palette; label: string }[] = [
    { value: 'follow', label: say('palette-follow') },
    { value: 'light', label: say('palette-light') },
    { value: 'dark', label: say('palette-dark') },
    { value: 'night', label: say('palette-night') },
  ];
  const time = (event: Event) => (event.currentTarget as HTMLInputElement).value;
  return (
    <>
      <Choice name="palette" title={say('settings-palette')} options={options} chosen={palette} choose={(value) => settings.choose({ palette: value })} />
      <div class="panel panel-joined">
        <label class="switch">
          <input type="checkbox" checked={schedule} onChange={(event) => settings.choose({ schedule: event.currentTarget.checked })} />
          <span>{say('palette-schedule')}</span>
        </label>
        {schedule && (
          <div class="times">
            <label>{say('palette-from')} <input type="time" required value={nightFrom} onChange={(event) => time(event) && settings.choose({ nightFrom: time(event) })} /></label>
            <label>{say('palette-until')} <input type="time" required value={nightUntil} onChange={(event) => time(event) && settings.choose({ nightUntil: time(event) })} /></label>
          </div>
        )}
      </div>
    </>
  );
}

function Spoken() {
  const { settings } = useApp();
  const say = useSay();
  return (
    <section class="panel">
      <h2>{say('settings-spoken')}</h2>
      <label class="switch">
        <input type="checkbox" checked={settings.choices.value.readEach} aria-describedby="read-each-note"
          onChange={(event) => settings.choose({ readEach: event.currentTarget.checked })} />
        <span>{say('settings-read-each')}</span>
      </label>
      <p class="quiet" id="read-each-note">{say('settings-read-each-note')}</p>
    </section>
  );
}

function Order() {
  const { glances, settings } = useApp();
  const say = useSay();
  const people = glances.people.value.map((each) => each.person);
  if (people.length < 2) return null;
  const chosen = settings.choices.value.order;
  const place = (id: string) => (chosen.includes(id) ? chosen.indexOf(id) : chosen.length);
  const ordered = [...people].sort((a, b) => place(a.id) - place(b.id));
  const up = (index: number) => {
    const ids = ordered.map((each) => each.id);
    ids.splice(index - 1, 0, ...ids.splice(index, 1));
    settings.choose({ order: ids });
  };
  return (
    <section class="panel">
      <h2>{say('settings-order')}</h2>
      <p class="quiet">{say('settings-order-note')}</p>
      <ol class="order">
        {ordered.map((person, index) => (
          <li key={person.id}>
            <span>{person.name}</span>
            {index > 0 && <button type="button" class="button button-icon" aria-label={say('move-up', { name: person.name })} onClick={() => up(index)}><Up /></button>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Up() {
  return <svg class="shape" viewBox="0 0 24 24" aria-hidden="true"><path class="shape-line" d="M12 19V5M5.5 11.5L12 5l6.5 6.5" /></svg>;
}

function Device() {
  const app = useApp();
  const say = useSay();
  const [asking, setAsking] = useState(false);
  const viewer = app.glances.viewer.value;
  const forget = async () => {
    const told = await app.forget(forgetDevice);
    app.polite.value = say(told ? 'forget-done' : 'forget-unsent');
    app.farewell.value = say(told ? 'forget-done' : 'forget-unsent');
  };
  return (
    <section class="panel">
      <h2>{say('settings-device')}</h2>
      {viewer && <p>{say('device-viewer', { name: viewer.name })}</p>}
      <p class="quiet">{say('forget-note')}</p>
      {!asking && <button type="button" class="button" onClick={() => setAsking(true)}>{say('forget-button')}</button>}
      {asking && (
        <div role="group" aria-labelledby="forget-confirm">
          <p id="forget-confirm"><b>{say('forget-confirm')}</b></p>
          <div class="choices">
            <button type="button" class="button button-main" onClick={() => void forget()}>{say('forget-yes')}</button>
            <button type="button" class="button" onClick={() => setAsking(false)}>{say('forget-no')}</button>
          </div>
        </div>
      )}
    </section>
  );
}

function About() {
  const say = useSay();
  return (
    <section class="panel" id="about">
      <h2>{say('about-title')}</h2>
      <p>{say('about-secondary')}</p>
      <p>{say('about-not-alone')}</p>
      <p><b>{say('about-not-dosing')}</b></p>
      <p>{say('about-late')}</p>
      <p>{say('about-no-alerts')}</p>
      <p class="quiet">{say('about-version', { version: BUILD })}</p>
    </section>
  );
}
