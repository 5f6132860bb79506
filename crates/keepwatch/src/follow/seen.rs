//! What this terminal has been told so far: everyone followed, kept up to date by the events of the stream. Pure; no clock.

use keepwatch_edge::protocols::native::client::Event;
use keepwatch_edge::protocols::native::wire::{Glance, LiveContact, LiveEntry, LiveEntryKind, Now, Reading};
use keepwatch_model::glucose::Unit;
use keepwatch_model::time::DAY_MS;

/// Everyone followed, as last told.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The unit of whoever looks.
    pub(crate) unit: Unit,
    /// Whom they see.
    pub(crate) people: Vec<Glance>,
}

impl Seen {
    /// What is known before the server has said anything.
    pub(crate) const fn nothing() -> Self {
        Self { unit: Unit::MgDl, people: Vec::new() }
    }

    /// Takes an event in; the server's time, where the event tells it.
    pub(crate) fn take(&mut self, event: Event) -> Option<i64> {
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
            Event::Entry(entry) => self.entry(*entry),
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
            let known = before.iter_mut().find(|known| known.person.id == glance.person.id);
            if let (None, Some(known)) = (&glance.readings, known) {
                glance.readings = known.readings.take();
            }
        }
    }

    fn person(&mut self, id: &str) -> Option<&mut Glance> {
        self.people.iter_mut().find(|glance| glance.person.id == id)
    }

    fn entry(&mut self, entry: LiveEntry) {
        let Some(glance) = self.person(&entry.person) else { return };
        let readings = glance.readings.get_or_insert_default();
        match (entry.kind, entry.reading) {
            (LiveEntryKind::Taken | LiveEntryKind::Corrected, Some(reading)) => put(readings, reading),
            (LiveEntryKind::Withdrawn, Some(reading)) => readings.retain(|known| known.at != reading.at),
            _ => {}
        }
        glance.meter_checks.extend(entry.meter_check);
        if entry.kind != LiveEntryKind::Meter {
            glance.latest = entry.latest;
            glance.delta = entry.delta;
        }
    }

    fn contact(&mut self, contact: LiveContact) {
        let Some(glance) = self.person(&contact.person) else { return };
        match glance.sources.iter_mut().find(|source| source.id == contact.source.id) {
            Some(source) => *source = contact.source,
            None => glance.sources.push(contact.source),
        }
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
        assert_eq!(seen.take(now(false, &[person("p_1", "Ada"), person("p_2", "Ben")])), Some(5));
        seen.take(now(true, &[person("p_2", "Benny")]));
        let names: Vec<&str> = seen.people.iter().map(|glance| glance.person.name.as_str()).collect();
        assert_eq!(names, ["Ada", "Benny"]);
        assert_eq!(seen.unit, Unit::MmolL);
    }

    #[test]
    fn entries_are_put_in_order_corrected_and_withdrawn() {
        let mut seen = Seen::nothing();
        seen.take(now(false, &[person("p_1", "Ada")]));
        let taken = r#"{"person":"p_1","kind":"taken","reading":{"at":900,"mg_dl":90},"latest":{"at":1000,"mg_dl":100},"delta":null}"#;
        assert_eq!(seen.take(event("entry", taken)), None);
        let corrected = taken.replace("taken", "corrected").replace("\"mg_dl\":90", "\"mg_dl\":91");
        seen.take(event("entry", &corrected));
        let values = |seen: &Seen| -> Vec<Option<f64>> {
            seen.people[0].readings.iter().flatten().map(|reading| reading.mg_dl).collect()
        };
        assert_eq!(values(&seen), [Some(91.0), Some(100.0)]);
        seen.take(event("entry", &taken.replace("taken", "withdrawn")));
        assert_eq!(values(&seen), [Some(100.0)]);
    }

    #[test]
    fn who_is_not_followed_any_more_is_forgotten_at_once() {
        let mut seen = Seen::nothing();
        seen.take(now(false, &[person("p_1", "Ada")]));
        seen.take(event("ended", r#"{"person":"p_1"}"#));
        assert!(seen.people.is_empty());
    }
}
