//! Secrets: making them, hashing them with the server's key, sealing what must be shown or replayed again.
//! Nothing here is ever logged; only keyed hashes and sealed texts leave this room.

use crate::clock::Chance;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

/// Length of the server's key in bytes.
pub const KEY_BYTES: usize = 32;
/// Digits of a generated secret: 20 of base 32 are 100 bits.
const SECRET_DIGITS: usize = 20;
/// No digits that look alike, and none that a messenger would make a word of.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The server's key, kept in a file outside of the store. All others are derived from it.
#[derive(Clone)]
pub struct Key {
    hashing: hmac::Key,
    sealing: [u8; 32],
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// The key made of these bytes.
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let derived = |purpose: &[u8]| -> [u8; 32] {
            hmac::sign(&root, purpose).as_ref().try_into().expect("SHA-256 has 32 bytes")
        };
        Self { hashing: hmac::Key::new(hmac::HMAC_SHA256, &derived(b"hash")), sealing: derived(b"seal") }
    }

    /// The full keyed hash of `text` for one purpose; equal texts of two purposes have unrelated hashes.
    pub fn mac(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.hashing);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(text);
        context.sign().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// The keyed hash by which a secret is stored and found again, in hex.
    pub fn hash(&self, purpose: &str, secret: &str) -> String {
        hex::encode(&self.mac(purpose, secret.as_bytes())[..20])
    }

    /// Seals `text` so that only this key opens it.
    pub fn seal(&self, text: &str, chance: &dyn Chance) -> String {
        let mut nonce = [0; NONCE_LEN];
        chance.fill(&mut nonce);
        let mut sealed = text.as_bytes().to_vec();
        self.cipher()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .expect("a short text can be sealed");
        hex::encode([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Key::seal`] sealed; `None` when another key did.
    pub fn open(&self, sealed: &str) -> Option<String> {
        let bytes = hex::decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let text = self.cipher().open_in_place(nonce, Aad::empty(), &mut sealed).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }

    fn cipher(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.sealing).expect("the key has 32 bytes"))
    }
}

/// So many random digits of base 32.
pub fn digits(chance: &dyn Chance, count: usize) -> String {
    let mut bytes = vec![0; count];
    chance.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(DIGITS[usize::from(byte & 31)])).collect()
}

/// A new secret of 100 bits, letters and digits only.
pub fn generate(chance: &dyn Chance) -> String {
    digits(chance, SECRET_DIGITS)
}

/// SHA-1 of a text in lower-case hex, as the Nightscout dialect sends its secret.
pub fn sha1_hex(text: &str) -> String {
    sha1_smol::Sha1::from(text).digest().to_string()
}

/// SHA-512 of a text in lower-case hex, the dialect's other form.
pub fn sha512_hex(text: &str) -> String {
    hex::encode(ring::digest::digest(&ring::digest::SHA512, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededChance;

    #[test]
    fn what_is_sealed_opens_with_its_key_only() {
        let chance = SeededChance::new(1);
        let sealed = Key::new(&[1; 32]).seal("secret", &chance);
        assert_eq!(Key::new(&[1; 32]).open(&sealed).as_deref(), Some("secret"));
        assert_eq!(Key::new(&[2; 32]).open(&sealed), None);
        assert!(!sealed.contains("secret"));
    }

    #[test]
    fn hashes_depend_on_key_purpose_and_secret() {
        let hash = |key: u8, purpose, secret| Key::new(&[key; 32]).hash(purpose, secret);
        assert_eq!(hash(1, "a", "x"), hash(1, "a", "x"));
        assert_ne!(hash(1, "a", "x"), hash(2, "a", "x"));
        assert_ne!(hash(1, "a", "x"), hash(1, "b", "x"));
        assert_ne!(hash(1, "a", "x"), hash(1, "a", "y"));
    }

    #[test]
    fn the_digests_of_the_dialect() {
        assert_eq!(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(sha512_hex("abc").starts_with("ddaf35a193617aba"));
    }
}
