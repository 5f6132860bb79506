//! The way to a server: an invitation is exchanged for a device's token once, and the token opens the door from then on.

use super::devices::{self, Devices};
use crate::client;
use crate::failure::Failure;
use keepwatch_edge::protocols::native::client::{Client, NoAnswer};
use reqwest::Url;
use std::path::PathBuf;

/// A server that knows this terminal.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    server: String,
    file: PathBuf,
    /// Asks it.
    pub(crate) client: Client,
}

impl Door {
    /// The door that an address leads to: an invitation, or a server where this terminal was let in before.
    pub(crate) async fn open(address: &str) -> Result<Self, Failure> {
        let url = client::address(address)?;
        let (server, invitation) = parted(&url);
        let http = client::client(&url)?;
        let file = devices::file()?;
        let mut devices = Devices::load(&file)?;
        let known =
            devices.secret(&server, invitation.as_deref()).map(|token| Client::new(http.clone(), &server, token));
        let client = match (known, invitation) {
            (Some(client), _) => client,
            (None, Some(invitation)) => {
                let bound = Client::accept_invitation(http, &server, &invitation).await;
                let client = bound.map_err(|no_answer| not_let_in(&server, no_answer))?;
                devices.remember(&server, &invitation, client.token().to_owned());
                devices.store(&file)?;
                client
            }
            (None, None) => {
                let sentence =
                    format!("could not look at {server}: it does not know this terminal; use an invitation link first");
                return Err(Failure::fault(sentence));
            }
        };
        Ok(Self { server, file, client })
    }

    /// What no answer means for whoever stands before the door.
    pub(crate) fn failure(&self, no_answer: NoAnswer) -> Failure {
        if !is_shut(&no_answer) {
            return unreachable(&self.server, no_answer);
        }
        // The next invitation starts afresh; a file that cannot be written changes nothing about the refusal.
        if let Ok(mut devices) = Devices::load(&self.file) {
            devices.forget(&self.server);
            let _ = devices.store(&self.file);
        }
        let server = &self.server;
        Failure::fault(format!(
            "could not look at {server}: this terminal is not let in any more; ask for a new invitation"
        ))
    }
}

/// Whether the server does not know this terminal any more.
pub(crate) const fn is_shut(no_answer: &NoAnswer) -> bool {
    matches!(no_answer, NoAnswer::Refused { status: 401 | 403, .. })
}

fn unreachable(server: &str, no_answer: NoAnswer) -> Failure {
    Failure::fault(match no_answer {
        NoAnswer::Refused { detail, .. } => detail,
        NoAnswer::Unreachable(cause) => {
            format!("could not reach {server}: {}; check the address and the network", client::why(&cause))
        }
        NoAnswer::NotOurs(_) => {
            format!("could not understand {server}: check that a Keepwatch answers there, of this or a later release")
        }
    })
}

fn not_let_in(server: &str, no_answer: NoAnswer) -> Failure {
    match no_answer {
        NoAnswer::Refused { status: 404 | 410, .. } => {
            Failure::fault("could not use this invitation: it has ended or is not known there; ask for a new one")
        }
        other => unreachable(server, other),
    }
}

/// The server of an address, and the invitation in it, if there is one.
fn parted(url: &Url) -> (String, Option<String>) {
    let path = url.path();
    let (before, invitation) = match path.rsplit_once("/i/") {
        Some((before, token)) if !token.trim_end_matches('/').is_empty() => {
            (before, Some(token.trim_end_matches('/').to_owned()))
        }
        _ => (path.split("/app").next().unwrap_or_default(), None),
    };
    let server = format!("{}{}", url.origin().ascii_serialization(), before.trim_end_matches('/'));
    (server, invitation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_told_from_a_server() {
        let part = |text: &str| parted(&client::address(text).expect("an address"));
        assert_eq!(part("https://w.example/i/abc"), ("https://w.example".into(), Some("abc".into())));
        assert_eq!(part("https://w.example/kw/i/abc/"), ("https://w.example/kw".into(), Some("abc".into())));
        assert_eq!(part("https://w.example:8443/app/p_1?x=1"), ("https://w.example:8443".into(), None));
        assert_eq!(part("https://w.example"), ("https://w.example".into(), None));
    }
}
