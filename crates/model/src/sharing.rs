//! Who may see whom: follows, invitations, credentials, and the proof that a caller may do a thing.
//! A [`Permit`] can only be had from [`permit`]; who asks for readings must hold one.

use crate::id::{AccountId, CredentialId, FollowId, InvitationId, PersonId};
use crate::time::{HOUR_MS, Timestamp};
use serde::{Deserialize, Serialize};

/// How long an invitation lets devices in.
pub const INVITATION_LIFE_MS: i64 = 72 * HOUR_MS;
/// Limit: devices that one invitation binds; the next one is told to ask for a new invitation.
pub const INVITATION_DEVICES_MAX: u8 = 5;

/// What a follow lets somebody do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// See readings.
    See,
    /// Answer alerts and note meter checks.
    Answer,
    /// Change settings of the person.
    Configure,
    /// Invite others.
    Invite,
    /// Send readings.
    Publish,
}

impl Power {
    /// What an invited follower may do at first.
    pub const FOLLOWER: [Self; 2] = [Self::See, Self::Answer];
    /// What an owner may do.
    pub const OWNER: [Self; 5] = [Self::See, Self::Answer, Self::Configure, Self::Invite, Self::Publish];
}

/// One account's accepted right to see one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// Its id.
    pub id: FollowId,
    /// Who follows.
    pub account: AccountId,
    /// Who is followed.
    pub person: PersonId,
    /// What the follower may do.
    pub powers: Vec<Power>,
}

/// A link that binds devices to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// To whose account it binds a device.
    pub account: AccountId,
    /// Keyed hash of the link's secret, hex.
    pub secret_hash: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// How many devices it has bound.
    pub devices_bound: u8,
}

/// Why an invitation lets nobody in any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationOver {
    /// It is older than 72 hours.
    Expired,
    /// It has bound as many devices as it may.
    UsedUp,
}

impl Invitation {
    /// Whether it still lets a device in at `now`.
    pub fn check(&self, now: Timestamp) -> Result<(), InvitationOver> {
        if now.ms_since(self.issued_at) > INVITATION_LIFE_MS {
            Err(InvitationOver::Expired)
        } else if self.devices_bound >= INVITATION_DEVICES_MAX {
            Err(InvitationOver::UsedUp)
        } else {
            Ok(())
        }
    }
}

/// What a credential is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// To publish for, and read, one person.
    Publish(PersonId),
    /// To read through one follow.
    Read(FollowId),
    /// To read all that one account follows.
    Account(AccountId),
}

/// The form in which a program presents its credential. Only keyed hashes are kept, in hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A bearer token of our own API.
    Token {
        /// Hash of the token.
        hash: String,
    },
    /// Name and password of Dexcom Share.
    SharePassword {
        /// The name, unique on the server.
        user_name: String,
        /// Hash of the password.
        hash: String,
    },
    /// A Nightscout API secret.
    NightscoutSecret {
        /// Hash of its SHA-1 in hex.
        sha1_hash: String,
        /// Hash of its SHA-512 in hex.
        sha512_hash: String,
        /// Its SHA-1 in hex, sealed with the key file: clients' access tokens derive from it.
        sealed_sha1: String,
    },
    /// A Nightscout access token that derives from the secret and a subject.
    NightscoutSubject {
        /// 24 hex digits.
        subject: String,
        /// Hash of the derived 16 hex digits.
        hash: String,
        /// Hash of the SHA-1 of the whole token: some clients send that in the place of the secret's.
        #[serde(default)]
        token_sha1_hash: String,
    },
}

/// What a program presents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// What it is for.
    pub grant: Grant,
    /// In which form.
    pub form: Form,
    /// When it was made.
    pub made_at: Timestamp,
}

/// Who is asking, once proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A program that publishes for one person.
    Publisher(PersonId),
    /// A program that reads through one follow.
    Reader(FollowId),
    /// A program that reads all that one account follows.
    Program(AccountId),
    /// A human's device.
    Account(AccountId),
}

/// The proof that a caller may do one thing with one person. It cannot be made up: only [`permit`] gives one out.
///
/// ```compile_fail
/// use keepwatch_model::id::PersonId;
/// use keepwatch_model::sharing::{Permit, Power};
/// let forged = Permit { person: PersonId::from_random(1), power: Power::See };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    person: PersonId,
    power: Power,
}

impl Permit {
    /// Whose.
    pub const fn person(&self) -> PersonId {
        self.person
    }

    /// What.
    pub const fn power(&self) -> Power {
        self.power
    }
}

/// The proof that `caller` may use `power` on `person`, given the follows of that person; `None` where they may not.
pub fn permit(caller: Caller, power: Power, person: PersonId, follows: &[Follow]) -> Option<Permit> {
    let may = match caller {
        Caller::Publisher(own) => own == person && matches!(power, Power::Publish | Power::See | Power::Answer),
        Caller::Reader(follow) => {
            power == Power::See
                && follows.iter().any(|f| f.id == follow && f.person == person && f.powers.contains(&power))
        }
        Caller::Program(account) => {
            power == Power::See
                && follows.iter().any(|f| f.account == account && f.person == person && f.powers.contains(&power))
        }
        Caller::Account(account) => {
            follows.iter().any(|f| f.account == account && f.person == person && f.powers.contains(&power))
        }
    };
    may.then_some(Permit { person, power })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn follow(account: u64, person: u64, powers: &[Power]) -> Follow {
        Follow {
            id: FollowId::from_random(account * 100 + person),
            account: AccountId::from_random(account),
            person: PersonId::from_random(person),
            powers: powers.to_vec(),
        }
    }

    #[test]
    fn a_follow_opens_one_person_and_its_powers_only() {
        let follows = [follow(1, 1, &Power::FOLLOWER)];
        let may = |power, person| {
            permit(Caller::Account(AccountId::from_random(1)), power, PersonId::from_random(person), &follows)
        };
        assert!(may(Power::See, 1).is_some());
        assert!(may(Power::See, 2).is_none());
        assert!(may(Power::Publish, 1).is_none());
    }

    #[test]
    fn a_reading_program_never_writes_whatever_its_follow_may() {
        let follows = [follow(1, 1, &Power::OWNER)];
        for caller in [Caller::Reader(follows[0].id), Caller::Program(follows[0].account)] {
            assert!(permit(caller, Power::See, PersonId::from_random(1), &follows).is_some());
            for power in [Power::Publish, Power::Answer, Power::Configure, Power::Invite] {
                assert!(permit(caller, power, PersonId::from_random(1), &follows).is_none());
            }
        }
    }

    #[test]
    fn an_invitation_ends_by_age_and_by_use() {
        let now = Timestamp::from_ms(1_764_000_000_000);
        let fresh = Invitation {
            id: InvitationId::from_random(1),
            account: AccountId::from_random(1),
            secret_hash: String::new(),
            issued_at: now,
            devices_bound: 4,
        };
        assert_eq!(fresh.check(now.plus_ms(INVITATION_LIFE_MS)), Ok(()));
        assert_eq!(fresh.check(now.plus_ms(INVITATION_LIFE_MS + 1)), Err(InvitationOver::Expired));
        assert_eq!(Invitation { devices_bound: 5, ..fresh }.check(now), Err(InvitationOver::UsedUp));
    }

    proptest! {
        #[test]
        fn nobody_sees_whom_they_do_not_follow(account in 0_u64..4, person in 0_u64..4, pairs in proptest::collection::vec((0_u64..4, 0_u64..4), 0..6)) {
            let follows: Vec<Follow> = pairs.iter().map(|(a, p)| follow(*a, *p, &Power::FOLLOWER)).collect();
            let may = permit(Caller::Account(AccountId::from_random(account)), Power::See, PersonId::from_random(person), &follows);
            prop_assert_eq!(may.is_some(), pairs.contains(&(account, person)));
        }
    }
}
