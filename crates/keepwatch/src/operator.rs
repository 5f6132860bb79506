//! What the operator may ask about people and followers. One function does it, for the commands that go through a running server's
//! socket and for those that hold the directory's lock, so that both say the same. It prints nothing.

mod asking;
mod naming;

pub(crate) use asking::{
    AddedFollower, AddedPerson, CheckUp, ListedFollower, ListedPerson, NewFollower, Publish, Read, Removed, Request,
    Response, SourceState,
};

use jiff::tz::TimeZone;
use keepwatch_model::family::Person;
use keepwatch_model::glucose::Unit;
use keepwatch_model::id::PersonId;
use keepwatch_model::sharing::{Caller, Follow, Power};
use keepwatch_model::time::Timestamp;
use keepwatch_service::Service;
use keepwatch_service::readings::SourceGlance;
use keepwatch_service::register::Rows;
use keepwatch_service::sharing::{FollowAdded, NewPerson, PersonAdded, Who};
use naming::{find_account, find_family, find_follow, find_person};

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
        Err(_) => Err(format!(
            "could not find the time zone {name}: give its IANA name, such as Europe/Berlin or America/New_York"
        )),
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

async fn add_follower(
    service: &Service,
    public_url: &str,
    person: &str,
    follower: NewFollower,
) -> Result<Response, String> {
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
    let mut followers: Vec<ListedFollower> = wanted
        .flat_map(|person| rows.follows_of(person.id).iter().map(|follow| listed(&rows, person, follow)))
        .collect();
    followers.sort_by(|one, other| {
        (&one.person_name, &one.name, one.follow).cmp(&(&other.person_name, &other.name, other.follow))
    });
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
