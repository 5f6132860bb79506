// The last two hours in a strip: direction at a glance, no scale. Hidden from screen readers, who have the sentence.
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Glance } from '../wire/schema';
import { EDGES_MG_DL, type Unit } from '../model/glucose';
import { byLevel, dotPath, gapsIn, sparkFrame, within, xOf, yOf } from '../model/plot';

const HEIGHT = 40;

export function useWidth<T extends HTMLElement>(): [RefObject<T | null>, number] {
  const box = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    setWidth(element.clientWidth);
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return [box, width];
}

export function Spark({ glance, unit, now }: { glance: Glance; unit: Unit; now: number }) {
  const [box, width] = useWidth<HTMLDivElement>();
  return (
    <div class="spark" ref={box} aria-hidden="true">
      {width > 0 && <SparkPicture glance={glance} unit={unit} now={now} width={width} />}
    </div>
  );
}

function SparkPicture({ glance, unit, now, width }: { glance: Glance; unit: Unit; now: number; width: number }) {
  const frame = sparkFrame(width, HEIGHT, now);
  const readings = within(glance.readings ?? [], frame.span);
  const sorted = byLevel(readings, unit);
  const top = yOf(EDGES_MG_DL.high, frame);
  return (
    <svg width={width} height={HEIGHT}>
      <rect class="band" x="0" y={top} width={width} height={yOf(EDGES_MG_DL.low, frame) - top} rx="3" />
      {gapsIn(glance.readings ?? [], frame.span, glance.interval_ms, now).map((gap) => (
        <line class="spark-gap" key={gap.from} x1={xOf(gap.from, frame)} x2={xOf(gap.to, frame)} y1={HEIGHT / 2} y2={HEIGHT / 2} />
      ))}
      <path class="dots dots-in" d={dotPath(sorted.in_range, frame)} />
      <path class="dots dots-low" d={dotPath(sorted.low, frame)} />
      <path class="dots dots-high" d={dotPath(sorted.high, frame)} />
    </svg>
  );
}
