//! What this terminal has been told so far: everyone followed, kept up to date by the events of the stream. Pure; no clock.

use keepwatch_edge::protocols::native::client::Event;
use keepwatch_edge::protocols::native::wire::{Glance, LiveContact, LiveEntry, LiveEntryKind, Now, Reading, Source};
use keepwatch_model::glucose::Unit;
use keepwatch_model::time::DAY_MS;

/// Everyone followed, as last told.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The unit of whoever looks.
    pub(crate) unit: Unit,
    /// Whom they see.
    pub(crate) people: Vec<Glance>,
    /// Somebody was spoken of whose readings are not here.
    incomplete: bool,
}

impl Seen {
    /// What is known before the server has said anything.
    pub(crate) const fn nothing() -> Self {
        Self { unit: Unit::MgDl, people: Vec::new(), incomplete: false }
    }

    /// Whether the state of everyone must be asked for anew; asking it again, before it has come, says no.
    pub(crate) const fn must_ask_anew(&mut self) -> bool {
        std::mem::replace(&mut self.incomplete, false)
    }

    /// Takes an event in; `now` is the server's time as far as it is known. Returns it where the event tells it.
    pub(crate) fn take(&mut self, event: Event, now: Option<i64>) -> Option<i64> {
        match event {
            Event::Now(now) => {
                let time = now.time;
                self.now(*now);
                return Some(time);
            }
            Event::People(now) => {
                let time = now.time;
                self.people_changed(*now);
                return Some(time);
            }
            Event::Beat(beat) => return Some(beat.time),
            Event::Entry(entry) => self.entry(*entry, now),
            Event::Contact(contact) => self.contact(*contact),
            Event::Ended(ended) => self.people.retain(|glance| glance.person.id != ended.person),
        }
        None
    }

    /// Takes in the state of everyone, or of those who changed.
    pub(crate) fn now(&mut self, now: Now) {
        self.unit = now.viewer.unit.into();
        if !now.partial {
            self.people = now.people;
            self.incomplete = false;
            return;
        }
        for glance in now.people {
            match self.person(&glance.person.id) {
                Some(known) => *known = glance,
                None => self.people.push(glance),
            }
        }
    }

    /// Names and follows changed; the readings of those who stay are still good.
    fn people_changed(&mut self, now: Now) {
        self.unit = now.viewer.unit.into();
        let mut before = std::mem::take(&mut self.people);
        self.people = now.people;
        for glance in &mut self.people {
            match before.iter_mut().find(|known| known.person.id == glance.person.id) {
                Some(known) if glance.readings.is_none() => glance.readings = known.readings.take(),
                Some(_) => {}
                None => self.incomplete = true,
            }
        }
    }

    fn person(&mut self, id: &str) -> Option<&mut Glance> {
        self.people.iter_mut().find(|glance| glance.person.id == id)
    }

    fn entry(&mut self, entry: LiveEntry, now: Option<i64>) {
        let Some(glance) = self.person(&entry.person) else {
            self.incomplete = true;
            return;
        };
        (glance.interval_ms, glance.fresh_ms, glance.late_ms) = (entry.interval_ms, entry.fresh_ms, entry.late_ms);
        glance.disagreement = entry.disagreement;
        // The line so far is another source's: only the server can draw this one's.
        let is_other = entry.shown.is_some_and(|shown| show(&mut glance.sources, &shown));
        if is_other {
            glance.readings = None;
        }
        // A reading names its source only where that one is not shown.
        let of_shown = entry.reading.as_ref().is_some_and(|reading| reading.source.is_none());
        if let (LiveEntryKind::Taken | LiveEntryKind::Corrected, Some(reading)) = (entry.kind, &entry.reading) {
            in_touch(&mut glance.sources, reading, now);
        }
        let readings = glance.readings.get_or_insert_default();
        match (entry.kind, entry.reading) {
            (LiveEntryKind::Taken | LiveEntryKind::Corrected, Some(reading)) if of_shown => put(readings, reading),
            (LiveEntryKind::Withdrawn, Some(reading)) if of_shown => readings.retain(|known| known.at != reading.at),
            _ => {}
        }
        glance.meter_checks.extend(entry.meter_check);
        if entry.kind != LiveEntryKind::Meter {
            glance.latest = entry.latest;
            glance.delta = entry.delta;
        }
        self.incomplete |= is_other;
    }

    fn contact(&mut self, contact: LiveContact) {
        let Some(glance) = self.person(&contact.person) else {
            self.incomplete = true;
            return;
        };
        match glance.sources.iter_mut().find(|source| source.id == contact.source.id) {
            Some(source) => *source = contact.source,
            None => glance.sources.push(contact.source),
        }
    }
}

/// Marks the source that is shown from now on; whether it is another one than before, or one that we do not know.
fn show(sources: &mut [Source], id: &str) -> bool {
    let before = sources.iter().any(|source| source.shown && source.id == id);
    sources.iter_mut().for_each(|source| source.shown = source.id == id);
    !before
}

/// Whoever sends a reading is in touch: no event says so besides.
fn in_touch(sources: &mut [Source], reading: &Reading, now: Option<i64>) {
    let is_its = |source: &&mut Source| reading.source.as_ref().map_or(source.shown, |id| *id == source.id);
    if let Some(source) = sources.iter_mut().find(is_its) {
        source.last_contact = source.last_contact.max(Some(now.unwrap_or(reading.at)));
        source.last_reading = source.last_reading.max(Some(reading.at));
    }
}

/// Puts a reading where it belongs in time, and lets go of what is older than a day.
fn put(readings: &mut Vec<Reading>, reading: Reading) {
    let at = readings.partition_point(|known| known.at < reading.at);
    match readings.get_mut(at) {
        Some(known) if known.at == reading.at => *known = reading,
        _ => readings.insert(at, reading),
    }
    let newest = readings.last().map_or(0, |reading| reading.at);
    readings.retain(|reading| newest - reading.at <= DAY_MS);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, text: &str) -> Event {
        Event::read(name, text).expect("well formed").expect("known")
    }

    fn person(id: &str, name: &str) -> String {
        format!(
            r#"{{"person":{{"id":"{id}","name":"{name}","unit":"mg/dL","time_zone":"UTC","demo":false}},
            "latest":{{"at":1000,"mg_dl":100}},"delta":null,"interval_ms":300000,"fresh_ms":360000,"late_ms":720000,
            "readings":[{{"at":1000,"mg_dl":100}}],"meter_checks":[],"sources":[],"disagreement":null}}"#
        )
    }

    fn now(partial: bool, people: &[String]) -> Event {
        let people = people.join(",");
        let text = format!(
            r#"{{"time":5,"cursor":"c","partial":{partial},"viewer":{{"name":"M","unit":"mmol/L"}},"people":[{people}]}}"#
        );
        event("now", &text)
    }

    #[test]
    fn a_partial_state_replaces_only_those_it_names() {
        let mut seen = Seen::nothing();
        assert_eq!(seen.take(now(false, &[person("p_1", "Ada"), person("p_2", "Ben")]), None), Some(5));
        seen.take(now(true, &[person("p_2", "Benny")]), None);
        let names: Vec<&str> = seen.people.iter().map(|glance| glance.person.name.as_str()).collect();
        assert_eq!(names, ["Ada", "Benny"]);
        assert_eq!(seen.unit, Unit::MmolL);
    }

    #[test]
    fn entries_are_put_in_order_corrected_and_withdrawn() {
        let mut seen = Seen::nothing();
        seen.take(now(false, &[person("p_1", "Ada")]), None);
        let taken = r#"{"person":"p_1","kind":"taken","reading":{"at":900,"mg_dl":90},"latest":{"at":1000,"mg_dl":100},"delta":null,"interval_ms":300000,"fresh_ms":360000,"late_ms":720000}"#;
        assert_eq!(seen.take(event("entry", taken), None), None);
        let corrected = taken.replace("taken", "corrected").replace("\"mg_dl\":90", "\"mg_dl\":91");
        seen.take(event("entry", &corrected), None);
        let values = |seen: &Seen| -> Vec<Option<f64>> {
            seen.people[0].readings.iter().flatten().map(|reading| reading.mg_dl).collect()
        };
        assert_eq!(values(&seen), [Some(91.0), Some(100.0)]);
        seen.take(event("entry", &taken.replace("taken", "withdrawn")), None);
        assert_eq!(values(&seen), [Some(100.0)]);
    }

    #[test]
    fn who_is_not_followed_any_more_is_forgotten_at_once() {
        let mut seen = Seen::nothing();
        seen.take(now(false, &[person("p_1", "Ada")]), None);
        seen.take(event("ended", r#"{"person":"p_1"}"#), None);
        assert!(seen.people.is_empty());
    }

    fn source(id: &str, shown: bool) -> String {
        format!(
            r#"{{"id":"{id}","name":"Share","kind":"share","interval_ms":300000,"fresh_ms":360000,"late_ms":720000,
            "last_contact":1000,"last_reading":1000,"refused":null,"shown":{shown}}}"#
        )
    }

    fn with_two_sources() -> Seen {
        let sources = format!(r#""sources":[{},{}]"#, source("s_1", true), source("s_2", false));
        let mut seen = Seen::nothing();
        seen.take(now(false, &[person("p_1", "Ada").replace("\"sources\":[]", &sources)]), None);
        seen
    }

    fn entry(at: i64, members: &str) -> Event {
        let latest = r#"{"at":1000,"mg_dl":100}"#;
        // Members that begin with the brace belong to the entry, not to its reading.
        let close = if members.starts_with('}') { "" } else { "}" };
        event(
            "entry",
            &format!(
                r#"{{"person":"p_1","kind":"taken","reading":{{"at":{at},"mg_dl":90{members}{close},"latest":{latest},"delta":null,
                "interval_ms":60000,"fresh_ms":120000,"late_ms":300000}}"#
            ),
        )
    }

    #[test]
    fn whoever_sends_a_reading_is_in_touch() {
        let mut seen = with_two_sources();
        seen.take(entry(2_000, ""), Some(2_500));
        seen.take(entry(3_000, r#","source":"s_2""#), Some(3_500));
        let touched: Vec<_> = seen.people[0].sources.iter().map(|s| (s.last_contact, s.last_reading)).collect();
        assert_eq!(touched, [(Some(2_500), Some(2_000)), (Some(3_500), Some(3_000))]);
    }

    #[test]
    fn readings_of_a_source_that_is_not_shown_stay_out_of_the_line() {
        let mut seen = with_two_sources();
        seen.take(entry(3_000, r#","source":"s_2""#), Some(3_500));
        let drawn: Vec<i64> = seen.people[0].readings.iter().flatten().map(|reading| reading.at).collect();
        assert_eq!(drawn, [1_000]);
    }

    #[test]
    fn the_source_that_is_shown_and_its_patience_are_taken_from_each_entry() {
        let mut seen = with_two_sources();
        seen.take(entry(2_000, r#"},"shown":"s_1","disagreement":{"sources":["s_1","s_2"],"mg_dl":[100,140]}"#), None);
        let glance = &seen.people[0];
        assert_eq!((glance.interval_ms, glance.fresh_ms, glance.late_ms), (60_000, 120_000, 300_000));
        assert!(glance.disagreement.is_some());
        assert!(!seen.must_ask_anew(), "the same source");
        seen.take(entry(3_000, r#"},"shown":"s_2""#), Some(3_500));
        assert_eq!(seen.people[0].sources.iter().map(|s| s.shown).collect::<Vec<_>>(), [false, true]);
        assert_eq!(seen.people[0].sources[1].last_contact, Some(3_500));
        assert_eq!(seen.people[0].readings.iter().flatten().count(), 1, "nothing of the other source is left");
        assert!(seen.must_ask_anew(), "the line of the other source is to be had from the server");
    }

    #[test]
    fn who_is_not_listed_is_gone_and_for_who_is_new_everyone_is_asked_for() {
        let mut seen = Seen::nothing();
        seen.take(now(false, &[person("p_1", "Ada")]), None);
        assert!(!seen.must_ask_anew());
        let bare = person("p_2", "Ben").replace(r#""readings":[{"at":1000,"mg_dl":100}],"#, "");
        seen.take(
            event(
                "people",
                &format!(r#"{{"time":6,"cursor":"c","viewer":{{"name":"M","unit":"mg/dL"}},"people":[{bare}]}}"#),
            ),
            None,
        );
        assert_eq!(seen.people.iter().map(|glance| glance.person.id.as_str()).collect::<Vec<_>>(), ["p_2"]);
        assert!(seen.must_ask_anew() && !seen.must_ask_anew(), "once");
        seen.take(entry(2_000, ""), None);
        assert!(seen.must_ask_anew(), "news of somebody unknown");
    }
}
