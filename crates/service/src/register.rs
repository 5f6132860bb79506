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

/// All rows, with the ways to find them.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    families: HashMap<FamilyId, Family>,
    people: HashMap<PersonId, Person>,
    accounts: HashMap<AccountId, Account>,
    devices: HashMap<DeviceId, Device>,
    follows: HashMap<FollowId, Follow>,
    follows_of_person: HashMap<PersonId, Vec<Follow>>,
    follows_of_account: HashMap<AccountId, Vec<FollowId>>,
    invitations: HashMap<InvitationId, Invitation>,
    credentials: HashMap<CredentialId, Credential>,
    sources: HashMap<PersonId, Vec<Source>>,
    by_secret: HashMap<String, SecretOf>,
    by_share_name: HashMap<String, CredentialId>,
    by_slug: HashMap<String, PersonId>,
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

/// The keyed hashes under which a credential is found.
fn hashes(credential: &Credential) -> Vec<&String> {
    match &credential.form {
        Form::Token { hash } | Form::NightscoutSubject { hash, .. } => vec![hash],
        Form::NightscoutSecret { sha1_hash, sha512_hash, .. } => vec![sha1_hash, sha512_hash],
        Form::SharePassword { .. } => vec![],
    }
}

impl Rows {
    fn put(&mut self, row: Row) {
        self.remove(row.key());
        match row {
            Row::Family(row) => drop(self.families.insert(row.id, row)),
            Row::Person(row) => {
                self.by_slug.insert(row.slug.clone(), row.id);
                self.people.insert(row.id, row);
            }
            Row::Account(row) => drop(self.accounts.insert(row.id, row)),
            Row::Device(row) => {
                self.by_secret.insert(row.secret_hash.clone(), SecretOf::Device(row.id));
                self.devices.insert(row.id, row);
            }
            Row::Follow(row) => {
                self.follows_of_person.entry(row.person).or_default().push(row.clone());
                self.follows_of_account.entry(row.account).or_default().push(row.id);
                self.follows.insert(row.id, row);
            }
            Row::Invitation(row) => {
                self.by_secret.insert(row.secret_hash.clone(), SecretOf::Invitation(row.id));
                self.invitations.insert(row.id, row);
            }
            Row::Credential(row) => {
                for hash in hashes(&row) {
                    self.by_secret.insert(hash.clone(), SecretOf::Credential(row.id));
                }
                if let Form::SharePassword { user_name, .. } = &row.form {
                    self.by_share_name.insert(user_name.clone(), row.id);
                }
                self.credentials.insert(row.id, row);
            }
            Row::Source(row) => {
                let sources = self.sources.entry(row.person).or_default();
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
                    self.by_slug.remove(&person.slug);
                }
            }
            'a' => drop(self.accounts.remove(&AccountId::from_random(number))),
            'd' => {
                if let Some(device) = self.devices.remove(&DeviceId::from_random(number)) {
                    self.by_secret.remove(&device.secret_hash);
                }
            }
            'f' => self.remove_follow(FollowId::from_random(number)),
            'i' => {
                if let Some(invitation) = self.invitations.remove(&InvitationId::from_random(number)) {
                    self.by_secret.remove(&invitation.secret_hash);
                }
            }
            'k' => self.remove_credential(CredentialId::from_random(number)),
            's' => self.sources.values_mut().for_each(|sources| sources.retain(|s| s.id.number() != number)),
            _ => {}
        }
    }

    fn remove_follow(&mut self, id: FollowId) {
        let Some(follow) = self.follows.remove(&id) else { return };
        if let Some(follows) = self.follows_of_person.get_mut(&follow.person) {
            follows.retain(|other| other.id != id);
        }
        if let Some(follows) = self.follows_of_account.get_mut(&follow.account) {
            follows.retain(|other| *other != id);
        }
    }

    fn remove_credential(&mut self, id: CredentialId) {
        let Some(credential) = self.credentials.remove(&id) else { return };
        for hash in hashes(&credential) {
            self.by_secret.remove(hash);
        }
        if let Form::SharePassword { user_name, .. } = &credential.form {
            self.by_share_name.remove(user_name);
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
        self.follows.get(&id)
    }

    /// The follows of one person.
    pub fn follows_of(&self, person: PersonId) -> &[Follow] {
        self.follows_of_person.get(&person).map_or(&[], Vec::as_slice)
    }

    /// The follows of one account, oldest first.
    pub fn follows_by(&self, account: AccountId) -> impl Iterator<Item = &Follow> {
        self.follows_of_account.get(&account).into_iter().flatten().filter_map(|id| self.follows.get(id))
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
    pub fn credential(&self, id: CredentialId) -> Option<&Credential> {
        self.credentials.get(&id)
    }

    /// All credentials with a grant that `wanted` accepts.
    pub fn credentials_for(&self, wanted: impl Fn(Grant) -> bool) -> impl Iterator<Item = &Credential> {
        self.credentials.values().filter(move |credential| wanted(credential.grant))
    }

    /// The credential of a Share name.
    pub fn credential_of_share_name(&self, user_name: &str) -> Option<&Credential> {
        self.credentials.get(self.by_share_name.get(user_name)?)
    }

    /// Whose secret has this keyed hash.
    pub fn owner_of(&self, hash: &str) -> Option<SecretOf> {
        self.by_secret.get(hash).copied()
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
