//! What a person sees: a glance that is drawn anew every second on a terminal, or a line for each piece of news elsewhere.

use super::draw::{self, Ink, Labels};
use super::seen::Seen;
use super::view::{Freshness, Reader, View};
use crate::config::surroundings;
use crate::output;
use crate::words::{Gap, Words};
use jiff::tz::TimeZone;
use keepwatch_model::glucose::Unit;
use std::collections::HashMap;

/// Columns of the spark line: the last three hours in steps of five minutes.
const SPARK_COLUMNS: usize = 36;
/// The other screen, no cursor, no wrapping: what was there before comes back at the end.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l";
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

/// Where the glance is shown.
pub(crate) struct Screen {
    is_terminal: bool,
    ink: Ink,
    told: HashMap<String, (Option<i64>, Freshness)>,
    warned: Option<String>,
}

/// Who reads, with the language and the zone of this terminal.
#[allow(clippy::disallowed_methods, reason = "the zone of a terminal is the zone of whoever looks at it")]
pub(crate) fn reader(unit: Unit) -> Reader {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(surroundings);
    Reader { words: Words::of(locale.as_deref()), zone: TimeZone::system(), unit }
}

fn labels(reader: &Reader) -> Labels {
    let unit = match reader.unit {
        Unit::MgDl => "mg",
        Unit::MmolL => "mmol",
    };
    Labels {
        old: reader.words.say("old-mark", &[]),
        unit: reader.words.say("unit-short", &[("unit", Gap::Text(unit))]),
    }
}

/// Everyone, each in one line.
pub(crate) fn lines(seen: &Seen, now: i64, reader: &Reader) -> Vec<String> {
    let labels = labels(reader);
    if seen.people.is_empty() {
        return vec![reader.words.say("nobody-title", &[])];
    }
    seen.people.iter().map(|glance| draw::one_line(&View::of(glance, now, reader), &labels)).collect()
}

impl Screen {
    /// The screen of this process.
    pub(crate) fn new() -> Self {
        let is_terminal = output::is_terminal();
        if is_terminal {
            output::write_out(ENTER);
        }
        let is_plain = surroundings("NO_COLOR").is_some() || surroundings("TERM").is_some_and(|term| term == "dumb");
        let ink = if is_plain { Ink::Plain } else { Ink::Coloured };
        Self { is_terminal, ink, told: HashMap::new(), warned: None }
    }

    /// Shows what is known at `now`, under a warning if we cannot see.
    pub(crate) fn show(&mut self, seen: &Seen, now: i64, warning: Option<&str>, reader: &Reader) {
        if self.is_terminal {
            output::write_out(&self.page(seen, now, warning, reader));
        } else {
            self.tell_news(seen, now, warning, reader);
        }
    }

    fn page(&self, seen: &Seen, now: i64, warning: Option<&str>, reader: &Reader) -> String {
        let labels = labels(reader);
        let mut lines = vec![];
        if let Some(warning) = warning {
            lines.extend([draw::warning(warning, self.ink), String::new()]);
        } else if seen.people.is_empty() {
            lines.push(reader.words.say("nobody-title", &[]));
        }
        for glance in &seen.people {
            let spark = draw::spark(glance, now, SPARK_COLUMNS);
            lines.extend(draw::person(&View::of(glance, now, reader), &spark, &labels, self.ink));
            lines.push(String::new());
        }
        let mut page = String::from("\u{1b}[H");
        for line in lines {
            page.push_str(&line);
            page.push_str("\u{1b}[K\r\n");
        }
        page.push_str("\u{1b}[J");
        page
    }

    /// One line for each new reading, for each that has grown old, and for each time that we cannot see.
    fn tell_news(&mut self, seen: &Seen, now: i64, warning: Option<&str>, reader: &Reader) {
        if self.warned.as_deref() != warning {
            self.warned = warning.map(str::to_owned);
            if let Some(warning) = warning {
                output::line(&draw::warning(warning, Ink::Plain));
            }
        }
        if warning.is_some() {
            return;
        }
        let labels = labels(reader);
        for glance in &seen.people {
            let view = View::of(glance, now, reader);
            let at = glance.latest.as_ref().map(|latest| latest.at);
            let before = self.told.insert(glance.person.id.clone(), (at, view.freshness));
            let grown_old = view.freshness == Freshness::Stale
                && before.is_some_and(|(_, freshness)| freshness != Freshness::Stale);
            if before.is_none_or(|(before, _)| before != at) || grown_old {
                output::line(&draw::one_line(&view, &labels));
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.is_terminal {
            output::write_out(LEAVE);
        }
    }
}
