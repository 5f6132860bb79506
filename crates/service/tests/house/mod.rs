//! A whole service on a store in memory, with a clock and chance of the test's own.
#![allow(dead_code, reason = "each test file uses its part")]

use keepwatch_journal::journal::Journal;
use keepwatch_journal::records::Records;
use keepwatch_journal::sqlite::Store;
use keepwatch_model::family::Person;
use keepwatch_model::glucose::{Reported, Unit};
use keepwatch_model::id::PersonId;
use keepwatch_model::reading::{Draft, Refusal};
use keepwatch_model::sharing::{Caller, Permit, Power};
use keepwatch_model::source::Protocol;
use keepwatch_model::time::{MINUTE_MS, Timestamp};
use keepwatch_service::Service;
use keepwatch_service::clock::{SeededChance, TestClock};
use keepwatch_service::intake::Origin;
use keepwatch_service::secret::Key;
use keepwatch_service::service::Parts;
use keepwatch_service::sharing::NewPerson;
use std::sync::Arc;

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

pub(crate) struct House {
    pub(crate) service: Service,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) records: Arc<dyn Records>,
    pub(crate) person: Person,
}

pub(crate) fn start(
    journal: Box<dyn Journal>,
    records: Arc<dyn Records>,
    clock: &Arc<TestClock>,
    seed: u64,
) -> Service {
    let chance = Arc::new(SeededChance::new(seed));
    Service::start(Parts { journal, records, clock: clock.clone(), chance, key: Key::new(&[7; 32]) })
        .expect("it starts")
}

impl House {
    pub(crate) async fn on(journal: Box<dyn Journal>, records: Arc<dyn Records>) -> Self {
        let clock = Arc::new(TestClock::at(NOW));
        let service = start(journal, Arc::clone(&records), &clock, 1);
        let person = service.sharing.add_person(ada()).await.expect("a person can be added").person;
        Self { service, clock, records, person }
    }

    pub(crate) async fn new() -> Self {
        let (journal, records) = Store::in_memory().expect("memory is there");
        Self::on(Box::new(journal), Arc::new(records)).await
    }

    pub(crate) fn publish(&self) -> Permit {
        self.permit(Power::Publish)
    }

    pub(crate) fn see(&self) -> Permit {
        self.permit(Power::See)
    }

    fn permit(&self, power: Power) -> Permit {
        let person = self.person.id;
        self.service.access.permit(Caller::Publisher(person), power, person).expect("her own program may")
    }
}

pub(crate) fn ada() -> NewPerson {
    NewPerson { name: "Ada".to_owned(), family: None, unit: Unit::MgDl, time_zone: "UTC".to_owned(), demo: false }
}

pub(crate) fn by(protocol: Protocol, device: &str) -> Origin {
    Origin { protocol, device: device.to_owned(), name: device.to_owned() }
}

pub(crate) fn draft(at: Timestamp, mg_dl: f64) -> Result<Draft, Refusal> {
    let reported = Reported::from_mg_dl(mg_dl).ok_or(Refusal::Malformed)?;
    Ok(Draft { measured_at: at, reported, trend: None, foreign: None })
}

pub(crate) fn minutes_ago(minutes: i64) -> Timestamp {
    NOW.plus_ms(-minutes * MINUTE_MS)
}

pub(crate) fn stranger() -> PersonId {
    PersonId::from_random(u64::MAX)
}
