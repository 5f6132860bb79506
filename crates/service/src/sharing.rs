//! People and followers: adding, inviting, binding a device, ending. Each deed is decided when it is written, so
//! that two at once cannot both take the last place. Secrets are given out once and kept as hashes only.

mod deed;
mod issue;

use crate::access::purpose;
use crate::clock::{Chance, Clock};
use crate::register::{Register, SecretOf};
use crate::secret::{Key, generate};
use crate::writer::{Unavailable, Writer};
use deed::RowsDeed;
use keepwatch_model::fact::Fact;
use keepwatch_model::family::{Account, Device, Family, Person, checked_name};
use keepwatch_model::glucose::Unit;
use keepwatch_model::id::{AccountId, DeviceId, FamilyId, FollowId, PersonId};
use keepwatch_model::row::{Row, RowKey};
use keepwatch_model::sharing::{Follow, Grant, InvitationOver, Power};
use std::fmt;
use std::sync::Arc;
use tokio::sync::oneshot;

pub use issue::{PublishSecrets, ReadSecrets};

/// Digits of a person's slug.
const SLUG_DIGITS: usize = 10;

/// A person to add.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Her name.
    pub name: String,
    /// Her family; none makes a new one.
    pub family: Option<FamilyId>,
    /// The unit that her family speaks.
    pub unit: Unit,
    /// IANA name of her zone; whoever asks has checked that it exists.
    pub time_zone: String,
    /// She does not exist.
    pub demo: bool,
}

/// A person that was added, with the secrets that are shown once.
#[derive(Clone, Debug)]
pub struct PersonAdded {
    /// The person.
    pub person: Person,
    /// The owner's account.
    pub owner: AccountId,
    /// The secret of the owner's invitation link.
    pub owner_invitation: String,
    /// What uploaders present.
    pub publish: PublishSecrets,
}

/// Who is to follow.
#[derive(Clone, Debug)]
pub enum Who {
    /// A new account of this name.
    Named(String),
    /// An account that exists.
    Account(AccountId),
}

/// A follow that was added, with the secrets that are shown once.
#[derive(Clone, Debug)]
pub struct FollowAdded {
    /// The follow.
    pub follow: Follow,
    /// The follower's account.
    pub account: Account,
    /// The secret of the invitation link.
    pub invitation: String,
    /// What reading programs present.
    pub read: ReadSecrets,
}

/// What an invitation's page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationView {
    /// The account that a device will belong to.
    pub account: Account,
    /// The family that invites.
    pub family: String,
    /// Whom the account sees.
    pub people: Vec<String>,
    /// Whether all of them are simulated.
    pub demo: bool,
}

/// Why a deed was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// A name is empty, too long, or has control characters.
    BadName,
    /// There is no such family, person, account or follow.
    Unknown(&'static str),
    /// The account follows this person already.
    AlreadyFollows,
    /// There is no such invitation; it may have been replaced or removed.
    NoInvitation,
    /// The invitation lets nobody in any more.
    InvitationOver(InvitationOver),
    /// The store refused.
    Unavailable(Unavailable),
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName => f.write_str("could not use this name: give 1 to 80 characters without control characters"),
            Self::Unknown(what) => write!(f, "could not find this {what}: look at the list for its id"),
            Self::AlreadyFollows => f.write_str("could not add this follow: the account follows this person already"),
            Self::NoInvitation => f.write_str("could not find this invitation: ask for a new one"),
            Self::InvitationOver(InvitationOver::Expired) => {
                f.write_str("could not use this invitation: it is older than 72 hours; ask for a new one")
            }
            Self::InvitationOver(InvitationOver::UsedUp) => {
                f.write_str("could not use this invitation: it has let in 5 devices; ask for a new one")
            }
            Self::Unavailable(unavailable) => unavailable.fmt(f),
        }
    }
}

impl std::error::Error for NotDone {}

/// Adds, invites, binds and ends.
#[derive(Clone)]
pub struct Sharing {
    pub(crate) writer: Writer,
    pub(crate) register: Arc<Register>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    pub(crate) key: Key,
}

/// A row that is as given from now on.
fn changed(row: Row) -> Fact {
    Fact::Changed(Box::new(row))
}

/// The facts by which an account goes, with all that is its own.
fn account_gone(rows: &crate::register::Rows, account: AccountId) -> Vec<Fact> {
    let credentials = rows.credentials_for(|grant| grant == Grant::Account(account)).map(|(id, _)| RowKey::of(id));
    let devices = rows.devices_of(account).cloned().map(Row::Device);
    let invitations = rows.invitations_to(account).cloned().map(Row::Invitation);
    let accounts = rows.account(account).cloned().map(Row::Account);
    let others = devices.chain(invitations).chain(accounts).map(|row| row.key());
    credentials.chain(others).map(Fact::Removed).collect()
}

impl Sharing {
    async fn perform<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&Self) -> Result<(Vec<Fact>, T), NotDone> + Send + 'static,
    ) -> Result<T, NotDone> {
        let (reply, answer) = oneshot::channel();
        let sharing = self.clone();
        self.writer.hand_in(Box::new(RowsDeed::new(move || decide(&sharing), reply))).await;
        answer.await.unwrap_or(Err(NotDone::Unavailable(Unavailable::STOPPING)))
    }

    /// Adds a person with an owner, who is invited, and the credentials of her uploaders.
    ///
    /// # Errors
    /// [`NotDone`] for a bad name, an unknown family, or a store that refuses.
    pub async fn add_person(&self, new: NewPerson) -> Result<PersonAdded, NotDone> {
        self.perform(move |sharing| sharing.decide_person(&new)).await
    }

    fn decide_person(&self, new: &NewPerson) -> Result<(Vec<Fact>, PersonAdded), NotDone> {
        let name = checked_name(&new.name).ok_or(NotDone::BadName)?;
        let mut facts = Vec::new();
        let family = match new.family {
            Some(id) => self.register.read().family(id).cloned().ok_or(NotDone::Unknown("family"))?,
            None => Family { id: FamilyId::from_random(self.chance.number()), name: format!("Family of {name}") },
        };
        facts.push(changed(Row::Family(family.clone())));
        let person = Person {
            id: PersonId::from_random(self.chance.number()),
            family: family.id,
            name: name.clone(),
            unit: new.unit,
            time_zone: new.time_zone.clone(),
            slug: crate::secret::digits(&*self.chance, SLUG_DIGITS),
            demo: new.demo,
        };
        facts.push(changed(Row::Person(person.clone())));
        let owner = self.new_account(family.id, format!("{name}'s owner"), new.unit);
        facts.push(changed(Row::Account(owner.clone())));
        let follow = self.new_follow(owner.id, person.id, &Power::OWNER);
        facts.push(changed(Row::Follow(follow)));
        let owner_invitation = self.issue_invitation(owner.id, &mut facts);
        let publish = self.issue_publish(&person, &mut facts);
        Ok((facts, PersonAdded { person, owner: owner.id, owner_invitation, publish }))
    }

    fn new_account(&self, family: FamilyId, name: String, unit: Unit) -> Account {
        Account { id: AccountId::from_random(self.chance.number()), family, name, unit }
    }

    fn new_follow(&self, account: AccountId, person: PersonId, powers: &[Power]) -> Follow {
        Follow { id: FollowId::from_random(self.chance.number()), account, person, powers: powers.to_vec() }
    }

    /// Lets somebody follow a person, with an invitation and credentials for reading programs.
    ///
    /// # Errors
    /// [`NotDone`] for a bad name, an unknown person or account, a follow that exists, or a store that refuses.
    pub async fn add_follower(&self, person: PersonId, who: Who) -> Result<FollowAdded, NotDone> {
        self.perform(move |sharing| sharing.decide_follower(person, &who)).await
    }

    fn decide_follower(&self, person: PersonId, who: &Who) -> Result<(Vec<Fact>, FollowAdded), NotDone> {
        let rows = self.register.read();
        let person = rows.person(person).cloned().ok_or(NotDone::Unknown("person"))?;
        let account = match who {
            Who::Named(name) => {
                let name = checked_name(name).ok_or(NotDone::BadName)?;
                self.new_account(person.family, name, person.unit)
            }
            Who::Account(id) => rows.account(*id).cloned().ok_or(NotDone::Unknown("account"))?,
        };
        if rows.follows_by(account.id).any(|follow| follow.person == person.id) {
            return Err(NotDone::AlreadyFollows);
        }
        drop(rows);
        let follow = self.new_follow(account.id, person.id, &Power::FOLLOWER);
        let mut facts = vec![changed(Row::Account(account.clone())), changed(Row::Follow(follow.clone()))];
        let invitation = self.issue_invitation(account.id, &mut facts);
        let read = self.issue_read(&person, &follow, &account, &mut facts)?;
        Ok((facts, FollowAdded { follow, account, invitation, read }))
    }

    /// Ends a follow at once, with its credentials; an account that sees nobody any more goes with its devices.
    ///
    /// # Errors
    /// [`NotDone`] for an unknown follow or a store that refuses.
    pub async fn remove_follow(&self, follow: FollowId) -> Result<(), NotDone> {
        self.perform(move |sharing| {
            let follow = sharing.register.read().follow(follow).cloned().ok_or(NotDone::Unknown("follow"))?;
            Ok((sharing.ending(&[follow]), ()))
        })
        .await
    }

    /// The facts that end these follows.
    fn ending(&self, ended: &[Follow]) -> Vec<Fact> {
        let rows = self.register.read();
        let mut facts = Vec::new();
        for follow in ended {
            let reads = rows.credentials_for(|grant| grant == Grant::Read(follow.id));
            facts.extend(reads.map(|(id, _)| Fact::Removed(RowKey::of(id))));
            facts.push(Fact::Removed(Row::Follow(follow.clone()).key()));
            let others = rows.follows_by(follow.account).any(|other| !ended.iter().any(|f| f.id == other.id));
            if !others {
                facts.extend(account_gone(&rows, follow.account));
            }
        }
        facts
    }

    /// Forgets a person: her readings, follows, credentials and sources; her family when nobody of it is left.
    ///
    /// # Errors
    /// [`NotDone`] for an unknown person or a store that refuses.
    pub async fn remove_person(&self, person: PersonId) -> Result<(), NotDone> {
        self.perform(move |sharing| {
            let follows = sharing.register.read().follows_of(person).to_vec();
            let mut facts = sharing.ending(&follows);
            let rows = sharing.register.read();
            let row = rows.person(person).cloned().ok_or(NotDone::Unknown("person"))?;
            let credentials =
                rows.credentials_for(|grant| grant == Grant::Publish(person)).map(|(id, _)| RowKey::of(id));
            let sources = rows.sources_of(person).iter().cloned().map(|source| Row::Source(source).key());
            facts.extend(credentials.chain(sources).map(Fact::Removed));
            let family = row.family;
            facts.push(Fact::Removed(Row::Person(row).key()));
            if !rows.people().any(|other| other.family == family && other.id != person) {
                facts.extend(rows.family(family).cloned().map(|row| Fact::Removed(Row::Family(row).key())));
            }
            facts.push(Fact::PersonForgotten(person));
            Ok((facts, ()))
        })
        .await
    }

    /// What the page of an invitation shows. Looking changes nothing.
    ///
    /// # Errors
    /// [`NotDone`] when there is no such invitation or it is over.
    pub fn invitation(&self, secret: &str) -> Result<InvitationView, NotDone> {
        let rows = self.register.read();
        let Some(SecretOf::Invitation(id)) = rows.owner_of(&self.key.hash(purpose::INVITATION, secret)) else {
            return Err(NotDone::NoInvitation);
        };
        let invitation = rows.invitation(id).ok_or(NotDone::NoInvitation)?;
        invitation.check(self.clock.now()).map_err(NotDone::InvitationOver)?;
        let account = rows.account(invitation.account).cloned().ok_or(NotDone::NoInvitation)?;
        let people: Vec<&Person> =
            rows.follows_by(account.id).filter_map(|follow| rows.person(follow.person)).collect();
        Ok(InvitationView {
            family: rows.family(account.family).map_or_else(String::new, |family| family.name.clone()),
            demo: !people.is_empty() && people.iter().all(|person| person.demo),
            people: people.into_iter().map(|person| person.name.clone()).collect(),
            account,
        })
    }

    /// Binds a device to the invited account and returns the device's secret.
    ///
    /// # Errors
    /// [`NotDone`] when there is no such invitation, it is over, or the store refuses.
    pub async fn bind(&self, secret: &str) -> Result<String, NotDone> {
        let hash = self.key.hash(purpose::INVITATION, secret);
        self.perform(move |sharing| {
            let rows = sharing.register.read();
            let Some(SecretOf::Invitation(id)) = rows.owner_of(&hash) else { return Err(NotDone::NoInvitation) };
            let mut invitation = rows.invitation(id).cloned().ok_or(NotDone::NoInvitation)?;
            drop(rows);
            let now = sharing.clock.now();
            invitation.check(now).map_err(NotDone::InvitationOver)?;
            invitation.devices_bound += 1;
            let secret = generate(&*sharing.chance);
            let device = Device {
                id: DeviceId::from_random(sharing.chance.number()),
                account: invitation.account,
                secret_hash: sharing.key.hash(purpose::DEVICE, &secret),
                bound_at: now,
            };
            Ok((vec![changed(Row::Invitation(invitation)), changed(Row::Device(device))], secret))
        })
        .await
    }

    /// Ends a device: its secret opens nothing any more. False when there is no such device.
    ///
    /// # Errors
    /// [`Unavailable`] when the store refuses.
    pub async fn unbind(&self, secret: &str) -> Result<bool, Unavailable> {
        let hash = self.key.hash(purpose::DEVICE, secret);
        self.perform(move |sharing| {
            let rows = sharing.register.read();
            let Some(SecretOf::Device(id)) = rows.owner_of(&hash) else { return Ok((vec![], false)) };
            let facts: Vec<Fact> =
                rows.device(id).cloned().map(|device| Fact::Removed(Row::Device(device).key())).into_iter().collect();
            let found = !facts.is_empty();
            Ok((facts, found))
        })
        .await
        .map_err(|not_done| {
            if let NotDone::Unavailable(unavailable) = not_done { unavailable } else { Unavailable::STOPPING }
        })
    }

    /// All families, people, follows and accounts, as the operator's lists show them.
    pub fn register(&self) -> &Register {
        &self.register
    }
}
