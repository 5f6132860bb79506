//! Puts answers on the wire: straight from what `service` says into one buffer, without shapes in between.
//! Every text that it writes may stand inside a script element: `<`, `>` and `&` are always escaped.

use super::wire::{SourceKind, Trend};
use keepwatch_model::family::Person;
use keepwatch_model::glucose::{MgDl, SensorGlucose, Unit};
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading};
use keepwatch_model::series::{Delta, Disagreement};
use keepwatch_model::time::{MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;
use keepwatch_service::readings::{Glance, SourceGlance};
use keepwatch_service::window::Place;
use std::fmt::Display;
use std::io::Write;

/// Bytes that one reading takes at most in the usual case; buffers are made by it.
pub(crate) const READING_BYTES: usize = 64;

const PAIRS: &[u8; 200] =
    b"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/// A whole number.
pub(crate) fn number(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    while rest >= 100 {
        let pair = (rest % 100) as usize * 2;
        rest /= 100;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if rest >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[rest as usize * 2..rest as usize * 2 + 2]);
    } else {
        at -= 1;
        digits[at] = b'0' + rest as u8;
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Tenths as a number with at most one decimal.
fn tenths(out: &mut Vec<u8>, tenths: i64) {
    if tenths < 0 {
        out.push(b'-');
    }
    let tenths = tenths.abs();
    number(out, tenths / 10);
    if tenths % 10 != 0 {
        out.extend_from_slice(&[b'.', b'0' + (tenths % 10) as u8]);
    }
}

/// A text in quotes.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..=31 | b'<' | b'>' | b'&' => {
                let _ = write!(out, "\\u{byte:04x}");
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// An id in quotes.
fn id(out: &mut Vec<u8>, id: impl Display) {
    let _ = write!(out, "\"{id}\"");
}

fn moment(out: &mut Vec<u8>, moment: Timestamp) {
    number(out, moment.as_ms());
}

/// A value, or null.
fn or_null<T>(out: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    match value {
        Some(value) => write(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// Values in brackets.
fn list<T>(out: &mut Vec<u8>, values: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (position, value) in values.into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(out, value);
    }
    out.push(b']');
}

/// A reading; `trend` is what is shown with it, `shown` the source that needs no name.
pub(crate) fn reading(out: &mut Vec<u8>, reading: &Reading, trend: Option<TrendArrow>, shown: Option<SourceId>) {
    out.extend_from_slice(b"{\"at\":");
    moment(out, reading.place);
    match reading.glucose {
        SensorGlucose::Measured(mg_dl) => {
            out.extend_from_slice(b",\"mg_dl\":");
            tenths(out, i64::from(mg_dl.tenths()));
        }
        SensorGlucose::BelowRange => out.extend_from_slice(b",\"range\":\"below\""),
        SensorGlucose::AboveRange => out.extend_from_slice(b",\"range\":\"above\""),
    }
    if let Some(arrow) = trend {
        out.extend_from_slice(b",\"trend\":\"");
        out.extend_from_slice(Trend::word(arrow).as_bytes());
        out.push(b'"');
    }
    if reading.measured_at != reading.place {
        out.extend_from_slice(b",\"measured_at\":");
        moment(out, reading.measured_at);
    }
    if reading.clock_suspect() {
        out.extend_from_slice(b",\"clock_suspect\":true");
    }
    if shown.is_some_and(|shown| shown != reading.source) {
        out.extend_from_slice(b",\"source\":");
        id(out, reading.source);
    }
    out.push(b'}');
}

/// Where a reading stood that was withdrawn.
pub(crate) fn place(out: &mut Vec<u8>, place: &Place, shown: Option<SourceId>) {
    out.extend_from_slice(b"{\"at\":");
    moment(out, place.place);
    if place.measured_at != place.place {
        out.extend_from_slice(b",\"measured_at\":");
        moment(out, place.measured_at);
    }
    if shown.is_some_and(|shown| shown != place.source) {
        out.extend_from_slice(b",\"source\":");
        id(out, place.source);
    }
    out.push(b'}');
}

/// Readings as they were sent.
pub(crate) fn readings(out: &mut Vec<u8>, readings: &[Reading], shown: Option<SourceId>) {
    out.reserve(readings.len() * READING_BYTES);
    list(out, readings, |out, one| reading(out, one, one.trend, shown));
}

fn mg_dl(out: &mut Vec<u8>, mg_dl: MgDl) {
    tenths(out, i64::from(mg_dl.tenths()));
}

/// A meter check.
pub(crate) fn meter_check(out: &mut Vec<u8>, check: &MeterCheck) {
    out.extend_from_slice(b"{\"at\":");
    moment(out, check.at);
    out.extend_from_slice(b",\"mg_dl\":");
    mg_dl(out, check.mg_dl);
    out.extend_from_slice(b",\"by\":");
    text(out, &check.by);
    if let Some(note) = &check.note {
        out.extend_from_slice(b",\"note\":");
        text(out, note);
    }
    out.push(b'}');
}

/// Meter checks.
pub(crate) fn meter_checks(out: &mut Vec<u8>, checks: &[MeterCheck]) {
    list(out, checks, meter_check);
}

/// A change, or null.
pub(crate) fn delta(out: &mut Vec<u8>, delta: Option<Delta>) {
    or_null(out, delta, |out, delta| {
        out.extend_from_slice(b"{\"mg_dl\":");
        tenths(out, i64::from(delta.tenths));
        out.extend_from_slice(b",\"minutes\":");
        number(out, (delta.elapsed_ms + MINUTE_MS / 2) / MINUTE_MS);
        out.push(b'}');
    });
}

/// A source as it is now.
pub(crate) fn source(out: &mut Vec<u8>, glance: &SourceGlance) {
    out.extend_from_slice(b"{\"id\":");
    id(out, glance.source.id);
    out.extend_from_slice(b",\"name\":");
    text(out, &glance.source.name);
    out.extend_from_slice(b",\"kind\":\"");
    out.extend_from_slice(SourceKind::word(glance.source.protocol).as_bytes());
    out.extend_from_slice(b"\",\"interval_ms\":");
    number(out, glance.source.interval_ms);
    out.extend_from_slice(b",\"fresh_ms\":");
    number(out, glance.patience.fresh_ms);
    out.extend_from_slice(b",\"late_ms\":");
    number(out, glance.patience.late_ms);
    out.extend_from_slice(b",\"last_contact\":");
    or_null(out, glance.last_contact, moment);
    out.extend_from_slice(b",\"last_reading\":");
    or_null(out, glance.last_reading, moment);
    out.extend_from_slice(b",\"refused\":");
    or_null(out, glance.refused, |out, (reason, at)| {
        out.extend_from_slice(b"{\"reason\":");
        text(out, reason.code());
        out.extend_from_slice(b",\"at\":");
        moment(out, at);
        out.push(b'}');
    });
    out.extend_from_slice(if glance.shown { b",\"shown\":true}" } else { b",\"shown\":false}" });
}

fn unit(out: &mut Vec<u8>, unit: Unit) {
    text(out, unit.as_str());
}

fn person(out: &mut Vec<u8>, person: &Person) {
    out.extend_from_slice(b"{\"id\":");
    id(out, person.id);
    out.extend_from_slice(b",\"name\":");
    text(out, &person.name);
    out.extend_from_slice(b",\"unit\":");
    unit(out, person.unit);
    out.extend_from_slice(b",\"time_zone\":");
    text(out, &person.time_zone);
    out.extend_from_slice(if person.demo { b",\"demo\":true}" } else { b",\"demo\":false}" });
}

/// A person at a glance.
pub(crate) fn glance(out: &mut Vec<u8>, glance: &Glance, with_readings: bool) {
    let shown = glance.latest.reading.as_ref().map(|reading| reading.source);
    out.extend_from_slice(b"{\"person\":");
    person(out, &glance.person);
    out.extend_from_slice(b",\"latest\":");
    or_null(out, glance.latest.reading.as_ref(), |out, one| reading(out, one, glance.latest.trend, shown));
    out.extend_from_slice(b",\"delta\":");
    delta(out, glance.latest.delta);
    out.extend_from_slice(b",\"interval_ms\":");
    number(out, glance.latest.interval_ms);
    patience(out, glance.latest.patience.fresh_ms, glance.latest.patience.late_ms);
    if with_readings {
        out.extend_from_slice(b",\"readings\":");
        readings(out, &glance.readings, shown);
    }
    out.extend_from_slice(b",\"meter_checks\":");
    meter_checks(out, &glance.meter_checks);
    out.extend_from_slice(b",\"sources\":");
    list(out, &glance.sources, source);
    disagreement(out, glance.disagreement);
    out.push(b'}');
}

/// `,"disagreement":` with what two sources say, or null.
fn disagreement(out: &mut Vec<u8>, differ: Option<Disagreement>) {
    out.extend_from_slice(b",\"disagreement\":");
    or_null(out, differ, |out, differ| {
        out.extend_from_slice(b"{\"sources\":");
        list(out, differ.sources, id);
        out.extend_from_slice(b",\"mg_dl\":");
        list(out, differ.glucose, |out, glucose| match glucose {
            SensorGlucose::Measured(value) => mg_dl(out, value),
            outside => number(out, i64::from(outside.as_dexcom())),
        });
        out.push(b'}');
    });
}

/// What an event tells of the shown source, so that a screen can follow when another one takes over.
pub(crate) fn shown_now(out: &mut Vec<u8>, glance: &Glance) {
    out.extend_from_slice(b",\"shown\":");
    or_null(out, glance.latest.reading.as_ref().map(|reading| reading.source), id);
    out.extend_from_slice(b",\"interval_ms\":");
    number(out, glance.latest.interval_ms);
    patience(out, glance.latest.patience.fresh_ms, glance.latest.patience.late_ms);
    disagreement(out, glance.disagreement);
}

fn patience(out: &mut Vec<u8>, fresh_ms: i64, late_ms: i64) {
    out.extend_from_slice(b",\"fresh_ms\":");
    number(out, fresh_ms);
    out.extend_from_slice(b",\"late_ms\":");
    number(out, late_ms);
}

/// Who is looking.
pub(crate) struct Viewer<'a> {
    pub(crate) name: &'a str,
    pub(crate) unit: Unit,
}

/// What of everyone is written.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    /// Only those who changed are among the people.
    pub(crate) is_partial: bool,
    pub(crate) with_readings: bool,
}

/// Everyone at this moment.
#[allow(clippy::too_many_arguments, reason = "one for each member of the shape")]
pub(crate) fn now(
    out: &mut Vec<u8>,
    time: Timestamp,
    cursor: &str,
    viewer: &Viewer<'_>,
    people: impl Iterator<Item = Glance>,
    extent: Extent,
    has_store_fault: bool,
) {
    out.extend_from_slice(b"{\"time\":");
    moment(out, time);
    out.extend_from_slice(b",\"cursor\":");
    text(out, cursor);
    if extent.is_partial {
        out.extend_from_slice(b",\"partial\":true");
    }
    if has_store_fault {
        out.extend_from_slice(b",\"store_fault\":true");
    }
    out.extend_from_slice(b",\"viewer\":{\"name\":");
    text(out, viewer.name);
    out.extend_from_slice(b",\"unit\":");
    unit(out, viewer.unit);
    out.extend_from_slice(b"},\"people\":");
    list(out, people, |out, one| glance(out, &one, extent.with_readings));
    out.push(b'}');
}

/// The beginning that answers about one person share: time and whose.
pub(crate) fn opening(out: &mut Vec<u8>, time: Timestamp, person: PersonId) {
    out.extend_from_slice(b"{\"time\":");
    moment(out, time);
    out.extend_from_slice(b",\"person\":");
    id(out, person);
}

/// The newest reading of one person.
pub(crate) fn latest(
    out: &mut Vec<u8>,
    time: Timestamp,
    person: PersonId,
    latest: &keepwatch_service::readings::Latest,
) {
    opening(out, time, person);
    out.extend_from_slice(b",\"latest\":");
    or_null(out, latest.reading.as_ref(), |out, one| reading(out, one, latest.trend, None));
    patience(out, latest.patience.fresh_ms, latest.patience.late_ms);
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_written_as_everyone_writes_them(value: i64) {
            let mut out = Vec::new();
            number(&mut out, value);
            prop_assert_eq!(String::from_utf8(out).expect("digits"), value.to_string());
        }

        #[test]
        fn tenths_are_numbers_with_one_decimal(value in -60_000_i64..60_000) {
            let mut out = Vec::new();
            tenths(&mut out, value);
            let read: f64 = serde_json::from_slice(&out).expect("a number");
            prop_assert!((read * 10.0 - value as f64).abs() < 1e-6);
        }

        #[test]
        fn texts_come_back_whole_and_end_no_script(said in ".*") {
            let mut out = Vec::new();
            text(&mut out, &said);
            prop_assert!(!out.contains(&b'<'));
            prop_assert_eq!(serde_json::from_slice::<String>(&out).expect("a text"), said);
        }
    }
}
