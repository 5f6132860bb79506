//! `keepwatch demo`: a server on a store in memory with three people who do not exist, their last 24 hours filled in, and one follower
//! who is invited to all three. It goes on live, in real time. Nothing of it touches the disk.

use crate::address;
use crate::cli::Demo;
use crate::failure::Failure;
use crate::log;
use crate::operator::invitation_url;
use crate::speaking::Speaking;
use keepwatch_edge::Options;
use keepwatch_journal::sqlite::Store;
use keepwatch_model::family::Person;
use keepwatch_model::glucose::Unit;
use keepwatch_model::id::FamilyId;
use keepwatch_model::sharing::{Caller, Permit, Power};
use keepwatch_model::source::Protocol;
use keepwatch_model::time::{MINUTE_MS, Timestamp};
use keepwatch_service::Service;
use keepwatch_service::clock::{Chance, Clock, SystemChance, SystemClock};
use keepwatch_service::intake::Origin;
use keepwatch_service::secret::{KEY_BYTES, Key};
use keepwatch_service::service::Parts;
use keepwatch_service::sharing::{NewPerson, Who};
use keepwatch_simulator::{Scenario, Simulated};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The silent phone was last heard of so long ago.
const SILENT_MS: i64 = 20 * MINUTE_MS;
/// The steady person is started so long ago that her next reading arrives within the first minute.
const HEAD_START_MS: i64 = 55_000;
/// The same people every time.
const SEED: u64 = 7;

/// A clock that can be held at a moment of the past while that past is filled in.
#[derive(Debug, Default)]
struct DemoClock(AtomicI64);

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        match self.0.load(Ordering::SeqCst) {
            0 => SystemClock.now(),
            held => Timestamp::from_ms(held),
        }
    }
}

impl DemoClock {
    fn hold(&self, at: Timestamp) {
        self.0.store(at.as_ms(), Ordering::SeqCst);
    }

    fn release(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

/// Somebody who does not exist, and her phone.
struct Pretended {
    permit: Permit,
    phone: String,
    simulated: Simulated,
}

/// Runs the command.
pub(crate) async fn run(args: Demo) -> Result<ExitCode, Failure> {
    log::start("warn")?;
    let listener = address::bind(args.listen).await?;
    let public_url = address::local(address::of(&listener)?, false);
    let clock = Arc::new(DemoClock::default());
    let service = start(Arc::clone(&clock) as Arc<dyn Clock>)?;
    let (pretended, invitation) = people(&service, &clock).await?;
    for person in pretended {
        tokio::spawn(live(service.clone(), person));
    }
    let open = format!(
        "\nOpen {}\n\nThree people who do not exist; everything is gone when you press Ctrl-C.",
        invitation_url(&public_url, &invitation)
    );
    Speaking { service, listener, tls: None, options: Options::at(&public_url), and_then: Some(open) }.run().await
}

fn start(clock: Arc<dyn Clock>) -> Result<Service, Failure> {
    let failure = |error: keepwatch_journal::error::Error| Failure::fault(error.to_string());
    let (journal, records) = Store::in_memory().map_err(failure)?;
    let mut bytes = [0; KEY_BYTES];
    SystemChance.fill(&mut bytes);
    let (journal, records) = (Box::new(journal), Arc::new(records));
    let parts = Parts { journal, records, clock, chance: Arc::new(SystemChance), key: Key::new(&bytes) };
    Service::start(parts).map_err(failure)
}

/// The three with their last 24 hours, and the invitation to follow them all.
async fn people(service: &Service, clock: &DemoClock) -> Result<(Vec<Pretended>, String), Failure> {
    let now = SystemClock.now();
    let since = now.plus_ms(-SILENT_MS);
    let scenes = [
        ("Ada", Scenario::Steady, now.plus_ms(-HEAD_START_MS)),
        ("Ben", Scenario::GoingLow, now),
        ("Mia", Scenario::PhoneSilent { since }, now),
    ];
    let mut pretended = Vec::new();
    let mut follower = Who::Named("Demo visitor".to_owned());
    let mut family = None;
    let mut invitation = String::new();
    for (number, (name, scenario, started_at)) in scenes.into_iter().enumerate() {
        let Person { id, family: theirs, .. } = add(service, name, family).await?;
        family = Some(theirs);
        let added = service
            .sharing
            .add_follower(id, follower)
            .await
            .map_err(|not_done| Failure::fault(not_done.to_string()))?;
        follower = Who::Account(added.account.id);
        invitation = added.invitation;
        let permit = service.access.permit(Caller::Publisher(id), Power::Publish, id);
        let permit = permit.ok_or_else(|| Failure::fault("could not publish for somebody who was just added"))?;
        let simulated = Simulated::new(scenario, SEED + number as u64, started_at);
        let mut person = Pretended { permit, phone: format!("{name}'s phone"), simulated };
        // What a phone brought twenty minutes ago must not look as if it had been in touch just now.
        if matches!(scenario, Scenario::PhoneSilent { .. }) {
            clock.hold(since);
        }
        bring(service, &mut person, now).await?;
        clock.release();
        pretended.push(person);
    }
    Ok((pretended, invitation))
}

async fn add(service: &Service, name: &str, family: Option<FamilyId>) -> Result<Person, Failure> {
    let new = NewPerson { name: name.to_owned(), family, unit: Unit::MgDl, time_zone: zone(), demo: true };
    let added = service.sharing.add_person(new).await.map_err(|not_done| Failure::fault(not_done.to_string()))?;
    Ok(added.person)
}

/// They live where this machine is.
#[allow(clippy::disallowed_methods, reason = "people who do not exist live where their machine is")]
fn zone() -> String {
    jiff::tz::TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}

/// Brings what has arrived by `until`.
async fn bring(service: &Service, person: &mut Pretended, until: Timestamp) -> Result<(), Failure> {
    let drafts: Vec<_> = person.simulated.readings_until(until).into_iter().map(|sample| Ok(sample.draft())).collect();
    if drafts.is_empty() {
        return Ok(());
    }
    let origin = Origin { protocol: Protocol::Native, device: person.phone.clone(), name: person.phone.clone() };
    let receipt = service.intake.accept(&person.permit, origin, drafts).await;
    receipt.map(|_| ()).map_err(|unavailable| Failure::fault(unavailable.to_string()))
}

/// Goes on bringing her readings as they come.
async fn live(service: Service, mut person: Pretended) {
    while let Some(next) = person.simulated.next_at() {
        let wait_ms = next.ms_since(SystemClock.now()).max(1);
        tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs())).await;
        if let Err(failure) = bring(&service, &mut person, SystemClock.now()).await {
            tracing::warn!("{failure}");
        }
    }
}
