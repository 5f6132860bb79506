//! Making the secrets that are shown once: invitations, and the credentials of uploaders and reading programs.

use super::{NotDone, Sharing, changed};
use crate::access::purpose;
use crate::secret::{digits, generate, sha1_hex, sha512_hex};
use keepwatch_model::fact::Fact;
use keepwatch_model::family::{Account, Person};
use keepwatch_model::id::{AccountId, CredentialId, InvitationId, PersonId};
use keepwatch_model::row::Row;
use keepwatch_model::sharing::{Credential, Follow, Form, Grant, Invitation};

/// Characters of a name that a Nightscout access token begins with.
const ABBREVIATION_CHARACTERS: usize = 10;
/// Hex digits of a derived access token.
const DERIVED_DIGITS: usize = 16;

/// What uploaders of one person present.
#[derive(Clone, Debug)]
pub struct PublishSecrets {
    /// The Nightscout API secret, in clear.
    pub nightscout_api_secret: String,
    /// The Share name.
    pub share_user_name: String,
    /// The Share password.
    pub share_password: String,
    /// The token of our own API.
    pub token: String,
}

/// What reading programs of one follower present.
#[derive(Clone, Debug)]
pub struct ReadSecrets {
    /// The Nightscout access token, for this one person.
    pub nightscout_token: String,
    /// The Share name, for this one person.
    pub share_user_name: String,
    /// The Share password.
    pub share_password: String,
    /// The token of our own API, for all that the account follows.
    pub token: String,
}

/// A name as the Nightscout dialect shortens it: lower case, letters, digits and underscores, ten at most.
fn abbreviation(name: &str) -> String {
    let lower = name.to_lowercase();
    let kept = lower.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_');
    let abbreviation: String = kept.take(ABBREVIATION_CHARACTERS).collect();
    if abbreviation.is_empty() { "reader".to_owned() } else { abbreviation }
}

impl Sharing {
    fn credential(&self, grant: Grant, form: Form) -> Fact {
        // Its id is short, so another may have it already: drawn again until nobody has.
        let draw = || CredentialId::from_random(self.chance.number());
        let rows = self.register.read();
        let id = std::iter::repeat_with(draw).find(|id| rows.credential(*id).is_none()).unwrap_or_else(draw);
        drop(rows);
        changed(Row::Credential(Credential { id, grant, form, made_at: self.clock.now() }))
    }

    /// A new invitation; those that the account had before end.
    pub(super) fn issue_invitation(&self, account: AccountId, facts: &mut Vec<Fact>) -> String {
        let secret = generate(&*self.chance);
        let earlier: Vec<Invitation> = self.register.read().invitations_to(account).cloned().collect();
        facts.extend(earlier.into_iter().map(|invitation| Fact::Removed(Row::Invitation(invitation).key())));
        facts.push(changed(Row::Invitation(Invitation {
            id: InvitationId::from_random(self.chance.number()),
            account,
            secret_hash: self.key.hash(purpose::INVITATION, &secret),
            issued_at: self.clock.now(),
            devices_bound: 0,
        })));
        secret
    }

    fn issue_token(&self, grant: Grant, facts: &mut Vec<Fact>) -> String {
        let token = generate(&*self.chance);
        facts.push(self.credential(grant, Form::Token { hash: self.key.hash(purpose::TOKEN, &token) }));
        token
    }

    fn issue_share(&self, grant: Grant, name: &str, facts: &mut Vec<Fact>) -> (String, String) {
        let draw = || format!("{}{}", abbreviation(name).replace('_', ""), digits(&*self.chance, 6));
        let rows = self.register.read();
        let user_name = std::iter::repeat_with(draw).find(|name| !rows.share_name_is_taken(name)).unwrap_or_else(draw);
        drop(rows);
        let password = generate(&*self.chance);
        let hash = self.key.hash(purpose::SHARE_PASSWORD, &password);
        facts.push(self.credential(grant, Form::SharePassword { user_name: user_name.clone(), hash }));
        (user_name, password)
    }

    pub(super) fn issue_publish(&self, person: &Person, facts: &mut Vec<Fact>) -> PublishSecrets {
        let grant = Grant::Publish(person.id);
        let nightscout_api_secret = generate(&*self.chance);
        let sha1 = sha1_hex(&nightscout_api_secret);
        let form = Form::NightscoutSecret {
            sha1_hash: self.key.hash(purpose::NIGHTSCOUT_DIGEST, &sha1),
            sha512_hash: self.key.hash(purpose::NIGHTSCOUT_DIGEST, &sha512_hex(&nightscout_api_secret)),
            sealed_sha1: self.key.seal(&sha1, &*self.chance),
        };
        facts.push(self.credential(grant, form));
        let (share_user_name, share_password) = self.issue_share(grant, &person.name, facts);
        let token = self.issue_token(grant, facts);
        PublishSecrets { nightscout_api_secret, share_user_name, share_password, token }
    }

    pub(super) fn issue_read(
        &self,
        person: &Person,
        follow: &Follow,
        account: &Account,
        facts: &mut Vec<Fact>,
    ) -> Result<ReadSecrets, NotDone> {
        let grant = Grant::Read(follow.id);
        let (subject, digits) =
            self.derive(person.id).ok_or(NotDone::Unknown("key file that this person's secrets are sealed with"))?;
        let nightscout_token = format!("{}-{digits}", abbreviation(&account.name));
        let hash = self.key.hash(purpose::NIGHTSCOUT_DIGEST, &digits);
        let token_sha1_hash = self.key.hash(purpose::NIGHTSCOUT_DIGEST, &sha1_hex(&nightscout_token));
        facts.push(self.credential(grant, Form::NightscoutSubject { subject, hash, token_sha1_hash }));
        let (share_user_name, share_password) = self.issue_share(grant, &account.name, facts);
        let token = self.issue_token(Grant::Account(account.id), facts);
        Ok(ReadSecrets { nightscout_token, share_user_name, share_password, token })
    }

    /// A new subject, and the digits that clients derive from it and the person's secret.
    fn derive(&self, person: PersonId) -> Option<(String, String)> {
        let rows = self.register.read();
        let mut passes = rows.credentials_for(|grant| grant == Grant::Publish(person));
        let sealed = passes.find_map(|(_, pass)| pass.sealed().map(str::to_owned))?;
        drop(passes);
        drop(rows);
        let mut bytes = [0; 12];
        self.chance.fill(&mut bytes);
        let subject = hex::encode(bytes);
        let derived = sha1_hex(&format!("{}{subject}", self.key.open(&sealed)?));
        Some((subject, derived[..DERIVED_DIGITS].to_owned()))
    }
}
