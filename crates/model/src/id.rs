//! Names that machines give: opaque, random, never made from the time.
//! Written as a prefix that tells the kind and base 32 digits without look-alikes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Digits of an id: no i, l, o or u, so that a person can read one aloud.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The text is not an id of the kind that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not an id of the expected kind")
    }
}

impl std::error::Error for NotAnId {}

fn write_digits(number: u64, bits: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for position in (0..bits.div_ceil(5)).rev() {
        let digit = (number >> (position * 5)) & 31;
        fmt::Write::write_char(f, char::from(DIGITS[digit as usize]))?;
    }
    Ok(())
}

fn read_digits(text: &str, bits: u32) -> Result<u64, NotAnId> {
    if text.len() != bits.div_ceil(5) as usize {
        return Err(NotAnId);
    }
    text.bytes().try_fold(0_u64, |number, byte| {
        let digit = DIGITS.iter().position(|d| *d == byte.to_ascii_lowercase()).ok_or(NotAnId)?;
        Ok(number << 5 | digit as u64)
    })
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $bits:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// The id made of these random bits; those beyond its size are dropped.
            pub const fn from_random(bits: u64) -> Self {
                Self(bits & ((1 << $bits) - 1))
            }

            /// The id as a number, as stores keep it.
            pub const fn number(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                write_digits(self.0, $bits, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                read_digits(text.strip_prefix($prefix).ok_or(NotAnId)?, $bits).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(/** A tenant. */ FamilyId, "fam_", 60);
id!(/** A person whose glucose it is. */ PersonId, "p_", 60);
id!(/** A human who signs in. */ AccountId, "a_", 60);
id!(/** A browser, app or terminal that belongs to one account. */ DeviceId, "d_", 60);
id!(/** One account's right to see one person. */ FollowId, "f_", 60);
id!(/** A link that lets somebody in. */ InvitationId, "i_", 60);
id!(/** Where a person's readings come from. */ SourceId, "s_", 60);
id!(/** What a program presents; short enough to travel inside a Share session. */ CredentialId, "k_", 40);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_can_be_read_again(bits: u64) {
            let person = PersonId::from_random(bits);
            prop_assert_eq!(person.to_string().parse::<PersonId>(), Ok(person));
            let credential = CredentialId::from_random(bits);
            prop_assert_eq!(credential.to_string().parse::<CredentialId>(), Ok(credential));
        }

        #[test]
        fn any_text_is_an_id_or_a_refusal(text in "\\PC*") {
            let _ = text.parse::<PersonId>();
        }
    }

    #[test]
    fn one_kind_is_not_taken_for_another() {
        let text = PersonId::from_random(7).to_string();
        assert_eq!(text.parse::<FollowId>(), Err(NotAnId));
    }
}
