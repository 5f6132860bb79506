//! Wrong guesses slow down the guesser, by name together with address; whoever knows the secret is never slowed.

use keepwatch_model::time::{MINUTE_MS, Timestamp};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Mutex;

/// So many wrong guesses are free: a person mistypes.
const FREE_GUESSES: u32 = 5;
/// The first wait; it doubles with each further guess.
const FIRST_WAIT_MS: i64 = 5_000;
/// The longest wait.
const LONGEST_WAIT_MS: i64 = 10 * MINUTE_MS;
/// Guesses are forgotten after so long without another.
const FORGOTTEN_AFTER_MS: i64 = 30 * MINUTE_MS;
/// Limit: guessers remembered; beyond it the forgotten are cleared away, and if none is, the oldest go.
pub(crate) const GUESSERS_MAX: usize = 65_536;

#[derive(Clone, Copy, Debug)]
struct Guesser {
    count: u32,
    last: Timestamp,
}

/// Who guessed wrong, and how often. Names are kept as hashes only.
#[derive(Debug, Default)]
pub(super) struct Guesses(Mutex<HashMap<u64, Guesser>>);

fn key(name: &str, from: IpAddr) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name, from).hash(&mut hasher);
    hasher.finish()
}

impl Guesses {
    pub(super) fn wait_ms(&self, name: &str, from: IpAddr, now: Timestamp) -> Option<i64> {
        let guesser = *self.0.lock().expect("no holder panics").get(&key(name, from))?;
        let doublings = guesser.count.checked_sub(FREE_GUESSES)?.min(16);
        let wait_ms = (FIRST_WAIT_MS << doublings).min(LONGEST_WAIT_MS) - now.ms_since(guesser.last);
        (wait_ms > 0).then_some(wait_ms)
    }

    pub(super) fn missed(&self, name: &str, from: IpAddr, now: Timestamp) {
        let mut guessers = self.0.lock().expect("no holder panics");
        if guessers.len() >= GUESSERS_MAX {
            guessers.retain(|_, guesser| now.ms_since(guesser.last) < FORGOTTEN_AFTER_MS);
        }
        if guessers.len() >= GUESSERS_MAX {
            let oldest = guessers.iter().min_by_key(|(_, guesser)| guesser.last).map(|(key, _)| *key);
            oldest.map(|oldest| guessers.remove(&oldest));
        }
        let guesser = guessers.entry(key(name, from)).or_insert(Guesser { count: 0, last: now });
        let forgotten = now.ms_since(guesser.last) >= FORGOTTEN_AFTER_MS;
        *guesser = Guesser { count: if forgotten { 1 } else { guesser.count + 1 }, last: now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);
    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

    #[test]
    fn the_guesser_waits_and_nobody_else() {
        let guesses = Guesses::default();
        (0..FREE_GUESSES).for_each(|_| guesses.missed("ada", HERE, NOW));
        assert_eq!(guesses.wait_ms("ada", HERE, NOW), Some(FIRST_WAIT_MS));
        assert_eq!(guesses.wait_ms("ada", THERE, NOW), None);
        assert_eq!(guesses.wait_ms("ben", HERE, NOW), None);
        assert_eq!(guesses.wait_ms("ada", HERE, NOW.plus_ms(FIRST_WAIT_MS)), None);
    }

    #[test]
    fn waits_grow_to_ten_minutes_and_no_further() {
        let guesses = Guesses::default();
        (0..60).for_each(|_| guesses.missed("ada", HERE, NOW));
        assert_eq!(guesses.wait_ms("ada", HERE, NOW), Some(LONGEST_WAIT_MS));
    }
}
