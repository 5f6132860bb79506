//! How many files this process may hold open, and how many connections fit below that. It closes none.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are no phone's connection: the store and its log, a few questions at once, the operator, the certificate,
/// the runtime's own. Limit: connections are taken up to what is left above these; the next one is refused by us, not by the
/// kernel in the middle of a write.
const RESERVED: u64 = 128;
/// However few files are allowed, this many connections are taken.
const CONNECTIONS_MIN: u64 = 16;

/// Raises the soft limit as far as this user may; the number of files that may be open from now on, `None` for no limit.
pub(crate) fn raise() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        // Some kernels bound it below what they say; then it stays as it was.
        Err(_) => current,
    }
}

/// How many connections to take, of `wanted`, when so many files may be open.
pub(crate) fn connections(wanted: usize, files: Option<u64>) -> usize {
    let fit = files.map_or(u64::MAX, |files| files.saturating_sub(RESERVED).max(CONNECTIONS_MIN));
    wanted.min(usize::try_from(fit).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_stay_below_the_files_that_may_be_open() {
        assert_eq!(connections(100_000, None), 100_000);
        assert_eq!(connections(100_000, Some(1_024)), 896);
        assert_eq!(connections(100, Some(1_024)), 100);
        assert_eq!(connections(100_000, Some(20)), 16, "a few are taken however little is allowed");
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        let files = raise();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!((current, files), (maximum, maximum));
    }
}
