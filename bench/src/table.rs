//! The figures, their targets, and how they are told: a table for people, lines of JSON for programs. It measures nothing.

use serde::{Deserialize, Serialize};

/// What a figure has to reach.
#[derive(Clone, Copy, Debug)]
enum Target {
    /// Ours over the limit is at least this.
    RatioAtLeast(f64),
    /// Ours over the limit is at most this.
    RatioAtMost(f64),
    /// Ours is at most this.
    AtMost(f64),
    /// It is told to explain another figure.
    None,
}

/// Every figure: its name, its unit, its target, and beside what it stands.
const FIGURES: &[(&str, &str, Target, &str)] = &[
    ("store_32", "readings/s", Target::RatioAtLeast(0.6), "plain file and fdatasync, 32 a commit"),
    ("store_256", "readings/s", Target::RatioAtLeast(0.6), "plain file and fdatasync, 256 a commit"),
    ("ingest_native", "posts/s", Target::RatioAtLeast(0.6), "axum that parses and drops, 256 connections"),
    ("ingest_native_cpu", "us/post", Target::None, "the same, processor time of the server"),
    ("ingest_share", "posts/s", Target::RatioAtLeast(0.6), "axum that parses and drops, 256 connections"),
    ("ingest_share_cpu", "us/post", Target::None, "the same, processor time of the server"),
    ("read_latest", "answers/s", Target::RatioAtLeast(0.8), "axum with a fixed body of that size, 64 connections"),
    ("read_latest_cpu", "us/answer", Target::None, "the same, processor time of the server"),
    ("read_288", "answers/s", Target::RatioAtLeast(0.5), "axum with a fixed body of that size, 64 connections"),
    ("read_288_cpu", "us/answer", Target::None, "the same, processor time of the server"),
    ("push", "events/s", Target::RatioAtLeast(0.8), "bare hyper broadcast to as many streams"),
    ("push_cpu", "us/event", Target::None, "the same, processor time of the server"),
    ("push_memory", "bytes/stream", Target::RatioAtMost(1.3), "bare hyper"),
    ("window", "bytes/reading", Target::RatioAtMost(1.4), "5 bytes"),
    ("window_and_rows", "bytes/reading", Target::None, "5 bytes; with names, follows and credentials"),
    ("written_64", "bytes/reading", Target::RatioAtMost(4.0), "plain file, 64 a commit; folding included"),
    ("written_256", "bytes/reading", Target::RatioAtMost(4.0), "plain file, 256 a commit; folding included"),
    ("day_physiocgm", "bytes/day", Target::AtMost(500.0), "a finished day of real readings"),
    ("day_azt1d", "bytes/day", Target::AtMost(500.0), "a finished day of real readings"),
    ("day_and_entries", "bytes/day", Target::None, "the same with the entries that are kept beside the block"),
    ("family_memory", "MB", Target::AtMost(25.0), "one person with 24 h, one open stream"),
    ("family_start", "ms", Target::AtMost(200.0), "from start to the first answer"),
    ("family_binary", "MB", Target::AtMost(20.0), "the stripped release binary"),
    ("slow_disk_p50", "ms", Target::None, "acknowledgement, 2,000 people, each commit 20 ms"),
    ("slow_disk_p99", "ms", Target::AtMost(200.0), "acknowledgement, 2,000 people, each commit 20 ms"),
    ("slow_disk_folding", "ms", Target::AtMost(200.0), "the same p99 in the one round in which yesterday is folded"),
];

/// What was measured, round by round.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Measured {
    pub(crate) what: String,
    pub(crate) ours: Vec<f64>,
    pub(crate) limit: Vec<f64>,
}

impl Measured {
    /// A figure that begins without a round.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ours: Vec::new(), limit: Vec::new() }
    }

    /// One more round.
    pub(crate) fn add(&mut self, ours: f64, limit: f64) {
        self.ours.push(ours);
        self.limit.push(limit);
    }
}

/// A line of the table.
#[derive(Clone, Debug, Serialize)]
struct Line {
    what: String,
    unit: &'static str,
    ours: f64,
    limit: Option<f64>,
    ratio: Option<f64>,
    target: Option<String>,
    reached: Option<bool>,
    min: f64,
    max: f64,
    rounds: usize,
    #[serde(skip)]
    beside: &'static str,
}

/// The middle of what was measured; of an even number the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NAN,
        (count, middle) if count % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        (_, middle) => sorted[middle],
    }
}

fn line(measured: &Measured) -> Line {
    let known = FIGURES.iter().find(|(name, ..)| *name == measured.what);
    let (_, unit, target, beside) = known.copied().unwrap_or(("", "", Target::None, ""));
    let ours = median(&measured.ours);
    let limit = (!measured.limit.is_empty()).then(|| median(&measured.limit));
    let ratio = limit.map(|limit| ours / limit);
    let (target, reached) = match target {
        Target::RatioAtLeast(least) => (Some(format!("x >= {least}")), ratio.map(|ratio| ratio >= least)),
        Target::RatioAtMost(most) => (Some(format!("x <= {most}")), ratio.map(|ratio| ratio <= most)),
        Target::AtMost(most) => (Some(format!("<= {most}")), Some(ours <= most)),
        Target::None => (None, None),
    };
    Line {
        what: measured.what.clone(),
        unit,
        ours,
        limit,
        ratio,
        target,
        reached,
        min: measured.ours.iter().copied().fold(f64::INFINITY, f64::min),
        max: measured.ours.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        rounds: measured.ours.len(),
        beside,
    }
}

/// A number with as many digits as mean something.
fn shown(number: f64) -> String {
    match number.abs() {
        size if size >= 1_000.0 => {
            let digits = format!("{number:.0}");
            let mut grouped = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            grouped
        }
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// The head of the table.
pub(crate) fn head() -> String {
    let columns =
        row(["what", "unit", "ours", "limit", "ratio", "target", "reached", "min", "max", "rounds", "beside"]);
    format!("{columns}\n|---|---|--:|--:|--:|---|---|--:|--:|--:|---|")
}

fn row(cells: [&str; 11]) -> String {
    let [what, unit, ours, limit, ratio, target, reached, min, max, rounds, beside] = cells;
    format!(
        "| {what:<17} | {unit:<13} | {ours:>9} | {limit:>9} | {ratio:>5} | {target:<8} | {reached:<7} | {min:>9} | {max:>9} | {rounds:>6} | {beside} |"
    )
}

/// One figure as a line of the table, or of JSON.
pub(crate) fn told(measured: &Measured, as_json: bool) -> String {
    let line = line(measured);
    if as_json {
        return serde_json::to_string(&line).expect("numbers and words can be written");
    }
    let or_dash = |number: Option<f64>| number.map_or("-".to_owned(), shown);
    let reached = match line.reached {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "-",
    };
    row([
        &line.what,
        line.unit,
        &shown(line.ours),
        &or_dash(line.limit),
        &or_dash(line.ratio),
        line.target.as_deref().unwrap_or("-"),
        reached,
        &shown(line.min),
        &shown(line.max),
        &line.rounds.to_string(),
        line.beside,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(what: &str, ours: &[f64], limit: &[f64]) -> Measured {
        Measured { what: what.to_owned(), ours: ours.to_vec(), limit: limit.to_vec() }
    }

    #[test]
    fn the_ratio_is_that_of_the_medians() {
        let line = line(&measured("push", &[70.0, 90.0, 80.0], &[100.0, 1_000.0, 90.0]));
        assert_eq!((line.ours, line.limit, line.ratio), (80.0, Some(100.0), Some(0.8)));
        assert_eq!((line.min, line.max, line.rounds, line.reached), (70.0, 90.0, 3, Some(true)));
    }

    #[test]
    fn what_may_be_at_most_so_much_is_not_reached_beyond() {
        assert_eq!(line(&measured("push_memory", &[131.0], &[100.0])).reached, Some(false));
        assert_eq!(line(&measured("family_start", &[200.0], &[])).reached, Some(true));
        assert_eq!(line(&measured("push_cpu", &[1.0], &[1.0])).reached, None);
    }

    #[test]
    fn big_numbers_are_grouped() {
        assert_eq!(shown(1_234_567.0), "1,234,567");
        assert_eq!(shown(0.834), "0.83");
        assert_eq!(shown(123.4), "123");
    }

    #[test]
    fn json_has_every_field() {
        let text = told(&measured("store_32", &[6.0], &[10.0]), true);
        for field in ["what", "unit", "ours", "limit", "ratio", "target", "reached", "min", "max", "rounds"] {
            assert!(text.contains(&format!("\"{field}\":")), "{text}");
        }
    }
}
