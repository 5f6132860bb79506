//! A view drawn with the means of a terminal. Nothing is said by colour alone; without colours it says the same.

use super::view::{Freshness, Level, View};
use keepwatch_edge::protocols::native::wire::{Glance, Range};
use keepwatch_model::time::{HOUR_MS, MINUTE_MS};
use std::fmt::Write;

/// How far back the spark line looks.
const SPARK_MS: i64 = 3 * HOUR_MS;
/// One block of the spark line.
const SPARK_STEP_MS: i64 = 5 * MINUTE_MS;
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// What the spark line spans at least, so that a calm hour looks calm.
const SPARK_SPAN_MG_DL: (f64, f64) = (60.0, 200.0);

const BOLD: &str = "1";
const DIM: &str = "2";
/// An old number is struck through and faint.
const OLD: &str = "2;9";
const URGENT: &str = "1;97;41";
const LOW: &str = "1;31";
const HIGH: &str = "1;33";
const REVERSED: &str = "7";

/// Whether the terminal's attributes may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Text alone.
    Plain,
    /// Bold, faint and colours.
    Coloured,
}

impl Ink {
    fn paint(self, attributes: &str, text: &str) -> String {
        match self {
            Self::Coloured if !attributes.is_empty() => format!("\u{1b}[{attributes}m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        }
    }
}

/// The words around the number that do not depend on a person.
pub(crate) struct Labels {
    /// What an old reading is called.
    pub(crate) old: String,
    /// The unit.
    pub(crate) unit: String,
}

/// One person as lines of text.
pub(crate) fn person(view: &View, spark: &str, labels: &Labels, ink: Ink) -> Vec<String> {
    let mut lines = vec![ink.paint(BOLD, &view.name)];
    lines.push(format!("  {}", number_line(view, labels, ink)));
    if !view.headline.is_empty() {
        let attributes = if view.freshness == Freshness::Stale { BOLD } else { "" };
        let age = match view.freshness {
            Freshness::Late => format!(" · {}", ink.paint(BOLD, &view.age)),
            Freshness::Fresh => format!(" · {}", view.age),
            // The sentence of an old reading carries its age already.
            Freshness::Stale | Freshness::Unknown => String::new(),
        };
        lines.push(format!("  {}{age}", ink.paint(attributes, &view.headline)));
    }
    lines.extend(view.notes.iter().map(|note| format!("  {note}")));
    if !spark.trim().is_empty() {
        lines.push(format!("  {}", ink.paint(DIM, spark)));
    }
    lines
}

fn number_line(view: &View, labels: &Labels, ink: Ink) -> String {
    let Some(value) = &view.value else { return "–".to_owned() };
    if view.freshness == Freshness::Stale {
        return format!("{} {}", ink.paint(OLD, value), ink.paint(DIM, &format!("{}, {}", labels.unit, labels.old)));
    }
    let attributes = match view.level {
        Some(Level::UrgentLow) => URGENT,
        Some(Level::Low) => LOW,
        Some(Level::High | Level::VeryHigh) => HIGH,
        Some(Level::InRange) | None => BOLD,
    };
    let padded = if view.level == Some(Level::UrgentLow) { format!(" {value} ") } else { value.clone() };
    let mut line = ink.paint(attributes, &padded);
    if !view.arrow.is_empty() {
        let _ = write!(line, " {}", ink.paint(BOLD, view.arrow));
    }
    let _ = write!(line, " {}", labels.unit);
    if let Some(delta) = &view.delta {
        let _ = write!(line, "   {delta}");
    }
    line
}

/// One person as one line, for programs and logs.
pub(crate) fn one_line(view: &View, labels: &Labels) -> String {
    let mut line = format!("{}: ", view.name);
    if let Some(value) = view.value.as_ref().filter(|_| view.freshness != Freshness::Stale) {
        let _ = write!(line, "{value} {}", labels.unit);
        if !view.arrow.is_empty() {
            let _ = write!(line, " {}", view.arrow);
        }
        let _ = write!(line, ", {}, {}", view.headline, view.age);
    } else {
        line.push_str(&view.headline);
    }
    for note in &view.notes {
        let _ = write!(line, " {note}");
    }
    line
}

/// The last hours as blocks, the newest at the right; where nothing was measured there is a hole.
pub(crate) fn spark(glance: &Glance, now: i64, columns_max: usize) -> String {
    let readings = glance.readings.as_deref().unwrap_or_default();
    let columns = ((SPARK_MS / SPARK_STEP_MS) as usize).min(columns_max);
    let mut values: Vec<Option<f64>> = vec![None; columns];
    for reading in readings {
        let back = now.saturating_sub(reading.at).max(0) / SPARK_STEP_MS;
        if let Some(slot) = columns.checked_sub(1 + back as usize).and_then(|column| values.get_mut(column)) {
            *slot = match reading.range {
                Some(Range::Below) => Some(0.0),
                Some(Range::Above) => Some(f64::MAX),
                None => reading.mg_dl,
            };
        }
    }
    let measured = || values.iter().flatten().copied().filter(|value| *value > 0.0 && *value < f64::MAX);
    let lowest = measured().fold(SPARK_SPAN_MG_DL.0, f64::min);
    let highest = measured().fold(SPARK_SPAN_MG_DL.1, f64::max);
    let block = |value: f64| {
        let share = ((value - lowest) / (highest - lowest)).clamp(0.0, 1.0);
        BLOCKS[((share * 7.0).round() as usize).min(7)]
    };
    values.iter().map(|value| value.map_or(' ', block)).collect()
}

/// A line that says that we cannot see, in letters that cannot be missed.
pub(crate) fn warning(text: &str, ink: Ink) -> String {
    match ink {
        Ink::Plain => format!("!! {text}"),
        Ink::Coloured => ink.paint(REVERSED, &format!(" {text} ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::view::Reader;
    use crate::words::Words;
    use jiff::tz::TimeZone;
    use keepwatch_model::glucose::Unit;

    const NOW: i64 = 1_764_000_000_000;

    fn glance(minutes_ago: i64) -> Glance {
        let at = |minutes: i64| NOW - (minutes_ago + minutes) * MINUTE_MS;
        let text = format!(
            r#"{{"person":{{"id":"p_1","name":"Ada","unit":"mg/dL","time_zone":"UTC","demo":true}},"latest":{{"at":{},"mg_dl":52,"trend":"flat"}},"delta":null,"interval_ms":300000,"meter_checks":[],"sources":[],"disagreement":null,
            "fresh_ms":360000,"late_ms":720000,"readings":[{{"at":{},"range":"above"}},{{"at":{},"mg_dl":60}},{{"at":{},"mg_dl":52}}]}}"#,
            at(0),
            at(20),
            at(5),
            at(0)
        );
        serde_json::from_str(&text).expect("a glance")
    }

    fn drawn(minutes_ago: i64, ink: Ink) -> String {
        let reader = Reader { words: Words::of(None), zone: TimeZone::UTC, unit: Unit::MgDl };
        let glance = glance(minutes_ago);
        let labels = Labels { old: "old".into(), unit: "mg/dL".into() };
        person(&View::of(&glance, NOW, &reader), &spark(&glance, NOW, 36), &labels, ink).join("\n")
    }

    #[test]
    fn without_colours_every_word_is_still_there() {
        let plain = drawn(1, Ink::Plain);
        assert_eq!(plain.lines().next(), Some("Ada (Demo)"));
        for word in ["52", "→", "Urgent low, steady", "1 min ago", "█  ▁▁"] {
            assert!(plain.contains(word), "{word} is missing in {plain}");
        }
        assert!(!plain.contains('\u{1b}'));
        assert!(drawn(1, Ink::Coloured).contains("\u{1b}[1;97;41m 52 "));
    }

    #[test]
    fn an_old_number_is_struck_through_and_called_old() {
        let coloured = drawn(18, Ink::Coloured);
        assert!(coloured.contains("\u{1b}[2;9m52\u{1b}[0m"), "{coloured}");
        let plain = drawn(18, Ink::Plain);
        assert!(plain.contains("52 mg/dL, old"), "{plain}");
        assert!(plain.contains("No new reading for 18 min."));
    }

    #[test]
    fn one_line_says_nothing_of_an_old_number_first() {
        let reader = Reader { words: Words::of(None), zone: TimeZone::UTC, unit: Unit::MgDl };
        let labels = Labels { old: "old".into(), unit: "mg/dL".into() };
        let line = |minutes_ago| one_line(&View::of(&glance(minutes_ago), NOW, &reader), &labels);
        assert_eq!(line(1), "Ada (Demo): 52 mg/dL →, Urgent low, steady, 1 min ago");
        assert_eq!(line(18), "Ada (Demo): No new reading for 18 min. It was urgently low (52) at 15:42.");
    }
}
