// Fingers on the chart: drag pans, two fingers zoom, a tap reads, a double tap resets. Buttons can do all of it too.

const DRAG_STARTS_PX = 6;
const DOUBLE_TAP_MS = 300;

export interface GestureEvents {
  pan(byPx: number): void;
  /** `factor` below 1 zooms in; `aboutPx` is between the fingers. */
  zoom(factor: number, aboutPx: number): void;
  tap(atPx: number): void;
  reset(): void;
}

export class Gestures {
  private readonly fingers = new Map<number, number>();
  private startedAt = 0;
  private dragging = false;
  private pinched = false;
  private lastTapMs = -Infinity;

  constructor(private readonly events: GestureEvents) {}

  down(id: number, x: number): void {
    this.fingers.set(id, x);
    if (this.fingers.size === 1) {
      this.startedAt = x;
      this.dragging = false;
      this.pinched = false;
    }
  }

  /** Answers whether the movement is ours, so that the finger may be held on to. */
  move(id: number, x: number): boolean {
    const before = this.fingers.get(id);
    if (before === undefined) return false;
    if (this.fingers.size >= 2) {
      this.pinch(id, before, x);
      return true;
    }
    if (!this.dragging && Math.abs(x - this.startedAt) < DRAG_STARTS_PX) return false;
    // The first pixels only decided that it is a drag.
    const from = this.dragging ? before : this.startedAt;
    this.dragging = true;
    this.fingers.set(id, x);
    if (!this.pinched) this.events.pan(x - from);
    return true;
  }

  up(id: number, x: number, timeMs: number): void {
    const known = this.fingers.delete(id);
    if (!known || this.dragging || this.pinched || this.fingers.size > 0) return;
    if (timeMs - this.lastTapMs < DOUBLE_TAP_MS) {
      this.lastTapMs = -Infinity;
      this.events.reset();
      return;
    }
    this.lastTapMs = timeMs;
    this.events.tap(x);
  }

  cancel(id: number): void {
    this.fingers.delete(id);
  }

  private pinch(id: number, before: number, x: number): void {
    const other = [...this.fingers].find(([each]) => each !== id)?.[1];
    if (other === undefined) return;
    this.pinched = true;
    this.fingers.set(id, x);
    // Fingers on top of each other say nothing about size.
    const [was, is] = [Math.max(20, Math.abs(before - other)), Math.max(20, Math.abs(x - other))];
    this.events.zoom(was / is, (x + other) / 2);
  }
}
