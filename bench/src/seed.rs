//! Fills a data directory before a server starts on it: people with credentials, followers, and the last 24 hours of some. Everything
//! goes through `service`, so that it lies there as if it had come in by the door.

use crate::facts::person as spread;
use keepwatch_journal::journal::Journal;
use keepwatch_journal::sqlite::Store;
use keepwatch_model::glucose::Unit;
use keepwatch_model::id::PersonId;
use keepwatch_model::sharing::{Caller, Power};
use keepwatch_model::source::Protocol;
use keepwatch_model::time::{DAY_MS, MINUTE_MS, Timestamp};
use keepwatch_service::Service;
use keepwatch_service::clock::{Clock, SystemChance, SystemClock};
use keepwatch_service::intake::Origin;
use keepwatch_service::secret::{KEY_BYTES, Key};
use keepwatch_service::service::Parts;
use keepwatch_service::sharing::{NewPerson, Who};
use keepwatch_simulator::{Crowd, INTERVAL_MS};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

/// The device by which readings come in through Share.
pub(crate) const SERIAL: &str = "SM12345678";
/// The server's key, as good as any other on a machine of nobody's.
const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];
const KEY_FILE: &str = "keepwatch.key";
const FOLD_PAIRS: usize = 64;

/// What a data directory shall hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// People with a token and a Share session.
    pub(crate) people: u32,
    /// So many of them have 24 hours of readings and a follower with a token.
    pub(crate) watched: u32,
    /// So many people follow the first one.
    pub(crate) followers_of_first: u32,
    /// Finished days are folded before the server starts, or left to it.
    pub(crate) folded: bool,
}

/// One person, by what is needed to speak for her and to see her.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Someone {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) share_session: String,
    /// Tokens of those who follow her.
    pub(crate) followers: Vec<String>,
}

fn failed(cause: impl std::fmt::Display) -> String {
    format!("could not fill the data directory: {cause}")
}

/// The key by which everything here was made.
pub(crate) fn key() -> Key {
    Key::new(&KEY)
}

fn write_key(directory: &Path) -> Result<(), String> {
    let mut text = String::new();
    KEY.iter().for_each(|byte| write!(text, "{byte:02x}").expect("a text takes it"));
    text.push('\n');
    let path = directory.join(KEY_FILE);
    std::fs::write(&path, text).map_err(failed)?;
    // The server refuses a key that others may read.
    let for_its_owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&path, for_its_owner).map_err(failed)
}

/// Fills an empty directory.
pub(crate) async fn fill(directory: &Path, wanted: Wanted) -> Result<Vec<Someone>, String> {
    write_key(directory)?;
    let (journal, records) = Store::open(directory).map_err(failed)?;
    let parts = Parts {
        journal: Box::new(journal),
        records: Arc::new(records),
        clock: Arc::new(SystemClock),
        chance: Arc::new(SystemChance),
        key: key(),
    };
    let service = Service::start(parts).map_err(failed)?;
    let mut people = Vec::with_capacity(wanted.people as usize);
    for number in 0..wanted.people {
        people.push(add(&service, number, wanted).await?);
    }
    service.stop().await;
    drop(service);
    if wanted.folded {
        let today = SystemClock.now().day();
        let (mut journal, _records) = Store::open(directory).map_err(failed)?;
        while journal.fold(today, FOLD_PAIRS).map_err(failed)? > 0 {}
    }
    Ok(people)
}

async fn add(service: &Service, number: u32, wanted: Wanted) -> Result<Someone, String> {
    let (name, time_zone) = (format!("Person {number}"), "Europe/Berlin".to_owned());
    let new = NewPerson { name, family: None, unit: Unit::MgDl, time_zone, demo: false };
    let added = service.sharing.add_person(new).await.map_err(failed)?;
    let (id, publish) = (added.person.id, added.publish);
    let watched = number < wanted.watched;
    let readings = if watched { DAY_MS / INTERVAL_MS } else { 1 };
    take(service, id, Protocol::Native, "", readings).await?;
    if !watched {
        // Whoever is watched has one source, as most people do.
        take(service, id, Protocol::Share, SERIAL, 1).await?;
    }
    let mut followers = Vec::new();
    for follower in 0..if number == 0 { wanted.followers_of_first.max(1) } else { u32::from(watched) } {
        let follow = service.sharing.add_follower(id, Who::Named(format!("Follower {follower}"))).await;
        followers.push(follow.map_err(failed)?.read.token);
    }
    let credential = service.access.share_login(&publish.share_user_name, &publish.share_password);
    let session = service.access.share_session(credential.ok_or("could not log in to Share")?);
    Ok(Someone { id: id.to_string(), token: publish.token, share_session: uuid(session), followers })
}

/// The last readings of a person, from a quarter of an hour ago backward, so that what is sent later is newer.
async fn take(service: &Service, person: PersonId, protocol: Protocol, device: &str, count: i64) -> Result<(), String> {
    let permit = service
        .access
        .permit(Caller::Publisher(person), Power::Publish, person)
        .ok_or("her uploader may not publish")?;
    let number = (person.number() ^ spread(0).number()) as u32;
    let newest = Timestamp::from_ms(SystemClock.now().as_ms() - 15 * MINUTE_MS);
    let (crowd, moments) = (Crowd::new(6), (0..count).rev().map(|back| newest.plus_ms(-back * INTERVAL_MS)));
    let drafts = moments.map(|at| Ok(crowd.reading(number, at).draft())).collect();
    let name = if device.is_empty() { "API".to_owned() } else { format!("Share {device}") };
    let origin = Origin { protocol, device: device.to_owned(), name };
    service.intake.accept(&permit, origin, drafts).await.map_err(failed).map(|_| ())
}

fn uuid(number: u128) -> String {
    let digits = format!("{number:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
