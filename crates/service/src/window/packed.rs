//! Readings in order as a run of bytes: each as its difference to the one before, three bytes for a usual reading.
//! Appending costs nothing; a reading that comes late is put in its place by writing the run anew (some 300 readings).

use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::source::INTERVAL_DEFAULT_MS;
use keepwatch_model::time::Timestamp;
use keepwatch_model::trend::TrendArrow;

/// Bytes reserved at a time, so that a full run wastes few.
const BYTES_RESERVED: usize = 24;
/// The longest that one reading takes: ten bytes of time, six of value, one of arrow and source.
const ITEM_BYTES: usize = 17;
/// The least that one reading takes.
const ITEM_BYTES_LEAST: usize = 2;
const BELOW_RANGE: i32 = -10;
const ABOVE_RANGE: i32 = 7_000;
const WITHDRAWN: i32 = -20;

/// One reading of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    place_ms: i64,
    /// Tenths of mg/dL, or one of the words.
    code: i32,
    /// The arrow's number (0 for none) and the index of the source, four bits each.
    marks: u8,
}

/// What an item says: glucose, or that the reading was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Glucose(SensorGlucose),
    Withdrawn,
}

impl Item {
    /// `source` is the index of the source in the person's window, below 16.
    pub(super) fn new(place: Timestamp, said: Said, trend: Option<TrendArrow>, source: u8) -> Self {
        debug_assert!(source < 16, "the register bounds a person's sources");
        let code = match said {
            Said::Glucose(SensorGlucose::BelowRange) => BELOW_RANGE,
            Said::Glucose(SensorGlucose::AboveRange) => ABOVE_RANGE,
            Said::Glucose(SensorGlucose::Measured(mg_dl)) => i32::from(mg_dl.tenths()),
            Said::Withdrawn => WITHDRAWN,
        };
        Self { place_ms: place.as_ms(), code, marks: trend.map_or(0, TrendArrow::number) << 4 | source }
    }

    pub(super) const fn place(self) -> Timestamp {
        Timestamp::from_ms(self.place_ms)
    }

    pub(super) const fn source(self) -> u8 {
        self.marks & 15
    }

    pub(super) fn trend(self) -> Option<TrendArrow> {
        TrendArrow::from_number(i64::from(self.marks >> 4))
    }

    pub(super) fn said(self) -> Said {
        match self.code {
            BELOW_RANGE => Said::Glucose(SensorGlucose::BelowRange),
            ABOVE_RANGE => Said::Glucose(SensorGlucose::AboveRange),
            WITHDRAWN => Said::Withdrawn,
            tenths => Said::Glucose(SensorGlucose::Measured(MgDl::from_tenths(tenths as u16))),
        }
    }

    /// What a run is ordered by.
    const fn order(self) -> (i64, u8) {
        (self.place_ms, self.source())
    }
}

/// From where the newest readings can be read without reading those before them.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    /// Where in the bytes the reading after `before` begins.
    at: u32,
    before: Item,
}

/// A new mark is set after so many readings; the one before it is kept, so that at least as many lie behind a mark.
const MARK_EVERY: u8 = 8;

/// Readings in order of place, then source.
#[derive(Debug, Default)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    last: Item,
    marks: [Mark; 2],
    since_mark: u8,
}

const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

fn write_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_varint(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.next()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

impl Packed {
    /// The run's readings, in order.
    pub(super) fn iter(&self) -> Items<'_> {
        Items { bytes: self.bytes.iter(), before: Item::default() }
    }

    /// From where to read to find all that stands at or after a moment.
    fn start(&self, moment: Timestamp) -> Mark {
        let near = self.marks.iter().rev().find(|mark| mark.at > 0 && mark.before.place() < moment);
        near.copied().unwrap_or_default()
    }

    /// No more readings than this stand at or after a moment: each takes two bytes and more.
    pub(super) fn at_most(&self, moment: Timestamp) -> usize {
        (self.bytes.len() - self.start(moment).at as usize) / ITEM_BYTES_LEAST
    }

    /// The run's readings at or after a moment, in order; of the newest few it reads little else.
    pub(super) fn since(&self, moment: Timestamp) -> impl Iterator<Item = Item> + '_ {
        let start = self.start(moment);
        let items = Items { bytes: self.bytes[start.at as usize..].iter(), before: start.before };
        items.skip_while(move |item| item.place() < moment)
    }

    /// The oldest reading.
    pub(super) fn first(&self) -> Option<Item> {
        self.iter().next()
    }

    /// The reading at a place of a source.
    pub(super) fn get(&self, place: Timestamp, source: u8) -> Option<Item> {
        let order = (place.as_ms(), source);
        if self.bytes.is_empty() || order > self.last.order() {
            return None;
        }
        self.since(place).find(|item| item.order() >= order).filter(|item| item.order() == order)
    }

    /// Puts a reading in its place; one that stands there already is replaced.
    pub(super) fn set(&mut self, item: Item) {
        if self.bytes.is_empty() || item.order() > self.last.order() {
            self.append(item);
            return;
        }
        let mut items: Vec<Item> = self.iter().collect();
        match items.binary_search_by_key(&item.order(), |item| item.order()) {
            Ok(at) => items[at] = item,
            Err(at) => items.insert(at, item),
        }
        self.write(items);
    }

    /// Drops what stands before a moment.
    pub(super) fn drop_before(&mut self, moment: Timestamp) {
        let items: Vec<Item> = self.iter().filter(|item| item.place() >= moment).collect();
        self.write(items);
    }

    fn write(&mut self, items: Vec<Item>) {
        self.bytes.clear();
        self.marks = [Mark::default(); 2];
        self.since_mark = 0;
        items.into_iter().for_each(|item| self.append(item));
    }

    /// The low bits of the value say whether it is in tenths, and whether arrow and source follow because they changed.
    fn append(&mut self, item: Item) {
        if self.bytes.capacity() - self.bytes.len() < ITEM_BYTES {
            self.bytes.reserve_exact(BYTES_RESERVED);
        }
        let before = if self.bytes.is_empty() { Item::default() } else { self.last };
        write_varint(&mut self.bytes, zigzag(item.place_ms - before.place_ms - INTERVAL_DEFAULT_MS));
        let change = i64::from(item.code - before.code);
        let in_tenths = change % 10 != 0;
        let marked = item.marks != before.marks;
        let size = zigzag(if in_tenths { change } else { change / 10 });
        write_varint(&mut self.bytes, size << 2 | u64::from(in_tenths) << 1 | u64::from(marked));
        if marked {
            self.bytes.push(item.marks);
        }
        self.last = item;
        self.since_mark += 1;
        if self.since_mark >= MARK_EVERY {
            self.marks = [self.marks[1], Mark { at: self.bytes.len() as u32, before: item }];
            self.since_mark = 0;
        }
    }
}

/// Reads a run.
pub(super) struct Items<'a> {
    bytes: std::slice::Iter<'a, u8>,
    before: Item,
}

impl Iterator for Items<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let later_ms = unzigzag(read_varint(&mut self.bytes)?);
        let value = read_varint(&mut self.bytes)?;
        let change = unzigzag(value >> 2) as i32 * if value & 2 == 0 { 10 } else { 1 };
        let marks = if value & 1 == 0 { self.before.marks } else { *self.bytes.next()? };
        let place_ms = self.before.place_ms + later_ms + INTERVAL_DEFAULT_MS;
        self.before = Item { place_ms, code: self.before.code + change, marks };
        Some(self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn item(place_ms: i64, tenths: u16, trend: i64, source: u8) -> Item {
        let said = Said::Glucose(SensorGlucose::Measured(MgDl::from_tenths(tenths)));
        Item::new(Timestamp::from_ms(place_ms), said, TrendArrow::from_number(trend), source)
    }

    proptest! {
        #[test]
        fn a_run_holds_what_a_map_holds(items in proptest::collection::vec((0_i64..2_000_000_000_000, 0_u16..=6_000, 0_i64..=8, 0_u8..16), 0..60)) {
            let mut run = Packed::default();
            let mut map = BTreeMap::new();
            for (place, tenths, trend, source) in items {
                let item = item(place, tenths, trend, source);
                run.set(item);
                map.insert(item.order(), item);
                prop_assert_eq!(run.get(item.place(), source), Some(item));
            }
            let all: Vec<Item> = map.into_values().collect();
            prop_assert_eq!(run.iter().collect::<Vec<_>>(), all.clone());
            for moment in all.iter().map(|item| item.place()) {
                let later: Vec<Item> = all.iter().filter(|item| item.place() >= moment).copied().collect();
                prop_assert_eq!(run.since(moment).collect::<Vec<_>>(), later);
            }
        }
    }

    #[test]
    fn words_are_not_numbers() {
        for said in
            [Said::Withdrawn, Said::Glucose(SensorGlucose::BelowRange), Said::Glucose(SensorGlucose::AboveRange)]
        {
            assert_eq!(Item::new(Timestamp::from_ms(5), said, None, 15).said(), said);
        }
    }

    #[test]
    fn a_usual_day_takes_little_more_than_three_bytes_a_reading() {
        let mut run = Packed::default();
        for n in 0..288 {
            let jitter_ms = (n * 7919) % 4_000 - 2_000;
            run.set(item(
                1_764_000_000_000 + n * 300_000 + jitter_ms,
                1_000 + (n as u16 * 37 % 90) / 10 * 10,
                n / 30 % 8,
                0,
            ));
        }
        assert!(run.bytes.len() < 288 * 7 / 2, "{}", run.bytes.len());
    }
}
