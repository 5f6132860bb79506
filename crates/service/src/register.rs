//! Families, people, accounts, follows, credentials and sources in memory, folded from the versioned rows.
//! It answers who is who; it never writes.

use keepwatch_model::fact::Fact;
use keepwatch_model::family::{Account, Device, Family, Person};
use keepwatch_model::id::{AccountId, CredentialId, DeviceId, FamilyId, FollowId, InvitationId, PersonId, SourceId};
use keepwatch_model::row::{Row, RowKey};
use keepwatch_model::sharing::{Credential, Follow, Form, Grant, Invitation};
use keepwatch_model::source::{Protocol, Source};
use std::collections::HashMap;
use std::sync::{RwLock, RwLockReadGuard};

/// Whose secret a keyed hash belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretOf {
    /// A program's credential.
    Credential(CredentialId),
    /// A bound device.
    Device(DeviceId),
    /// An invitation's link.
    Invitation(InvitationId),
}

/// A keyed hash as memory holds it: 128 bits of it tell secrets apart as surely as all do.
type Fingerprint = u128;

/// A credential as memory holds it: what it opens, and no more of its secret than is needed to know it again.
#[derive(Clone, Debug)]
pub struct Pass {
    /// What it is for.
    pub grant: Grant,
    form: PassForm,
}

#[derive(Clone, Debug)]
enum PassForm {
    Presented,
    Password(Fingerprint),
    Sealed(Box<str>),
}

impl Pass {
    /// Whether this is the keyed hash of its password.
    pub fn has_password(&self, hash: &str) -> bool {
        // Both sides are keyed hashes, so the time that this takes tells nothing of the password.
        matches!((&self.form, fingerprint(hash)), (PassForm::Password(known), Some(given)) if *known == given)
    }

    /// The sealed SHA-1 of a Nightscout secret, where it is one.
    pub fn sealed(&self) -> Option<&str> {
        if let PassForm::Sealed(sealed) = &self.form { Some(sealed) } else { None }
    }
}

/// The first 128 bits of a hash in hex; `None` when it is none.
fn fingerprint(hash: &str) -> Option<Fingerprint> {
    Fingerprint::from_str_radix(hash.get(..32)?, 16).ok()
}

/// All rows, with the ways to find them.
///
/// The fingerprint of a removed secret stays until the next start; it leads to an id that is gone, which opens nothing.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    families: HashMap<FamilyId, Family>,
    people: HashMap<PersonId, Person>,
    accounts: HashMap<AccountId, Account>,
    devices: HashMap<DeviceId, Device>,
    followed: HashMap<FollowId, PersonId>,
    follows_of_person: HashMap<PersonId, Vec<Follow>>,
    follows_of_account: HashMap<AccountId, Vec<FollowId>>,
    invitations: HashMap<InvitationId, Invitation>,
    credentials: HashMap<CredentialId, Pass>,
    sources: HashMap<PersonId, Vec<Source>>,
    by_secret: HashMap<Fingerprint, SecretOf>,
    by_share_name: HashMap<Box<str>, CredentialId>,
    by_slug: HashMap<Box<str>, PersonId>,
}

/// The rows behind a lock.
#[derive(Debug, Default)]
pub struct Register(RwLock<Rows>);

impl Register {
    /// A register of these rows.
    pub fn of(rows: Vec<Row>) -> Self {
        let register = Self::default();
        let mut held = register.0.write().expect("no holder panics");
        rows.into_iter().for_each(|row| held.put(row));
        drop(held);
        register
    }

    /// The rows as they stand; hold this for microseconds only.
    pub fn read(&self) -> RwLockReadGuard<'_, Rows> {
        self.0.read().expect("no holder panics")
    }

    /// Takes in what a fact says of rows; other facts change nothing.
    pub fn apply(&self, fact: &Fact) {
        match fact {
            Fact::Changed(row) => self.0.write().expect("no holder panics").put((**row).clone()),
            Fact::Removed(key) => self.0.write().expect("no holder panics").remove(*key),
            Fact::PersonForgotten(person) => {
                self.0.write().expect("no holder panics").sources.remove(person);
            }
            _ => {}
        }
    }
}

impl Rows {
    fn put(&mut self, row: Row) {
        if !matches!(row, Row::Source(_)) {
            self.remove(row.key());
        }
        match row {
            Row::Family(row) => drop(self.families.insert(row.id, row)),
            Row::Person(row) => {
                self.by_slug.insert(row.slug.as_str().into(), row.id);
                self.people.insert(row.id, row);
            }
            Row::Account(row) => drop(self.accounts.insert(row.id, row)),
            Row::Device(row) => {
                self.secret(&row.secret_hash, SecretOf::Device(row.id));
                self.devices.insert(row.id, row);
            }
            Row::Follow(row) => {
                self.followed.insert(row.id, row.person);
                self.follows_of_account.entry(row.account).or_default().push(row.id);
                self.follows_of_person.entry(row.person).or_default().push(row);
            }
            Row::Invitation(row) => {
                self.secret(&row.secret_hash, SecretOf::Invitation(row.id));
                self.invitations.insert(row.id, row);
            }
            Row::Credential(row) => self.put_credential(row),
            Row::Source(row) => {
                let sources = self.sources.entry(row.person).or_default();
                sources.retain(|known| known.id != row.id);
                sources.push(row);
                sources.sort_by_key(|source| (source.priority, source.id));
            }
        }
    }

    fn remove(&mut self, key: RowKey) {
        let number = key.number;
        match key.kind {
            'm' => drop(self.families.remove(&FamilyId::from_random(number))),
            'p' => {
                if let Some(person) = self.people.remove(&PersonId::from_random(number)) {
                    self.by_slug.remove(person.slug.as_str());
                }
            }
            'a' => drop(self.accounts.remove(&AccountId::from_random(number))),
            'd' => drop(self.devices.remove(&DeviceId::from_random(number))),
            'f' => self.remove_follow(FollowId::from_random(number)),
            'i' => drop(self.invitations.remove(&InvitationId::from_random(number))),
            'k' => drop(self.credentials.remove(&CredentialId::from_random(number))),
            's' => self.sources.values_mut().for_each(|sources| sources.retain(|s| s.id.number() != number)),
            _ => {}
        }
    }

    fn remove_follow(&mut self, id: FollowId) {
        let Some(person) = self.followed.remove(&id) else { return };
        let Some(follows) = self.follows_of_person.get_mut(&person) else { return };
        let Some(at) = follows.iter().position(|follow| follow.id == id) else { return };
        let follow = follows.remove(at);
        if let Some(follows) = self.follows_of_account.get_mut(&follow.account) {
            follows.retain(|other| *other != id);
        }
    }

    fn put_credential(&mut self, row: Credential) {
        let owner = SecretOf::Credential(row.id);
        let form = match row.form {
            Form::Token { hash } => {
                self.secret(&hash, owner);
                PassForm::Presented
            }
            Form::NightscoutSubject { hash, token_sha1_hash, .. } => {
                self.secret(&hash, owner);
                self.secret(&token_sha1_hash, owner);
                PassForm::Presented
            }
            Form::NightscoutSecret { sha1_hash, sha512_hash, sealed_sha1 } => {
                self.secret(&sha1_hash, owner);
                self.secret(&sha512_hash, owner);
                PassForm::Sealed(sealed_sha1.into())
            }
            Form::SharePassword { user_name, hash } => {
                self.by_share_name.insert(user_name.into(), row.id);
                fingerprint(&hash).map_or(PassForm::Presented, PassForm::Password)
            }
        };
        self.credentials.insert(row.id, Pass { grant: row.grant, form });
    }

    fn secret(&mut self, hash: &str, owner: SecretOf) {
        if let Some(fingerprint) = fingerprint(hash) {
            self.by_secret.insert(fingerprint, owner);
        }
    }

    /// The family of an id.
    pub fn family(&self, id: FamilyId) -> Option<&Family> {
        self.families.get(&id)
    }

    /// All families.
    pub fn families(&self) -> impl Iterator<Item = &Family> {
        self.families.values()
    }

    /// The person of an id.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.get(&id)
    }

    /// All people.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// The person of a slug.
    pub fn person_of_slug(&self, slug: &str) -> Option<PersonId> {
        self.by_slug.get(slug).copied()
    }

    /// The account of an id.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// All accounts.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// The device of an id.
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.get(&id)
    }

    /// All devices of an account.
    pub fn devices_of(&self, account: AccountId) -> impl Iterator<Item = &Device> {
        self.devices.values().filter(move |device| device.account == account)
    }

    /// The follow of an id.
    pub fn follow(&self, id: FollowId) -> Option<&Follow> {
        self.follows_of(*self.followed.get(&id)?).iter().find(|follow| follow.id == id)
    }

    /// The follows of one person.
    pub fn follows_of(&self, person: PersonId) -> &[Follow] {
        self.follows_of_person.get(&person).map_or(&[], Vec::as_slice)
    }

    /// The follows of one account, oldest first.
    pub fn follows_by(&self, account: AccountId) -> impl Iterator<Item = &Follow> {
        self.follows_of_account.get(&account).into_iter().flatten().filter_map(|id| self.follow(*id))
    }

    /// The invitation of an id.
    pub fn invitation(&self, id: InvitationId) -> Option<&Invitation> {
        self.invitations.get(&id)
    }

    /// All invitations to an account.
    pub fn invitations_to(&self, account: AccountId) -> impl Iterator<Item = &Invitation> {
        self.invitations.values().filter(move |invitation| invitation.account == account)
    }

    /// The credential of an id.
    pub fn credential(&self, id: CredentialId) -> Option<&Pass> {
        self.credentials.get(&id)
    }

    /// All credentials with a grant that `wanted` accepts.
    pub fn credentials_for(&self, wanted: impl Fn(Grant) -> bool) -> impl Iterator<Item = (CredentialId, &Pass)> {
        self.credentials.iter().filter(move |(_, pass)| wanted(pass.grant)).map(|(id, pass)| (*id, pass))
    }

    /// The credential of a Share name.
    pub fn credential_of_share_name(&self, user_name: &str) -> Option<(CredentialId, &Pass)> {
        let id = *self.by_share_name.get(user_name)?;
        Some((id, self.credentials.get(&id)?))
    }

    /// Whether a Share name is taken.
    pub fn share_name_is_taken(&self, user_name: &str) -> bool {
        self.by_share_name.contains_key(user_name)
    }

    /// Whose secret has this keyed hash.
    pub fn owner_of(&self, hash: &str) -> Option<SecretOf> {
        self.by_secret.get(&fingerprint(hash)?).copied()
    }

    /// The sources of one person, the first in priority first.
    pub fn sources_of(&self, person: PersonId) -> &[Source] {
        self.sources.get(&person).map_or(&[], Vec::as_slice)
    }

    /// The source of one person by its id.
    pub fn source(&self, person: PersonId, id: SourceId) -> Option<&Source> {
        self.sources_of(person).iter().find(|source| source.id == id)
    }

    /// The source of one person by its door and device.
    pub fn source_named(&self, person: PersonId, protocol: Protocol, device: &str) -> Option<&Source> {
        self.sources_of(person).iter().find(|source| source.protocol == protocol && source.device == device)
    }
}
