//! Simulated nights: a whole service, people who do not exist, a store with faults, a clock that jumps hours in
//! milliseconds. After every step the promises are checked. A seed and a commit reproduce any night.

mod house;

use house::{House, NOW, by, draft};
use keepwatch_journal::faulty::{Fault, Faults, faulty};
use keepwatch_journal::sqlite::Store;
use keepwatch_model::glucose::{Reported, SensorGlucose};
use keepwatch_model::reading::Draft;
use keepwatch_model::source::Protocol;
use keepwatch_model::time::{HOUR_MS, MINUTE_MS, Timestamp};
use keepwatch_service::clock::{Chance, SeededChance};
use keepwatch_service::readings::Which;
use keepwatch_simulator::{Sample, Scenario, Simulated};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Nights in the ordinary test run; `KEEPWATCH_NIGHTS` asks for more.
const NIGHTS: u64 = 12;
/// How long a night is: long enough to cross midnight and to fold a day.
const NIGHT_MS: i64 = 30 * HOUR_MS;

struct Night {
    house: House,
    faults: Faults,
    chance: SeededChance,
    waiting: Vec<Sample>,
    acknowledged: BTreeMap<Timestamp, SensorGlucose>,
    seen: BTreeMap<Timestamp, SensorGlucose>,
}

impl Night {
    fn one_in(&self, count: u64) -> bool {
        self.chance.number().is_multiple_of(count)
    }

    fn weather(&self) {
        if self.one_in(12) {
            let faults = [Fault::Full, Fault::ReadOnly, Fault::Torn, Fault::Dead];
            self.faults.fail(faults[(self.chance.number() % 4) as usize]);
        } else if self.one_in(4) {
            self.faults.heal();
        }
    }

    /// The phone sends what waits; what is not acknowledged waits on, some is sent twice all the same.
    async fn upload(&mut self) {
        let drafts = self.waiting.iter().map(|sample| Ok(sample.draft())).collect();
        let origin = by(Protocol::Share, "");
        let result = self.house.service.intake.accept(&self.house.publish(), origin, drafts).await;
        self.seen.extend(self.waiting.iter().map(|sample| (sample.measured_at, sample.glucose)));
        if result.is_ok() {
            self.acknowledged.extend(self.waiting.iter().map(|sample| (sample.measured_at, sample.glucose)));
            if !self.one_in(5) {
                self.waiting.clear();
            }
        }
    }

    /// P1: what was acknowledged is in the records. P2: what followers see is in order, and nothing newer is hidden.
    fn check(&self, now: Timestamp, seed: u64) {
        let from = now.plus_ms(-24 * HOUR_MS);
        let shown = self.house.service.readings.recent(&self.house.see(), from, now.plus_ms(1), Which::Shown);
        assert!(shown.windows(2).all(|pair| pair[0].place < pair[1].place), "seed {seed}: in order, each once");
        let shown: BTreeMap<_, _> = shown.iter().map(|r| (r.place, r.glucose)).collect();
        let expected: BTreeMap<_, _> = self.seen.range(from..).map(|(at, glucose)| (*at, *glucose)).collect();
        assert_eq!(shown, expected, "seed {seed}: followers see what arrived");
        let newest = self.house.service.readings.latest(&self.house.see()).reading.map(|r| r.place);
        assert_eq!(newest, self.seen.last_key_value().map(|(at, _)| *at), "seed {seed}: the newest is the newest");
    }

    fn audit(&self, seed: u64) {
        self.faults.heal();
        let stretch =
            self.house.records.stretch(self.house.person.id, NOW.plus_ms(-NIGHT_MS), NOW.plus_ms(2 * NIGHT_MS));
        let kept: Vec<_> = stretch.expect("it can be read").readings.iter().map(|r| (r.place, r.glucose)).collect();
        let unique: BTreeMap<_, _> = kept.iter().copied().collect();
        assert_eq!(unique.len(), kept.len(), "seed {seed}: no reading is kept twice");
        for (at, glucose) in &self.acknowledged {
            assert_eq!(unique.get(at), Some(glucose), "seed {seed}: an acknowledged reading is kept");
        }
    }
}

async fn live_through(seed: u64) {
    let (journal, records) = Store::in_memory().expect("memory is there");
    let (journal, records, faults) = faulty(Box::new(journal), Arc::new(records), |_| {});
    let house = House::on(Box::new(journal), Arc::new(records)).await;
    let mut person = Simulated::new(Scenario::Night, seed, NOW);
    let chance = SeededChance::new(seed);
    let mut night =
        Night { house, faults, chance, waiting: Vec::new(), acknowledged: BTreeMap::new(), seen: BTreeMap::new() };
    let mut now = NOW;
    while now < NOW.plus_ms(NIGHT_MS) {
        now = now.plus_ms(5 * MINUTE_MS);
        night.house.clock.set(now);
        night.waiting.extend(person.readings_until(now));
        night.weather();
        if !night.waiting.is_empty() && !night.one_in(6) {
            night.upload().await;
        }
        night.check(now, seed);
    }
    night.audit(seed);
    night.house.service.stop().await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_seen_is_hidden_in_any_night() {
    #[allow(clippy::disallowed_methods, reason = "a developer may ask for more nights")]
    let nights = std::env::var("KEEPWATCH_NIGHTS").ok().and_then(|text| text.parse().ok()).unwrap_or(NIGHTS);
    for seed in 0..nights {
        live_through(seed).await;
    }
}

/// The demo's words stay true: a reading that is below range is a word all the way.
#[tokio::test]
async fn below_range_is_a_word_from_the_door_to_the_glance() {
    let house = House::new().await;
    let below = Draft { reported: Reported::BelowRange, ..draft(NOW, 100.0).expect("a draft") };
    house.service.intake.accept(&house.publish(), by(Protocol::Share, ""), vec![Ok(below)]).await.expect("kept");
    let latest = house.service.readings.latest(&house.see());
    assert_eq!(latest.reading.map(|r| r.glucose), Some(SensorGlucose::BelowRange));
    assert_eq!(latest.delta, None);
}
