//! What the operator may ask about people and followers. One function does it, for the commands that go through a running server's
//! socket and for those that hold the directory's lock, so that both say the same. It prints nothing.

use jiff::tz::TimeZone;
use keepwatch_model::family::{Account, Family, Person};
use keepwatch_model::glucose::Unit;
use keepwatch_model::id::{AccountId, FamilyId, FollowId, PersonId};
use keepwatch_model::sharing::{Caller, Follow, Power};
use keepwatch_model::time::Timestamp;
use keepwatch_service::Service;
use keepwatch_service::readings::SourceGlance;
use keepwatch_service::register::Rows;
use keepwatch_service::sharing::{FollowAdded, NewPerson, PersonAdded, Who};
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::str::FromStr;

/// A request of the operator. People, accounts and follows are named by an id, or by a name that only one has.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Request {
    /// Add a person.
    AddPerson {
        /// Her name.
        name: String,
        /// Her family; none makes a new one.
        family: Option<String>,
        /// The unit that her family reads.
        unit: Unit,
        /// Her zone, by its IANA name.
        time_zone: String,
    },
    /// List everyone.
    ListPeople,
    /// Forget a person.
    RemovePerson {
        /// Whom.
        person: String,
    },
    /// Let somebody follow a person.
    AddFollower {
        /// Whom to follow.
        person: String,
        /// Who follows.
        follower: NewFollower,
    },
    /// List who follows whom.
    ListFollowers {
        /// Only this person's.
        person: Option<String>,
    },
    /// End a follow.
    RemoveFollow {
        /// Which.
        follow: String,
    },
    /// Tell how the server is, without glucose.
    CheckUp,
}

/// Who is to follow.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NewFollower {
    /// Somebody new, by this name.
    Name(String),
    /// Somebody who has an account.
    Account(String),
}

/// What came of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "with", rename_all = "snake_case")]
pub(crate) enum Response {
    /// A person was added.
    PersonAdded(AddedPerson),
    /// Everyone.
    People(Vec<ListedPerson>),
    /// A person was forgotten.
    PersonRemoved(Removed),
    /// Somebody may follow.
    FollowerAdded(AddedFollower),
    /// Who follows whom.
    Followers(Vec<ListedFollower>),
    /// A follow was ended.
    FollowRemoved(Removed),
    /// How the server is.
    CheckedUp(CheckUp),
    /// It was not done; a sentence says why and what to type instead.
    Refused(String),
}

/// A person who was added, with the secrets that are shown this once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AddedPerson {
    /// Her id.
    pub(crate) person: PersonId,
    /// Her family.
    pub(crate) family: FamilyId,
    /// Her name.
    pub(crate) name: String,
    /// Her zone.
    pub(crate) time_zone: String,
    /// The unit of her family.
    pub(crate) unit: Unit,
    /// The link that lets her owner in.
    pub(crate) owner_invitation_url: String,
    /// What uploaders present.
    pub(crate) publish: Publish,
}

/// What uploaders present.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Publish {
    /// The Nightscout API secret.
    pub(crate) nightscout_api_secret: String,
    /// The address to type into a Nightscout uploader.
    pub(crate) nightscout_url: String,
    /// The Share name.
    pub(crate) share_username: String,
    /// The Share password.
    pub(crate) share_password: String,
    /// The token of our own API.
    pub(crate) token: String,
}

/// A follower who was added, with the secrets that are shown this once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AddedFollower {
    /// The follow.
    pub(crate) follow: FollowId,
    /// The follower's account.
    pub(crate) account: AccountId,
    /// The follower's name.
    pub(crate) name: String,
    /// Whom they follow.
    pub(crate) person: PersonId,
    /// Her name.
    pub(crate) person_name: String,
    /// The link that lets the follower in.
    pub(crate) invitation_url: String,
    /// What reading programs present.
    pub(crate) read: Read,
}

/// What reading programs present.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Read {
    /// The Nightscout access token.
    pub(crate) nightscout_token: String,
    /// The address to type into a Nightscout client.
    pub(crate) nightscout_url: String,
    /// The Share name.
    pub(crate) share_username: String,
    /// The Share password.
    pub(crate) share_password: String,
    /// The token of our own API, for all that this account follows.
    pub(crate) token: String,
}

/// One line of the list of people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ListedPerson {
    /// Her id.
    pub(crate) person: PersonId,
    /// Her name.
    pub(crate) name: String,
    /// Her family.
    pub(crate) family: FamilyId,
    /// Its name.
    pub(crate) family_name: String,
    /// The unit of her family.
    pub(crate) unit: Unit,
    /// Her zone.
    pub(crate) time_zone: String,
    /// How many follow her.
    pub(crate) followers: usize,
}

/// One line of the list of followers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ListedFollower {
    /// The follow.
    pub(crate) follow: FollowId,
    /// The follower's account.
    pub(crate) account: AccountId,
    /// The follower's name.
    pub(crate) name: String,
    /// Whom they follow.
    pub(crate) person: PersonId,
    /// Her name.
    pub(crate) person_name: String,
    /// What they may do.
    pub(crate) powers: Vec<Power>,
    /// How many devices are bound to the account.
    pub(crate) devices: usize,
}

/// What was removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Removed {
    /// Its id.
    pub(crate) removed: String,
    /// What people call it.
    pub(crate) name: String,
}

/// How a server is: ages and sizes, no glucose.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CheckUp {
    /// The server's time, ms.
    pub(crate) time: i64,
    /// Why the store does not write, while it does not.
    pub(crate) store_fault: Option<String>,
    /// How many people there are.
    pub(crate) people: usize,
    /// How many follows there are.
    pub(crate) follows: usize,
    /// Where readings come from, or should.
    pub(crate) sources: Vec<SourceState>,
}

/// One source, or a person without one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SourceState {
    /// Whose.
    pub(crate) person: PersonId,
    /// Her name.
    pub(crate) person_name: String,
    /// What it is called; absent where nothing was ever in touch.
    pub(crate) source: Option<String>,
    /// When it was last in touch, ms.
    pub(crate) last_contact: Option<i64>,
    /// The time of its newest reading, ms.
    pub(crate) last_reading: Option<i64>,
    /// After so long it counts as silent, ms.
    pub(crate) silent_after_ms: i64,
    /// Why its last upload was refused, where nothing better came after it.
    pub(crate) refused: Option<String>,
}

/// Does what the operator asks. Links begin with `public_url`.
pub(crate) async fn perform(service: &Service, public_url: &str, request: Request) -> Response {
    let done = match request {
        Request::AddPerson { name, family, unit, time_zone } => {
            add_person(service, public_url, name, family, unit, time_zone).await
        }
        Request::ListPeople => Ok(list_people(service)),
        Request::RemovePerson { person } => remove_person(service, &person).await,
        Request::AddFollower { person, follower } => add_follower(service, public_url, &person, follower).await,
        Request::ListFollowers { person } => list_followers(service, person.as_deref()),
        Request::RemoveFollow { follow } => remove_follow(service, &follow).await,
        Request::CheckUp => Ok(check_up(service)),
    };
    done.unwrap_or_else(Response::Refused)
}

async fn add_person(
    service: &Service,
    public_url: &str,
    name: String,
    family: Option<String>,
    unit: Unit,
    time_zone: String,
) -> Result<Response, String> {
    let time_zone = known_zone(&time_zone)?;
    let family = family.map(|family| find_family(service, &family)).transpose()?;
    let new = NewPerson { name, family, unit, time_zone, demo: false };
    let added = service.sharing.add_person(new).await.map_err(|not_done| not_done.to_string())?;
    Ok(Response::PersonAdded(AddedPerson::of(added, public_url)))
}

impl AddedPerson {
    /// What `added` looks like to the operator.
    pub(crate) fn of(added: PersonAdded, public_url: &str) -> Self {
        let PersonAdded { person, owner_invitation, publish, .. } = added;
        Self {
            person: person.id,
            family: person.family,
            name: person.name,
            time_zone: person.time_zone,
            unit: person.unit,
            owner_invitation_url: invitation_url(public_url, &owner_invitation),
            publish: Publish {
                nightscout_api_secret: publish.nightscout_api_secret,
                nightscout_url: public_url.to_owned(),
                share_username: publish.share_user_name,
                share_password: publish.share_password,
                token: publish.token,
            },
        }
    }
}

/// The link of an invitation.
pub(crate) fn invitation_url(public_url: &str, secret: &str) -> String {
    format!("{public_url}/i/{secret}")
}

/// The zone as IANA writes it.
fn known_zone(name: &str) -> Result<String, String> {
    match TimeZone::get(name) {
        Ok(zone) => Ok(zone.iana_name().unwrap_or(name).to_owned()),
        Err(_) => Err(format!("could not find the time zone {name}: give its IANA name, such as Europe/Berlin or America/New_York")),
    }
}

fn list_people(service: &Service) -> Response {
    let rows = service.sharing.register().read();
    let listed = |person: &Person| ListedPerson {
        person: person.id,
        name: person.name.clone(),
        family: person.family,
        family_name: rows.family(person.family).map_or_else(String::new, |family| family.name.clone()),
        unit: person.unit,
        time_zone: person.time_zone.clone(),
        followers: rows.follows_of(person.id).len(),
    };
    let mut people: Vec<ListedPerson> = rows.people().map(listed).collect();
    people.sort_by(|one, other| (&one.name, one.person).cmp(&(&other.name, other.person)));
    Response::People(people)
}

async fn remove_person(service: &Service, person: &str) -> Result<Response, String> {
    let (person, name) = find_person(service, person)?;
    service.sharing.remove_person(person).await.map_err(|not_done| not_done.to_string())?;
    Ok(Response::PersonRemoved(Removed { removed: person.to_string(), name }))
}

async fn add_follower(service: &Service, public_url: &str, person: &str, follower: NewFollower) -> Result<Response, String> {
    let (person, person_name) = find_person(service, person)?;
    let who = match follower {
        NewFollower::Name(name) => Who::Named(name),
        NewFollower::Account(account) => Who::Account(find_account(service, &account)?),
    };
    let added = service.sharing.add_follower(person, who).await.map_err(|not_done| not_done.to_string())?;
    let FollowAdded { follow, account, invitation, read } = added;
    Ok(Response::FollowerAdded(AddedFollower {
        follow: follow.id,
        account: account.id,
        name: account.name,
        person,
        person_name,
        invitation_url: invitation_url(public_url, &invitation),
        read: Read {
            nightscout_token: read.nightscout_token,
            nightscout_url: public_url.to_owned(),
            share_username: read.share_user_name,
            share_password: read.share_password,
            token: read.token,
        },
    }))
}

fn list_followers(service: &Service, person: Option<&str>) -> Result<Response, String> {
    let only = person.map(|person| find_person(service, person)).transpose()?.map(|(id, _)| id);
    let rows = service.sharing.register().read();
    let wanted = rows.people().filter(|person| only.is_none_or(|only| only == person.id));
    let mut followers: Vec<ListedFollower> =
        wanted.flat_map(|person| rows.follows_of(person.id).iter().map(|follow| listed(&rows, person, follow))).collect();
    followers.sort_by(|one, other| (&one.person_name, &one.name, one.follow).cmp(&(&other.person_name, &other.name, other.follow)));
    Ok(Response::Followers(followers))
}

fn listed(rows: &Rows, person: &Person, follow: &Follow) -> ListedFollower {
    ListedFollower {
        follow: follow.id,
        account: follow.account,
        name: rows.account(follow.account).map_or_else(String::new, |account| account.name.clone()),
        person: person.id,
        person_name: person.name.clone(),
        powers: follow.powers.clone(),
        devices: rows.devices_of(follow.account).count(),
    }
}

async fn remove_follow(service: &Service, follow: &str) -> Result<Response, String> {
    let (follow, name) = find_follow(service, follow)?;
    service.sharing.remove_follow(follow).await.map_err(|not_done| not_done.to_string())?;
    Ok(Response::FollowRemoved(Removed { removed: follow.to_string(), name }))
}

fn check_up(service: &Service) -> Response {
    let people: Vec<PersonId> = service.sharing.register().read().people().map(|person| person.id).collect();
    let follows = people.iter().map(|person| service.sharing.register().read().follows_of(*person).len()).sum();
    Response::CheckedUp(CheckUp {
        time: service.clock.now().as_ms(),
        store_fault: service.vitals.store_fault(),
        people: people.len(),
        follows,
        sources: people.into_iter().flat_map(|person| source_states(service, person)).collect(),
    })
}

fn source_states(service: &Service, person: PersonId) -> Vec<SourceState> {
    let permit = service.access.permit(Caller::Publisher(person), Power::See, person);
    let Some(glance) = permit.and_then(|permit| service.readings.glance(&permit, false)) else { return Vec::new() };
    let state = |source: Option<&SourceGlance>| SourceState {
        person,
        person_name: glance.person.name.clone(),
        source: source.map(|source| source.source.name.clone()),
        last_contact: source.and_then(|source| source.last_contact).map(Timestamp::as_ms),
        last_reading: source.and_then(|source| source.last_reading).map(Timestamp::as_ms),
        silent_after_ms: source.map_or(glance.latest.patience.late_ms, |source| source.patience.late_ms),
        refused: source.and_then(|source| {
            let (refusal, at) = source.refused?;
            source.last_reading.is_none_or(|reading| reading < at).then(|| refusal.sentence().to_owned())
        }),
    };
    match glance.sources.as_slice() {
        [] => vec![state(None)],
        sources => sources.iter().map(|source| state(Some(source))).collect(),
    }
}

/// Something that can be named: its id, its name, and what else tells it from its namesakes.
struct Candidate<I> {
    id: I,
    name: String,
    beside: String,
}

/// The one that `asked` names, by its id or by a name that only it has.
fn find<I: Copy + Display + FromStr + PartialEq>(what: &str, asked: &str, all: Vec<Candidate<I>>) -> Result<(I, String), String> {
    if let Ok(id) = asked.parse::<I>() {
        let known = all.into_iter().find(|candidate| candidate.id == id);
        return known.map(|candidate| (id, candidate.name)).ok_or_else(|| format!("could not find the {what} {asked}: there is none of this id"));
    }
    let same = |candidate: &&Candidate<I>| candidate.name.to_lowercase() == asked.trim().to_lowercase();
    let namesakes: Vec<&Candidate<I>> = all.iter().filter(same).collect();
    match namesakes.as_slice() {
        [one] => Ok((one.id, one.name.clone())),
        [] if all.is_empty() => Err(format!("could not find the {what} {asked}: there is none on this server yet")),
        [] => Err(format!("could not find the {what} {asked}. Type one of these:\n{}", choices(all.iter()))),
        several => {
            Err(format!("could not tell which {what} is meant: {} are called {asked}. Type an id:\n{}", several.len(), choices(several.iter().copied())))
        }
    }
}

/// Limit: lines of a list of choices in an error; more are counted, not shown.
const CHOICES_MAX: usize = 20;

fn choices<'a, I: Display + 'a>(candidates: impl Iterator<Item = &'a Candidate<I>>) -> String {
    let mut lines: Vec<String> = candidates.map(|candidate| format!("  {}  {}{}", candidate.id, candidate.name, candidate.beside)).collect();
    lines.sort();
    let more = lines.len().saturating_sub(CHOICES_MAX);
    lines.truncate(CHOICES_MAX);
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    lines.join("\n")
}

fn find_person(service: &Service, asked: &str) -> Result<(PersonId, String), String> {
    let rows = service.sharing.register().read();
    let family = |person: &Person| rows.family(person.family).map_or_else(String::new, |family| format!(", {}", family.name));
    let candidate = |person: &Person| Candidate { id: person.id, name: person.name.clone(), beside: family(person) };
    find("person", asked, rows.people().map(candidate).collect())
}

fn find_family(service: &Service, asked: &str) -> Result<FamilyId, String> {
    let rows = service.sharing.register().read();
    let candidate = |family: &Family| Candidate { id: family.id, name: family.name.clone(), beside: String::new() };
    find("family", asked, rows.families().map(candidate).collect()).map(|(id, _)| id)
}

fn find_account(service: &Service, asked: &str) -> Result<AccountId, String> {
    let rows = service.sharing.register().read();
    let family = |account: &Account| rows.family(account.family).map_or_else(String::new, |family| format!(", {}", family.name));
    let candidate = |account: &Account| Candidate { id: account.id, name: account.name.clone(), beside: family(account) };
    find("account", asked, rows.accounts().map(candidate).collect()).map(|(id, _)| id)
}

/// A follow is named by its id, or by a follower who has only this one.
fn find_follow(service: &Service, asked: &str) -> Result<(FollowId, String), String> {
    let rows = service.sharing.register().read();
    let candidate = |person: &Person, follow: &Follow| Candidate {
        id: follow.id,
        name: rows.account(follow.account).map_or_else(String::new, |account| account.name.clone()),
        beside: format!(" follows {}", person.name),
    };
    let all = rows.people().flat_map(|person| rows.follows_of(person.id).iter().map(move |follow| (person, follow)));
    find("follow", asked, all.map(|(person, follow)| candidate(person, follow)).collect())
}
