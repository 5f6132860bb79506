//! What the live window takes in memory: 20,000 people with 24 hours each, taken in as uploads. The journal here only counts, so that
//! no store's own memory is measured with it.

use crate::machine::resident_bytes;
use crate::table::Measured;
use keepwatch_journal::error::Error;
use keepwatch_journal::journal::Journal;
use keepwatch_journal::sqlite::Store;
use keepwatch_model::fact::{Fact, Seq};
use keepwatch_model::glucose::Unit;
use keepwatch_model::id::PersonId;
use keepwatch_model::sharing::{Caller, Power};
use keepwatch_model::source::Protocol;
use keepwatch_model::time::{DAY_MS, Day, Timestamp};
use keepwatch_service::Service;
use keepwatch_service::clock::Clock;
use keepwatch_service::clock::{SeededChance, SystemClock};
use keepwatch_service::intake::Origin;
use keepwatch_service::secret::Key;
use keepwatch_service::service::Parts;
use keepwatch_service::sharing::NewPerson;
use keepwatch_simulator::{Crowd, INTERVAL_MS};
use std::sync::Arc;

const PEOPLE: u32 = 20_000;
const READINGS_EACH: i64 = DAY_MS / INTERVAL_MS;
/// What a reading would take if it were five bytes and nothing else.
const LIMIT_BYTES: f64 = 5.0;

/// Keeps nothing.
struct Counting(u64);

impl Journal for Counting {
    fn append(&mut self, facts: &[Fact], _: Timestamp) -> Result<Seq, Error> {
        let first = self.0 + 1;
        self.0 += facts.len() as u64;
        Ok(Seq(first))
    }

    fn fold(&mut self, _: Day, _: usize) -> Result<usize, Error> {
        Ok(0)
    }
}

async fn add(service: &Service, number: u32) -> Result<PersonId, String> {
    let name = format!("Person {number}");
    let time_zone = "Europe/Berlin".to_owned();
    let new = NewPerson { name, family: None, unit: Unit::MgDl, time_zone, demo: false };
    let added = service.sharing.add_person(new).await;
    added.map(|added| added.person.id).map_err(|reason| reason.to_string())
}

async fn fill(service: &Service, person: PersonId, number: u32, until: Timestamp) -> Result<(), String> {
    let permit = service
        .access
        .permit(Caller::Publisher(person), Power::Publish, person)
        .ok_or("her uploader may not publish")?;
    let crowd = Crowd::new(4);
    let moments = (0..READINGS_EACH).rev().map(|back| until.plus_ms(-back * INTERVAL_MS));
    let drafts = moments.map(|at| Ok(crowd.reading(number, at).draft())).collect();
    let origin = Origin { protocol: Protocol::Native, device: "phone".to_owned(), name: "phone".to_owned() };
    let receipt = service.intake.accept(&permit, origin, drafts).await.map_err(|reason| reason.to_string())?;
    if receipt.accepted() as i64 + 1 < READINGS_EACH {
        return Err(format!("only {} of {READINGS_EACH} readings were taken", receipt.accepted()));
    }
    Ok(())
}

/// Fills a service and watches the memory of this program.
pub(crate) async fn measure() -> Result<Vec<Measured>, String> {
    let (_, records) = Store::in_memory().map_err(|error| error.to_string())?;
    let parts = Parts {
        journal: Box::new(Counting(0)),
        records: Arc::new(records),
        clock: Arc::new(SystemClock),
        chance: Arc::new(SeededChance::new(5)),
        key: Key::new(&[7; 32]),
    };
    let service = Service::start(parts).map_err(|error| error.to_string())?;
    let now = SystemClock.now();
    let me = std::process::id();
    // The first person brings in what is brought in once.
    let first = add(&service, PEOPLE).await?;
    fill(&service, first, PEOPLE, now).await?;
    let empty = resident_bytes(me)?;
    let mut people = Vec::with_capacity(PEOPLE as usize);
    for number in 0..PEOPLE {
        people.push(add(&service, number).await?);
    }
    let with_rows = resident_bytes(me)?;
    for (number, person) in people.iter().enumerate() {
        fill(&service, *person, number as u32, now).await?;
    }
    let full = resident_bytes(me)?;
    let readings = f64::from(PEOPLE) * READINGS_EACH as f64;
    let measured = |what: &str, bytes: f64| Measured {
        what: what.to_owned(),
        ours: vec![bytes / readings],
        limit: vec![LIMIT_BYTES],
    };
    service.stop().await;
    Ok(vec![measured("window", full - with_rows), measured("window_and_rows", full - empty)])
}
