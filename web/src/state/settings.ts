// What the viewer chose on this device. Kept on this device only; a browser that keeps nothing gets the defaults.
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Unit } from '../model/glucose';

export type Palette = 'follow' | 'light' | 'dark' | 'night';

export interface Choices {
  unit: Unit | null;
  palette: Palette;
  /** Night colours by the clock; off until somebody asks for them. */
  schedule: boolean;
  nightFrom: string;
  nightUntil: string;
  readEach: boolean;
  order: string[];
  installHidden: boolean;
}

const DEFAULTS: Choices = {
  unit: null,
  palette: 'follow',
  schedule: false,
  nightFrom: '22:00',
  nightUntil: '07:00',
  readEach: false,
  order: [],
  installHidden: false,
};
const KEY = 'keepwatch';

export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class Settings {
  private readonly chosen = signal<Choices>(DEFAULTS);

  constructor(private readonly shelf: Shelf | null) {
    try {
      const kept: unknown = JSON.parse(shelf?.getItem(KEY) ?? 'null');
      if (kept !== null && typeof kept === 'object') this.chosen.value = checked(kept);
    } catch {
      // What cannot be read is as good as nothing kept.
    }
  }

  get choices(): ReadonlySignal<Choices> {
    return this.chosen;
  }

  unit(viewers: () => Unit): ReadonlySignal<Unit> {
    return computed(() => this.chosen.value.unit ?? viewers());
  }

  choose(change: Partial<Choices>): void {
    this.chosen.value = { ...this.chosen.value, ...change };
    try {
      this.shelf?.setItem(KEY, JSON.stringify(this.chosen.value));
    } catch {
      // A full or forbidden shelf: the choice holds until the page closes.
    }
  }

  clear(): void {
    this.chosen.value = DEFAULTS;
    try {
      this.shelf?.removeItem(KEY);
    } catch {
      // Nothing was kept, so nothing stays.
    }
  }
}

function checked(kept: object): Choices {
  const own = kept as Partial<Choices>;
  const time = (text: unknown, otherwise: string) => (typeof text === 'string' && /^\d\d:\d\d$/.test(text) ? text : otherwise);
  return {
    unit: own.unit === 'mg' || own.unit === 'mmol' ? own.unit : null,
    palette: own.palette === 'light' || own.palette === 'dark' || own.palette === 'night' ? own.palette : 'follow',
    schedule: own.schedule === true,
    nightFrom: time(own.nightFrom, DEFAULTS.nightFrom),
    nightUntil: time(own.nightUntil, DEFAULTS.nightUntil),
    readEach: own.readEach === true,
    order: Array.isArray(own.order) ? own.order.filter((id) => typeof id === 'string') : [],
    installHidden: own.installHidden === true,
  };
}
