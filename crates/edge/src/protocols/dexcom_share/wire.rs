//! Dexcom Share exactly as it travels, and the two conversions: an upload becomes drafts, readings become records.
//! Pure: it asks no clock, and whatever bytes come in, something sensible or a refusal comes out.

use jiff::tz::TimeZone;
use keepwatch_model::glucose::Reported;
use keepwatch_model::id::FollowId;
use keepwatch_model::reading::{Draft, Reading, Refusal};
use keepwatch_model::time::Timestamp;
use keepwatch_model::trend::TrendArrow;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Limit: records in one upload (two days of a one-minute sensor); a larger one is refused whole, with a sentence.
pub const RECORDS_MAX_PER_UPLOAD: usize = 2_880;
/// Limit: how far back a read looks; a larger wish is cut down, because clients ask for more than the vendor gives.
pub const MINUTES_MAX: i64 = 1_440;
/// Limit: records in one answer; a larger wish is cut down likewise.
pub const RECORDS_MAX_PER_ANSWER: i64 = 288;
/// Limit: characters of a serial number that are kept; the rest is cut off.
pub const SERIAL_MAX_CHARACTERS: usize = 32;

/// An upload taken apart: each record is a draft, or has a reason why it is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Upload {
    /// The serial number in capitals; `None` where none was sent or it is the well-known invented one.
    pub serial: Option<String>,
    /// The records in the order in which they were sent.
    pub records: Vec<Result<Draft, Refusal>>,
}

/// The body is not an upload at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAnUpload {
    /// There is no JSON object with a list `Egvs`.
    NoRecords,
    /// There are more records than one upload may hold.
    TooManyRecords,
}

impl Upload {
    /// The upload in these bytes.
    pub fn of(body: &[u8]) -> Result<Self, NotAnUpload> {
        let body: Value = serde_json::from_slice(body).map_err(|_| NotAnUpload::NoRecords)?;
        let body = body.as_object().ok_or(NotAnUpload::NoRecords)?;
        let records = member(body, "Egvs").and_then(Value::as_array).ok_or(NotAnUpload::NoRecords)?;
        if records.len() > RECORDS_MAX_PER_UPLOAD {
            return Err(NotAnUpload::TooManyRecords);
        }
        Ok(Self {
            serial: member(body, "SN").and_then(Value::as_str).and_then(serial),
            records: records.iter().map(draft).collect(),
        })
    }
}

/// A member by its name, whatever its case.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// A serial that tells one device from another. Uploaders whose user entered none send letters and zeros only.
pub fn serial(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/');
    let invented = !text.chars().any(|c| matches!(c, '1'..='9'));
    let kept = || text.chars().filter(|c| !c.is_control()).take(SERIAL_MAX_CHARACTERS).collect::<String>();
    (!invented).then(|| kept().to_ascii_uppercase())
}

/// One record of an upload. `ST` is the moment; `DT` and `TA` are display and hearsay, and are not kept.
fn draft(record: &Value) -> Result<Draft, Refusal> {
    let record = record.as_object().ok_or(Refusal::Malformed)?;
    let measured_at = member(record, "ST").and_then(instant).ok_or(Refusal::Malformed)?;
    let number = member(record, "Value").and_then(number).ok_or(Refusal::Malformed)?;
    let reported = Reported::from_dexcom(number).ok_or(Refusal::Malformed)?;
    let trend = member(record, "Trend").or_else(|| member(record, "direction")).and_then(trend);
    Ok(Draft { measured_at, reported, trend, foreign: None })
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A moment: `/Date(ms)/`, `Date(ms)`, with or without an offset behind the number, or the bare number.
///
/// The number is the instant; an offset is display only.
pub fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => number.as_i64().map(Timestamp::from_ms),
        Value::String(text) => instant_in(text),
        _ => None,
    }
}

fn instant_in(text: &str) -> Option<Timestamp> {
    let inner = match text.split_once('(') {
        Some((_, after)) => after.split_once(')')?.0,
        None => text,
    };
    let inner = inner.trim();
    let (sign, digits) = inner.strip_prefix('-').map_or((1, inner), |digits| (-1, digits));
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (ms, offset) = digits.split_at(end);
    let sound =
        offset.is_empty() || (offset.starts_with(['+', '-']) && offset[1..].chars().all(|c| c.is_ascii_digit()));
    let ms: i64 = ms.parse().ok()?;
    sound.then(|| Timestamp::from_ms(sign * ms))
}

/// An arrow: the number that uploaders send, or the name, in any case and with or without blanks.
pub fn trend(value: &Value) -> Option<TrendArrow> {
    match value {
        Value::Number(number) => number.as_i64().and_then(TrendArrow::from_number),
        Value::String(text) => match text.trim().parse() {
            Ok(number) => TrendArrow::from_number(number),
            Err(_) => trend_named(text),
        },
        _ => None,
    }
}

fn trend_named(text: &str) -> Option<TrendArrow> {
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    if letters.eq_ignore_ascii_case("RateOutOfRange") {
        return Some(TrendArrow::NotComputable);
    }
    TrendArrow::ALL.into_iter().find(|arrow| letters.eq_ignore_ascii_case(trend_name(Some(*arrow))))
}

/// The name of an arrow in exactly the case that clients look up.
pub const fn trend_name(trend: Option<TrendArrow>) -> &'static str {
    match trend {
        None => "None",
        Some(TrendArrow::DoubleUp) => "DoubleUp",
        Some(TrendArrow::SingleUp) => "SingleUp",
        Some(TrendArrow::FortyFiveUp) => "FortyFiveUp",
        Some(TrendArrow::Flat) => "Flat",
        Some(TrendArrow::FortyFiveDown) => "FortyFiveDown",
        Some(TrendArrow::SingleDown) => "SingleDown",
        Some(TrendArrow::DoubleDown) => "DoubleDown",
        Some(TrendArrow::NotComputable) => "NotComputable",
    }
}

/// The answer to a read: one record for each reading, in the order given.
///
/// `WT` and `ST` carry no offset and `DT` carries one, without slashes: each is the only form that some client can read.
pub fn records<'a>(readings: impl IntoIterator<Item = (&'a Reading, Option<TrendArrow>)>, zone: &TimeZone) -> String {
    let mut answer = String::from("[");
    for (reading, arrow) in readings {
        let ms = reading.place.as_ms();
        let offset = offset_text(reading.place, zone);
        let comma = if answer.len() > 1 { "," } else { "" };
        let value = reading.glucose.as_dexcom();
        let trend = trend_name(arrow);
        // Writing into a text cannot fail.
        let _ = write!(
            answer,
            r#"{comma}{{"WT":"Date({ms})","ST":"Date({ms})","DT":"Date({ms}{offset})","Value":{value},"Trend":"{trend}"}}"#
        );
    }
    answer.push(']');
    answer
}

/// The zone's offset at a moment, as four digits with a sign.
fn offset_text(at: Timestamp, zone: &TimeZone) -> String {
    let seconds = jiff::Timestamp::from_millisecond(at.as_ms()).map_or(0, |at| zone.to_offset(at).seconds());
    let minutes = seconds.abs() / 60;
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

/// An id as a bare JSON string: a UUID in quotes, nothing around it.
pub fn id_json(id: u128) -> String {
    format!("\"{}\"", id_text(id))
}

/// An id as a UUID.
pub fn id_text(id: u128) -> String {
    let digits = format!("{id:032x}");
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

/// The id in a UUID; `None` for anything else, and for the all-zero one, which means "no login" in this dialect.
pub fn id(text: &str) -> Option<u128> {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect();
    let sound = digits.len() == 32 && digits.chars().all(|c| c.is_ascii_hexdigit());
    u128::from_str_radix(&digits, 16).ok().filter(|id| sound && *id != 0)
}

/// Whether an id is the all-zero one, with which this dialect says that a login did not work.
pub fn is_no_login(text: &str) -> bool {
    text.contains('0') && text.chars().all(|c| matches!(c, '0' | '-'))
}

/// Who follows, as a publisher's client lists it.
pub fn subscriptions<'a>(follows: impl Iterator<Item = (FollowId, &'a str)>) -> String {
    // When a follow was accepted is not kept beside it; a client only lists these times.
    let unknown = json!({"DateTime": "/Date(0)/", "OffsetMinutes": 0});
    let one = |(follow, name): (FollowId, &str)| {
        let id = id_text(u128::from(follow.number()));
        json!({
            "ContactId": id, "ContactName": name, "DisplayName": name, "DateTimeCreated": unknown, "DateTimeModified": unknown,
            "InviteExpires": unknown, "IsEnabled": true, "IsMonitoringSessionActive": true, "Permissions": 1, "State": 2,
            "SubscriberId": id, "SubscriptionId": id
        })
    };
    Value::Array(follows.map(one).collect()).to_string()
}

/// The body of the clock operation, as JSON.
pub fn clock_json(now: Timestamp) -> String {
    format!(r#"{{"DateTime":"/Date({})/","OffsetMinutes":0}}"#, now.as_ms())
}

/// The body of the clock operation, as XML.
pub fn clock_xml(now: Timestamp) -> String {
    let text = jiff::Timestamp::from_millisecond(now.as_ms())
        .map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string());
    format!("<SystemTime><DateTime>{text}</DateTime><OffsetMinutes>0</OffsetMinutes></SystemTime>")
}

#[cfg(test)]
mod tests;
