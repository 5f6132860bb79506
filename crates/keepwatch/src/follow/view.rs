//! What one person looks like at one moment, in words: the same states and sentences as on the web page. Pure; `now` is given.
//! An old number never looks new here (P2): past its time it loses its arrow and is called old.

use crate::words::{Gap, Words};
use jiff::tz::TimeZone;
use keepwatch_edge::protocols::native::wire::{Glance, Range, Reading, Source, Trend};
use keepwatch_model::glucose::{MgDl, Unit};
use keepwatch_model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use keepwatch_model::trend::TrendArrow;

/// The sensors' edges, as said where there is no number.
const SENSOR_FLOOR_MG_DL: f64 = 40.0;
const SENSOR_CEILING_MG_DL: f64 = 400.0;
/// A meter check this old is no longer beside the reading.
const CHECK_SHOWN_MS: i64 = 2 * HOUR_MS;

/// How the terminal's owner reads.
pub(crate) struct Reader {
    /// The language.
    pub(crate) words: Words,
    /// The zone of the terminal.
    pub(crate) zone: TimeZone,
    /// The unit.
    pub(crate) unit: Unit,
}

/// How new the reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// As it should be.
    Fresh,
    /// One is missing.
    Late,
    /// Too old to act on.
    Stale,
    /// There is none, or none of the last day.
    Unknown,
}

/// What the number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// At 55 or below.
    UrgentLow,
    /// Below 70.
    Low,
    /// Neither.
    InRange,
    /// Above 180.
    High,
    /// Above 250.
    VeryHigh,
}

impl Level {
    const fn key(self) -> &'static str {
        match self {
            Self::UrgentLow => "urgent_low",
            Self::Low => "low",
            Self::InRange => "in_range",
            Self::High => "high",
            Self::VeryHigh => "very_high",
        }
    }
}

/// One person at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// Her name, with a mark where she does not exist.
    pub(crate) name: String,
    /// How new.
    pub(crate) freshness: Freshness,
    /// What the number means; none without a number.
    pub(crate) level: Option<Level>,
    /// The number, or the word for one that cannot be measured.
    pub(crate) value: Option<String>,
    /// The arrow as a sign.
    pub(crate) arrow: &'static str,
    /// The change.
    pub(crate) delta: Option<String>,
    /// Level and direction in words, or what an old reading is called.
    pub(crate) headline: String,
    /// The age in words.
    pub(crate) age: String,
    /// What else must be said: what is missing, what was, what is broken, what a meter said.
    pub(crate) notes: Vec<String>,
}

impl View {
    /// What `glance` looks like at `now`.
    pub(crate) fn of(glance: &Glance, now: i64, reader: &Reader) -> Self {
        let person = &glance.person;
        let demo = if person.demo { format!(" ({})", reader.words.say("demo-mark", &[])) } else { String::new() };
        let name = format!("{}{demo}", person.name);
        let latest = glance.latest.as_ref().map(|latest| (latest, freshness(latest, glance, now)));
        let mut view = match latest {
            Some((latest, freshness)) if freshness != Freshness::Unknown => {
                known(glance, latest, freshness, now, reader)
            }
            _ => unknown(glance, now, reader),
        };
        view.name = name;
        view.notes.extend(disagreement(glance, reader));
        view.notes.extend(cause(glance, now, reader));
        view.notes.extend(check(glance, now, reader));
        view
    }
}

fn freshness(latest: &Reading, glance: &Glance, now: i64) -> Freshness {
    match now - latest.at {
        age if age > DAY_MS => Freshness::Unknown,
        age if age > glance.late_ms => Freshness::Stale,
        age if age > glance.fresh_ms => Freshness::Late,
        _ => Freshness::Fresh,
    }
}

fn unknown(glance: &Glance, now: i64, reader: &Reader) -> View {
    let headline = match &glance.latest {
        Some(latest) => reader.words.say("unknown-since", &[("day", Gap::Text(&day(latest.at, now, reader)))]),
        None => reader.words.say("unknown-never", &[]),
    };
    let (freshness, arrow) = (Freshness::Unknown, "");
    View {
        name: String::new(),
        freshness,
        level: None,
        value: None,
        arrow,
        delta: None,
        headline,
        age: String::new(),
        notes: vec![],
    }
}

fn known(glance: &Glance, latest: &Reading, freshness: Freshness, now: i64, reader: &Reader) -> View {
    let words = &reader.words;
    let level = level(latest, reader.unit);
    let stale = freshness == Freshness::Stale;
    let value = value(latest, reader);
    let trend = latest.trend.map(TrendArrow::from).filter(|trend| !stale && *trend != TrendArrow::NotComputable);
    let level_word = words.say("level", &[("level", Gap::Text(level.key()))]);
    let headline = match trend {
        _ if stale => old_sentence(latest.at, now, reader),
        Some(trend) => {
            let direction = words.say("trend", &[("trend", Gap::Text(Trend::word(trend)))]);
            words.say("level-and-trend", &[("level", Gap::Text(&level_word)), ("trend", Gap::Text(&direction))])
        }
        None => level_word,
    };
    let mut notes = Vec::new();
    let missing = (now - latest.at) / glance.interval_ms.max(1);
    if freshness == Freshness::Late && missing > 0 {
        notes.push(words.say("missing", &[("count", Gap::Number(missing))]));
    }
    if stale {
        notes.push(was_sentence(latest, level, &value, reader));
    }
    if latest.clock_suspect {
        notes.push(words.say("clock-suspect", &[]));
    }
    let delta = glance.delta.as_ref().filter(|_| !stale).map(|delta| {
        let change = change(delta.mg_dl, reader.unit);
        words.say("delta", &[("change", Gap::Text(&change)), ("minutes", Gap::Number(delta.minutes.into()))])
    });
    let arrow = trend.map_or("", sign);
    let age = age(latest.at, now, reader);
    View { name: String::new(), freshness, level: Some(level), value: Some(value), arrow, delta, headline, age, notes }
}

const fn sign(trend: TrendArrow) -> &'static str {
    match trend {
        TrendArrow::DoubleUp => "⇈",
        TrendArrow::SingleUp => "↑",
        TrendArrow::FortyFiveUp => "↗",
        TrendArrow::Flat => "→",
        TrendArrow::FortyFiveDown => "↘",
        TrendArrow::SingleDown => "↓",
        TrendArrow::DoubleDown => "⇊",
        TrendArrow::NotComputable => "",
    }
}

fn tenths(mg_dl: f64) -> MgDl {
    MgDl::from_tenths((mg_dl * 10.0).round().clamp(0.0, 65_535.0) as u16)
}

/// A number in the reader's unit, as the screen shows it.
pub(crate) fn number(mg_dl: f64, unit: Unit) -> String {
    match unit {
        Unit::MgDl => tenths(mg_dl).rounded().to_string(),
        Unit::MmolL => format!("{:.1}", f64::from(tenths(mg_dl).mmol_l_tenths()) / 10.0),
    }
}

fn change(mg_dl: f64, unit: Unit) -> String {
    let sign = if mg_dl < 0.0 { "−" } else { "+" };
    match number(mg_dl.abs(), unit) {
        zero if zero == "0" || zero == "0.0" => format!("±{zero}"),
        number => format!("{sign}{number}"),
    }
}

fn value(reading: &Reading, reader: &Reader) -> String {
    let word = |key, edge| reader.words.say(key, &[("value", Gap::Text(&number(edge, reader.unit)))]);
    match (reading.mg_dl, reading.range) {
        (_, Some(Range::Below)) => word("below-range", SENSOR_FLOOR_MG_DL),
        (_, Some(Range::Above)) => word("above-range", SENSOR_CEILING_MG_DL),
        (Some(mg_dl), None) => number(mg_dl, reader.unit),
        (None, None) => "–".to_owned(),
    }
}

/// The level in the unit that the reader sees, after its one rounding: the number on the screen is the number that counts.
fn level(reading: &Reading, unit: Unit) -> Level {
    let mg_dl = match (reading.mg_dl, reading.range) {
        (_, Some(Range::Below)) => return Level::UrgentLow,
        (_, Some(Range::Above)) => return Level::VeryHigh,
        (mg_dl, None) => tenths(mg_dl.unwrap_or_default()),
    };
    let (shown, [urgent_low, low, high, very_high]) = match unit {
        Unit::MgDl => (mg_dl.rounded(), [55, 70, 180, 250]),
        Unit::MmolL => (mg_dl.mmol_l_tenths(), [31, 39, 100, 139]),
    };
    match shown {
        shown if shown <= urgent_low => Level::UrgentLow,
        shown if shown < low => Level::Low,
        shown if shown > very_high => Level::VeryHigh,
        shown if shown > high => Level::High,
        _ => Level::InRange,
    }
}

pub(crate) fn clock(at: i64, reader: &Reader) -> String {
    let moment = jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(reader.zone.clone());
    moment.strftime("%H:%M").to_string()
}

fn day(at: i64, now: i64, reader: &Reader) -> String {
    let moment = jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(reader.zone.clone());
    let weekday = reader.words.is_english() && now - at < 6 * DAY_MS;
    moment.strftime(if weekday { "%A" } else { "%Y-%m-%d" }).to_string()
}

fn age(at: i64, now: i64, reader: &Reader) -> String {
    let age = (now - at).max(0);
    match age {
        age if age < MINUTE_MS => reader.words.say("age-now", &[]),
        age if age < HOUR_MS => reader.words.say("age-minutes", &[("minutes", Gap::Number(age / MINUTE_MS))]),
        age if age <= DAY_MS => {
            let time = clock(at, reader);
            let (hours, minutes) = (age / HOUR_MS, age % HOUR_MS / MINUTE_MS);
            let gaps = [("time", Gap::Text(&time)), ("hours", Gap::Number(hours)), ("minutes", Gap::Number(minutes))];
            reader.words.say("age-hours", &gaps)
        }
        _ => day(at, now, reader),
    }
}

fn old_sentence(at: i64, now: i64, reader: &Reader) -> String {
    let minutes = (now - at) / MINUTE_MS;
    if minutes < 60 {
        reader.words.say("stale-minutes", &[("minutes", Gap::Number(minutes))])
    } else {
        reader.words.say("stale-since", &[("since", Gap::Text(&age(at, now, reader)))])
    }
}

fn was_sentence(latest: &Reading, level: Level, value: &str, reader: &Reader) -> String {
    let time = clock(latest.at, reader);
    let gaps = [("value", Gap::Text(value)), ("time", Gap::Text(&time))];
    if level == Level::InRange {
        return reader.words.say("was", &gaps);
    }
    let level = reader.words.say("was-level", &[("level", Gap::Text(level.key()))]);
    reader.words.say("was-out", &[gaps[0], gaps[1], ("level", Gap::Text(&level))])
}

fn disagreement(glance: &Glance, reader: &Reader) -> Option<String> {
    let said = &glance.disagreement.as_ref()?.mg_dl;
    let low = number(said.iter().copied().reduce(f64::min)?, reader.unit);
    let high = number(said.iter().copied().reduce(f64::max)?, reader.unit);
    let gaps = [("low", Gap::Text(&low)), ("high", Gap::Text(&high)), ("unit", Gap::Text(reader.unit.as_str()))];
    Some(reader.words.say("disagree", &gaps))
}

/// The first broken link between the sensor and the server, with its next step.
fn cause(glance: &Glance, now: i64, reader: &Reader) -> Option<String> {
    let source = glance.sources.iter().find(|source| source.shown).or_else(|| glance.sources.first())?;
    let words = &reader.words;
    let name = phone_name(glance, source, words);
    // A reading that is here came from somewhere: its source was in touch, whatever else was told.
    let sent = glance.latest.as_ref().filter(|latest| source.shown && latest.source.is_none()).map(|latest| latest.at);
    let contact = source.last_contact.max(source.last_reading).max(sent)?;
    let silent = now - contact;
    if silent > source.late_ms {
        let since = if now - contact > DAY_MS { day(contact, now, reader) } else { clock(contact, reader) };
        return Some(words.say("phone-broken", &[("name", Gap::Text(&name)), ("since", Gap::Text(&since))]));
    }
    let newest = glance.latest.as_ref().map_or(0, |latest| latest.at);
    let refused = source.refused.as_ref().filter(|refused| refused.at > newest).map(|refused| refused.reason.as_str());
    match refused {
        Some("sensor_code") if now - newest > glance.late_ms => Some(words.say("sensor-fault", &[])),
        Some("sensor_code") => None,
        Some("time_in_future") => Some(words.say("phone-clock", &[("name", Gap::Text(&name))])),
        Some(_) => Some(words.say("phone-refused", &[("name", Gap::Text(&name))])),
        // In touch at a moment when the next reading was overdue: the phone had none to give.
        None if now - newest > glance.late_ms && contact - newest > glance.fresh_ms && newest > 0 => {
            Some(words.say("sensor-broken", &[]))
        }
        None => None,
    }
}

/// A source that still has its protocol's own name was not named by anybody; then it is her phone.
fn phone_name(glance: &Glance, source: &Source, words: &Words) -> String {
    let named = source.name.trim();
    if ["", "share", "dexcom share", "nightscout", "api", "import"].contains(&named.to_lowercase().as_str()) {
        words.say("link-phone", &[("name", Gap::Text(&glance.person.name))])
    } else {
        named.to_owned()
    }
}

fn check(glance: &Glance, now: i64, reader: &Reader) -> Option<String> {
    let check =
        glance.meter_checks.iter().max_by_key(|check| check.at).filter(|check| now - check.at <= CHECK_SHOWN_MS)?;
    let value = format!("{} {}", number(check.mg_dl, reader.unit), reader.unit);
    let when = age(check.at, now, reader);
    let gaps = [("value", Gap::Text(&value)), ("by", Gap::Text(&check.by)), ("when", Gap::Text(&when))];
    Some(reader.words.say("check-line", &gaps))
}

#[cfg(test)]
mod tests;
