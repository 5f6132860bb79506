//! Nightscout's entries exactly as they travel, and the two conversions: a posted entry becomes a draft or a meter check,
//! a reading becomes an entry again with every field that was sent. Pure: it asks no clock and refuses instead of failing.

use keepwatch_model::family::NAME_MAX_CHARACTERS;
use keepwatch_model::glucose::{Reported, SensorGlucose};
use keepwatch_model::reading::{Draft, MeterCheck, Reading, Refusal};
use keepwatch_model::time::Timestamp;
use keepwatch_model::trend::TrendArrow;
use serde_json::{Map, Value, json};

/// An entry: what this dialect calls a reading, a meter check, a calibration.
pub type Entry = Map<String, Value>;

/// Limit: entries in one post; a larger one is refused whole (413), so that the uploader divides it.
pub const ENTRIES_MAX_PER_POST: usize = 10_000;

/// Who an entry says has sent it, where it does not say.
const UNNAMED: &str = "Nightscout";

/// Fields that we model, or that only carry a credential; they are never kept beside a reading.
const MODELLED: [&str; 12] =
    ["_id", "type", "date", "dateString", "sysTime", "mills", "sgv", "device", "direction", "trend", "secret", "token"];

/// What an entry turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// Sensor glucose.
    Reading(Draft),
    /// A meter's value.
    MeterCheck {
        /// When it was taken.
        at: Timestamp,
        /// What the meter showed.
        mg_dl: f64,
        /// Who took it, as far as the entry tells.
        by: String,
    },
    /// Neither, and why.
    Refused(Refusal),
}

/// A posted entry, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Posted {
    /// What the sending device calls itself; empty where it does not say.
    pub device: String,
    /// What it is.
    pub meaning: Meaning,
    /// The entry as it is answered: as sent, times normalised, credentials gone, and no `_id` yet.
    pub echo: Entry,
}

/// What a body holds: its entries, and the credential that was in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// The entries in their order; an element that is no object is an empty entry.
    pub entries: Vec<Entry>,
    /// A secret or token inside the object or the first element.
    pub credential: Option<String>,
}

impl Body {
    /// The entries of one object or an array; `None` when the bytes are not JSON of that shape.
    pub fn of(body: &[u8]) -> Option<Self> {
        let mut entries: Vec<Entry> = match serde_json::from_slice(body).ok()? {
            Value::Array(items) => items.into_iter().map(object).collect(),
            Value::Object(entry) => vec![entry],
            _ => return None,
        };
        let credential = entries.first().and_then(credential);
        for entry in &mut entries {
            entry.remove("secret");
            entry.remove("token");
        }
        // An object that carried nothing but its credential holds no entry.
        entries.retain(|entry| !entry.is_empty() || credential.is_none());
        Some(Self { entries, credential })
    }
}

fn object(value: Value) -> Entry {
    if let Value::Object(entry) = value { entry } else { Entry::new() }
}

fn credential(entry: &Entry) -> Option<String> {
    ["secret", "token"].iter().find_map(|name| entry.get(*name)?.as_str()).map(str::to_owned)
}

impl Posted {
    /// Takes an entry apart.
    pub fn of(sent: Entry) -> Self {
        let device = sent.get("device").and_then(Value::as_str).map(device_name).unwrap_or_default();
        let moment = moment(&sent);
        let meaning = match (kind(&sent), moment) {
            (Kind::Other, _) => Meaning::Refused(Refusal::Unsupported),
            (_, None) => Meaning::Refused(Refusal::Malformed),
            (Kind::Sgv, Some(moment)) => draft(&sent, &device, moment).map_or_else(Meaning::Refused, Meaning::Reading),
            (Kind::Mbg, Some(moment)) => meter_check(&sent, &device, moment),
        };
        Self { device, meaning, echo: echo(sent, moment) }
    }
}

/// A device's name within the bounds of a name.
fn device_name(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(NAME_MAX_CHARACTERS).collect()
}

enum Kind {
    Sgv,
    Mbg,
    Other,
}

/// The kind as stated, else by the value that it carries.
fn kind(sent: &Entry) -> Kind {
    match sent.get("type").and_then(Value::as_str) {
        Some("sgv") => Kind::Sgv,
        Some("mbg") => Kind::Mbg,
        None if sent.contains_key("sgv") => Kind::Sgv,
        None if sent.contains_key("mbg") => Kind::Mbg,
        _ => Kind::Other,
    }
}

/// The moment of an entry and the zone in which its text was written, in minutes.
#[derive(Clone, Copy)]
struct Moment {
    at: Timestamp,
    utc_offset_minutes: Option<i64>,
}

/// `date` is the moment; its text forms stand in where it lacks. The zone is told by `dateString`, else by `utcOffset`.
fn moment(sent: &Entry) -> Option<Moment> {
    let text = ["dateString", "sysTime"].iter().find_map(|name| moment_in(sent.get(*name)?.as_str()?));
    let date = ["date", "mills"].iter().find_map(|name| match sent.get(*name)? {
        Value::String(text) => moment_in(text).map(|(at, _)| at),
        value => number(value).map(|ms| Timestamp::from_ms(ms as i64)),
    });
    let at = date.or(text.map(|(at, _)| at))?;
    let stated = sent.get("utcOffset").and_then(number).map(|minutes| minutes as i64);
    Some(Moment { at, utc_offset_minutes: text.and_then(|(_, offset)| offset).filter(|m| *m != 0).or(stated) })
}

/// A moment in a text: milliseconds, or ISO 8601 in any zone (also `+0200`, and a blank where a plus was lost).
/// The zone's minutes come with it where the text names one. Without a zone it is UTC.
pub fn moment_in(text: &str) -> Option<(Timestamp, Option<i64>)> {
    let text = text.trim();
    if let Ok(ms) = text.parse::<i64>() {
        // Four digits are a year, not a moment of 1970.
        return (text.len() > 4)
            .then_some((Timestamp::from_ms(ms), None))
            .or_else(|| day_in(text).map(|at| (at, None)));
    }
    let text = lost_plus_restored(text);
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        let offset = jiff::fmt::temporal::Pieces::parse(&text).ok()?.to_numeric_offset();
        return Some((Timestamp::from_ms(at.as_millisecond()), offset.map(|offset| i64::from(offset.seconds()) / 60)));
    }
    let local: Option<jiff::civil::DateTime> = text.parse().ok();
    let utc = local.and_then(|local| local.to_zoned(jiff::tz::TimeZone::UTC).ok());
    utc.map(|utc| Timestamp::from_ms(utc.timestamp().as_millisecond())).or_else(|| day_in(&text)).map(|at| (at, None))
}

/// In a query an unescaped plus arrives as a blank: `2026-11-24T10:00:00 02:00`.
fn lost_plus_restored(text: &str) -> String {
    match text.split_once('T') {
        Some((day, time)) => format!("{day}T{}", time.replace(' ', "+")),
        None => text.to_owned(),
    }
}

/// The first moment of a year, a month or a day.
fn day_in(text: &str) -> Option<Timestamp> {
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let day: jiff::civil::Date = full.parse().ok()?;
    let utc = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp::from_ms(utc.timestamp().as_millisecond()))
}

/// A number, also where it came as text.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

fn draft(sent: &Entry, device: &str, moment: Moment) -> Result<Draft, Refusal> {
    let number = sent.get("sgv").and_then(number).ok_or(Refusal::Malformed)?;
    let reported = Reported::from_mg_dl(number).ok_or(Refusal::Malformed)?;
    let direction = sent.get("direction").and_then(Value::as_str);
    let trend = match direction {
        Some(name) => trend_named(name),
        None => sent.get("trend").and_then(self::number).and_then(|number| TrendArrow::from_number(number as i64)),
    };
    let foreign = foreign(sent, device, trend, moment);
    Ok(Draft { measured_at: moment.at, reported, trend, foreign })
}

/// What the entry says beyond what we can say ourselves of the reading: it is kept and given back whole.
fn foreign(sent: &Entry, device: &str, trend: Option<TrendArrow>, moment: Moment) -> Option<Box<str>> {
    let mut kept: Entry = sent.iter().filter(|(name, _)| !MODELLED.contains(&name.as_str())).map(own).collect();
    let mut keep_unless = |name: &str, said: Value| {
        if let Some(value) = sent.get(name).filter(|value| **value != said) {
            kept.insert(name.to_owned(), value.clone());
        }
    };
    keep_unless("device", json!(device));
    // A stated "NONE" is kept too: the sensor could not tell, and no arrow of ours may take its place.
    keep_unless("direction", json!(trend.map(|trend| direction(Some(trend)))));
    keep_unless("trend", json!(trend.map(TrendArrow::number)));
    kept.remove("utcOffset");
    if let Some(minutes) = moment.utc_offset_minutes.filter(|minutes| *minutes != 0) {
        kept.insert("utcOffset".to_owned(), json!(minutes));
    }
    if let Some(identifier) = identifier(sent) {
        kept.entry("identifier").or_insert_with(|| json!(identifier));
    }
    (!kept.is_empty()).then(|| Value::Object(kept).to_string().into())
}

fn own((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// An `_id` that is not of this dialect's form (Loop and Trio send UUIDs) is an identifier.
fn identifier(sent: &Entry) -> Option<&str> {
    sent.get("_id").and_then(Value::as_str).filter(|id| !id.is_empty() && !is_id(id))
}

/// Whether a text has the form of an `_id`: 24 hex digits.
pub fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn meter_check(sent: &Entry, device: &str, moment: Moment) -> Meaning {
    let by = sent.get("enteredBy").and_then(Value::as_str).map(device_name).filter(|by| !by.is_empty());
    let by = by.unwrap_or_else(|| if device.is_empty() { UNNAMED.to_owned() } else { device.to_owned() });
    match sent.get("mbg").and_then(number) {
        Some(mg_dl) => Meaning::MeterCheck { at: moment.at, mg_dl, by },
        None => Meaning::Refused(Refusal::Malformed),
    }
}

/// The entry as it is answered.
fn echo(mut sent: Entry, moment: Option<Moment>) -> Entry {
    if let Some(identifier) = identifier(&sent).map(str::to_owned) {
        sent.entry("identifier").or_insert_with(|| json!(identifier));
    }
    sent.remove("_id");
    if let Some(moment) = moment {
        let text = date_text(moment.at);
        sent.insert("date".to_owned(), json!(moment.at.as_ms()));
        sent.insert("sysTime".to_owned(), json!(text));
        sent.insert("dateString".to_owned(), json!(text));
        sent.insert("utcOffset".to_owned(), json!(moment.utc_offset_minutes.unwrap_or(0)));
    }
    sent
}

/// A moment as this dialect writes it: UTC with milliseconds.
pub fn date_text(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms())
        .map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// An arrow by its name; `NONE` and words that we do not know are no arrow.
pub fn trend_named(name: &str) -> Option<TrendArrow> {
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    match letters.as_str() {
        "tripleup" => Some(TrendArrow::DoubleUp),
        "tripledown" => Some(TrendArrow::DoubleDown),
        "rateoutofrange" => Some(TrendArrow::NotComputable),
        _ => TrendArrow::ALL
            .into_iter()
            .find(|arrow| letters == direction(Some(*arrow)).replace(' ', "").to_ascii_lowercase()),
    }
}

/// The name of an arrow.
pub const fn direction(trend: Option<TrendArrow>) -> &'static str {
    match trend {
        None => "NONE",
        Some(TrendArrow::DoubleUp) => "DoubleUp",
        Some(TrendArrow::SingleUp) => "SingleUp",
        Some(TrendArrow::FortyFiveUp) => "FortyFiveUp",
        Some(TrendArrow::Flat) => "Flat",
        Some(TrendArrow::FortyFiveDown) => "FortyFiveDown",
        Some(TrendArrow::SingleDown) => "SingleDown",
        Some(TrendArrow::DoubleDown) => "DoubleDown",
        Some(TrendArrow::NotComputable) => "NOT COMPUTABLE",
    }
}

/// mg/dL as this dialect writes it: 39 and 401 stand for what lies outside the sensor's range.
pub fn sgv(glucose: SensorGlucose) -> Value {
    match glucose {
        SensorGlucose::BelowRange => json!(39),
        SensorGlucose::AboveRange => json!(401),
        SensorGlucose::Measured(mg_dl) => mg_dl_json(mg_dl.tenths()),
    }
}

/// The same as whole text, as watch faces want it.
pub fn whole_sgv(glucose: SensorGlucose) -> String {
    match glucose {
        SensorGlucose::BelowRange => "39".to_owned(),
        SensorGlucose::AboveRange => "401".to_owned(),
        SensorGlucose::Measured(mg_dl) => mg_dl.rounded().to_string(),
    }
}

fn mg_dl_json(tenths: u16) -> Value {
    if tenths.is_multiple_of(10) { json!(tenths / 10) } else { json!(f64::from(tenths) / 10.0) }
}

/// A reading as an entry, with the arrow and the change over five minutes that were worked out for it.
/// What its uploader said itself goes before what we say.
pub fn reading_entry(reading: &Reading, device: &str, arrow: Option<TrendArrow>, delta: f64) -> Entry {
    let text = date_text(reading.place);
    let mut entry = Entry::new();
    let mut say = |name: &str, value: Value| entry.insert(name.to_owned(), value);
    say("_id", json!(id_of(reading.measured_at, &reading.source.to_string())));
    say("type", json!("sgv"));
    say("date", json!(reading.place.as_ms()));
    say("sysTime", json!(text));
    say("dateString", json!(text));
    say("utcOffset", json!(0));
    say("sgv", sgv(reading.glucose));
    say("direction", json!(direction(arrow)));
    say("delta", json!(delta));
    if let Some(arrow) = arrow {
        say("trend", json!(arrow.number()));
    }
    if !device.is_empty() {
        say("device", json!(device));
    }
    let foreign = reading.foreign.as_deref().and_then(|foreign| serde_json::from_str(foreign).ok());
    let foreign = foreign.map(object).unwrap_or_default();
    entry.extend(foreign.into_iter().filter(|(name, value)| is_given_back(name, value, reading, device)));
    entry
}

/// Whether a kept field may stand in the entry: never in place of what we say of the reading ourselves, by whichever
/// door it came; an arrow or a device only as another way to write the one that we have.
fn is_given_back(name: &str, value: &Value, reading: &Reading, device: &str) -> bool {
    match name {
        "direction" => value.as_str().is_some_and(|name| trend_named(name) == reading.trend),
        "trend" => {
            let arrow = number(value).and_then(|number| TrendArrow::from_number(number as i64));
            arrow.is_none_or(|arrow| Some(arrow) == reading.trend)
        }
        "device" => value.as_str().map(device_name).unwrap_or_default() == device,
        "utcOffset" => value.is_i64(),
        "delta" => value.is_number(),
        name => !MODELLED.contains(&name),
    }
}

/// A meter check as an entry.
pub fn meter_entry(check: &MeterCheck) -> Entry {
    let text = date_text(check.at);
    let mut entry = Entry::new();
    let mut say = |name: &str, value: Value| entry.insert(name.to_owned(), value);
    say("_id", json!(id_of(check.at, &check.by)));
    say("type", json!("mbg"));
    say("date", json!(check.at.as_ms()));
    say("sysTime", json!(text));
    say("dateString", json!(text));
    say("utcOffset", json!(0));
    say("mbg", mg_dl_json(check.mg_dl.tenths()));
    say("device", json!(check.by));
    entry
}

/// The `_id` of what was measured at a moment by a source or a human: 8 digits of seconds, as this dialect's ids have
/// them, then 16 of a digest. The same reading has the same `_id` whenever it is posted or read.
pub fn id_of(measured_at: Timestamp, whose: &str) -> String {
    let seconds = measured_at.as_ms().div_euclid(1_000) as u32;
    let digest = sha1_smol::Sha1::from(format!("{}/{whose}", measured_at.as_ms())).digest().to_string();
    format!("{seconds:08x}{}", &digest[..16])
}

/// The second in which the entry of an `_id` was measured.
pub fn second_of(id: &str) -> Option<Timestamp> {
    let seconds = is_id(id).then(|| u32::from_str_radix(&id[..8], 16).ok()).flatten()?;
    Some(Timestamp::from_ms(i64::from(seconds) * 1_000))
}

/// The `_id` of an entry that was not taken: made of what it says, so that a repetition gets the same.
pub fn id_of_refused(echo: &Entry) -> String {
    let digest = sha1_smol::Sha1::from(Value::Object(echo.clone()).to_string()).digest().to_string();
    digest[..24].to_owned()
}

/// Entries as text: five columns, values as JSON, no header, CRLF between lines.
pub fn text(entries: &[Entry], separator: char) -> String {
    let column = |entry: &Entry, name: &str| entry.get(name).map(Value::to_string).unwrap_or_default();
    let line = |entry: &Entry| {
        ["dateString", "date", "sgv", "direction", "device"]
            .map(|name| column(entry, name))
            .join(&separator.to_string())
    };
    entries.iter().map(line).collect::<Vec<_>>().join("\r\n")
}

#[cfg(test)]
mod tests;
