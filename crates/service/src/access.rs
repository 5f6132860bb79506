//! From what a caller presents to who they are, and from who they are to what they may do.
//! Sessions are not stored: they are a keyed hash over credential and day.

mod guesses;

use crate::clock::Clock;
use crate::register::{Register, SecretOf};
use crate::secret::Key;
use guesses::Guesses;
use keepwatch_model::id::{CredentialId, PersonId};
use keepwatch_model::sharing::{Caller, Grant, Permit, Power, permit};
use keepwatch_model::time::Day;
use std::net::IpAddr;
use std::sync::Arc;

/// A Share session is valid on its issue day and so many days after.
const SESSION_DAYS_AFTER: i32 = 2;
/// Digits of a Nightscout access token that decide.
const TOKEN_DIGITS: usize = 16;

/// Purposes that keep hashes of different secrets apart.
pub(crate) mod purpose {
    pub(crate) const TOKEN: &str = "token";
    pub(crate) const SHARE_PASSWORD: &str = "share password";
    pub(crate) const NIGHTSCOUT_DIGEST: &str = "nightscout digest";
    pub(crate) const DEVICE: &str = "device";
    pub(crate) const INVITATION: &str = "invitation";
    pub(super) const SHARE_ACCOUNT: &str = "share account";
    pub(super) const SHARE_SESSION: &str = "share session";
}

/// Why a Share session opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionOver {
    /// We never gave it, or its credential was removed.
    Unknown,
    /// Its days are over.
    TimedOut,
}

/// Knows who is asking.
#[derive(Clone)]
pub struct Access {
    register: Arc<Register>,
    key: Key,
    clock: Arc<dyn Clock>,
    guesses: Arc<Guesses>,
}

impl Access {
    pub(crate) fn new(register: Arc<Register>, key: Key, clock: Arc<dyn Clock>) -> Self {
        Self { register, key, clock, guesses: Arc::default() }
    }

    fn caller(&self, id: CredentialId) -> Option<Caller> {
        Some(match self.register.read().credential(id)?.grant {
            Grant::Publish(person) => Caller::Publisher(person),
            Grant::Read(follow) => Caller::Reader(follow),
            Grant::Account(account) => Caller::Program(account),
        })
    }

    fn credential_of(&self, hash: &str) -> Option<CredentialId> {
        match self.register.read().owner_of(hash)? {
            SecretOf::Credential(id) => Some(id),
            SecretOf::Device(_) | SecretOf::Invitation(_) => None,
        }
    }

    /// The caller of a bearer token of our own API.
    pub fn by_token(&self, token: &str) -> Option<Caller> {
        self.caller(self.credential_of(&self.key.hash(purpose::TOKEN, token))?)
    }

    /// The caller of a bound device's secret.
    pub fn by_device(&self, secret: &str) -> Option<Caller> {
        let rows = self.register.read();
        match rows.owner_of(&self.key.hash(purpose::DEVICE, secret))? {
            SecretOf::Device(id) => Some(Caller::Account(rows.device(id)?.account)),
            SecretOf::Credential(_) | SecretOf::Invitation(_) => None,
        }
    }

    /// The credential of a Share name and password.
    pub fn share_login(&self, user_name: &str, password: &str) -> Option<CredentialId> {
        let rows = self.register.read();
        let found = rows.credential_of_share_name(user_name);
        // An unknown name costs the same hash as a known one.
        let hash = self.key.hash(purpose::SHARE_PASSWORD, password);
        found.filter(|(_, pass)| pass.has_password(&hash)).map(|(id, _)| id)
    }

    /// The credential of a Share account id and password.
    pub fn share_login_by_account(&self, account: u128, password: &str) -> Option<CredentialId> {
        let id = CredentialId::from_random((account >> 88) as u64);
        let rows = self.register.read();
        let pass = rows.credential(id)?;
        let hash = self.key.hash(purpose::SHARE_PASSWORD, password);
        (self.share_account(id) == account && pass.has_password(&hash)).then_some(id)
    }

    /// The constant account id of a Share credential, in the shape of a UUID.
    pub fn share_account(&self, id: CredentialId) -> u128 {
        let mac = self.key.mac(purpose::SHARE_ACCOUNT, &id.number().to_be_bytes());
        u128::from(id.number()) << 88 | high_bits(&mac, 88)
    }

    /// Today's session of a Share credential, in the shape of a UUID.
    pub fn share_session(&self, id: CredentialId) -> u128 {
        self.session_of(id, self.clock.now().day())
    }

    fn session_of(&self, id: CredentialId, day: Day) -> u128 {
        let day = day.number() as u16;
        let proven = [&id.number().to_be_bytes()[..], &day.to_be_bytes()].concat();
        let mac = self.key.mac(purpose::SHARE_SESSION, &proven);
        u128::from(id.number()) << 88 | u128::from(day) << 72 | high_bits(&mac, 72)
    }

    /// The caller of a Share session.
    ///
    /// # Errors
    /// [`SessionOver`] when it is not ours or its days are over.
    pub fn by_share_session(&self, session: u128) -> Result<Caller, SessionOver> {
        let id = CredentialId::from_random((session >> 88) as u64);
        let issued = Day::from_number(i32::from((session >> 72) as u16));
        if self.session_of(id, issued) != session {
            return Err(SessionOver::Unknown);
        }
        let caller = self.caller(id).ok_or(SessionOver::Unknown)?;
        let age_days = self.clock.now().day().number() - issued.number();
        if (0..=SESSION_DAYS_AFTER).contains(&age_days) { Ok(caller) } else { Err(SessionOver::TimedOut) }
    }

    /// The caller of what a Nightscout client presents: SHA-1 or SHA-512 of its secret in hex, or an access token
    /// (also `token=…`, and the SHA-1 of an access token).
    pub fn by_nightscout(&self, presented: &str) -> Option<Caller> {
        let presented = presented.strip_prefix("token=").unwrap_or(presented).to_ascii_lowercase();
        let digits = presented.rsplit('-').next().unwrap_or_default();
        let by_token = (digits.len() >= TOKEN_DIGITS && digits.is_ascii()).then(|| &digits[..TOKEN_DIGITS]);
        let find = |text: &str| self.credential_of(&self.key.hash(purpose::NIGHTSCOUT_DIGEST, text));
        let id = find(&presented).or_else(|| by_token.filter(|_| presented.contains('-')).and_then(find))?;
        self.caller(id)
    }

    /// The proof that the caller may use a power on a person.
    pub fn permit(&self, caller: Caller, power: Power, person: PersonId) -> Option<Permit> {
        let rows = self.register.read();
        rows.person(person)?;
        permit(caller, power, person, rows.follows_of(person))
    }

    /// The one person that a caller's credential selects; `None` where it may see several or nobody.
    pub fn person_of(&self, caller: Caller) -> Option<PersonId> {
        match self.people_of(caller).as_slice() {
            [person] => Some(*person),
            _ => None,
        }
    }

    /// Everyone whom the caller may see, in the order in which they were shared.
    pub fn people_of(&self, caller: Caller) -> Vec<PersonId> {
        let rows = self.register.read();
        match caller {
            Caller::Publisher(person) => rows.person(person).map(|person| person.id).into_iter().collect(),
            Caller::Reader(follow) => rows.follow(follow).map(|follow| follow.person).into_iter().collect(),
            Caller::Account(account) | Caller::Program(account) => {
                rows.follows_by(account).filter(|f| f.powers.contains(&Power::See)).map(|f| f.person).collect()
            }
        }
    }

    /// The person of a slug.
    pub fn by_slug(&self, slug: &str) -> Option<PersonId> {
        self.register.read().person_of_slug(slug)
    }

    /// The zone that a person lives in, by its IANA name.
    pub fn time_zone_of(&self, person: PersonId) -> Option<String> {
        self.register.read().person(person).map(|person| person.time_zone.clone())
    }

    /// How long, in milliseconds, a guesser of this name at this address must wait; `None` when not at all.
    pub fn guess_wait_ms(&self, name: &str, from: IpAddr) -> Option<i64> {
        self.guesses.wait_ms(name, from, self.clock.now())
    }

    /// Notes a wrong guess.
    pub fn guessed_wrong(&self, name: &str, from: IpAddr) {
        self.guesses.missed(name, from, self.clock.now());
    }
}

/// The first `bits` bits of a hash.
fn high_bits(mac: &[u8; 32], bits: u32) -> u128 {
    let first: [u8; 16] = mac[..16].try_into().expect("a hash has 32 bytes");
    u128::from_be_bytes(first) >> (128 - bits)
}

#[cfg(test)]
mod tests;
