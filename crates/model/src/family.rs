//! The tenant and its people: family, person, account, device.
//! Names are text that people chose; they never decide anything.

use crate::glucose::Unit;
use crate::id::{AccountId, DeviceId, FamilyId, PersonId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Limit: characters in a name of a person, family, account or device; a longer one is refused at the door.
pub const NAME_MAX_CHARACTERS: usize = 80;

/// The tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// Its id.
    pub id: FamilyId,
    /// What it calls itself.
    pub name: String,
}

/// Whose glucose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Her id.
    pub id: PersonId,
    /// Her family.
    pub family: FamilyId,
    /// Her name as followers see it.
    pub name: String,
    /// The unit that her family speaks.
    pub unit: Unit,
    /// IANA name of the zone she lives in.
    pub time_zone: String,
    /// Random, server-unique `[a-z0-9-]`: selects her where a client sends no credential.
    pub slug: String,
    /// She does not exist: a simulated person.
    #[serde(default)]
    pub demo: bool,
}

/// A human who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The family that invited it first.
    pub family: FamilyId,
    /// How others know this human.
    pub name: String,
    /// The unit this human reads.
    pub unit: Unit,
}

/// A browser, app or terminal bound to one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub account: AccountId,
    /// Keyed hash of its secret, hex.
    pub secret_hash: String,
    /// When it was bound.
    pub bound_at: Timestamp,
}

/// A name without edges of blank, or `None` when it is empty, too long or holds control characters.
pub fn checked_name(text: &str) -> Option<String> {
    let name = text.trim();
    let good = !name.is_empty() && name.chars().count() <= NAME_MAX_CHARACTERS && !name.chars().any(char::is_control);
    good.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(checked_name("  Ada "), Some("Ada".to_owned()));
        assert_eq!(checked_name("\u{7}Ada"), None);
        assert_eq!(checked_name("  "), None);
        assert_eq!(checked_name(&"ä".repeat(81)), None);
        assert!(checked_name(&"ä".repeat(80)).is_some());
    }
}
