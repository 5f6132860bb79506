//! Which person, account, family or follow is meant by an id or a name; where that is not clear, what to type instead.

use keepwatch_model::family::{Account, Family, Person};
use keepwatch_model::id::{AccountId, FamilyId, FollowId, PersonId};
use keepwatch_model::sharing::Follow;
use keepwatch_service::Service;
use std::fmt::Display;
use std::str::FromStr;

/// Something that can be named: its id, its name, and what else tells it from its namesakes.
struct Candidate<I> {
    id: I,
    name: String,
    beside: String,
}

/// The one that `asked` names, by its id or by a name that only it has.
fn find<I: Copy + Display + FromStr + PartialEq>(
    what: &str,
    asked: &str,
    all: Vec<Candidate<I>>,
) -> Result<(I, String), String> {
    if let Ok(id) = asked.parse::<I>() {
        let known = all.into_iter().find(|candidate| candidate.id == id);
        return known
            .map(|candidate| (id, candidate.name))
            .ok_or_else(|| format!("could not find the {what} {asked}: there is none of this id"));
    }
    let same = |candidate: &&Candidate<I>| candidate.name.to_lowercase() == asked.trim().to_lowercase();
    let namesakes: Vec<&Candidate<I>> = all.iter().filter(same).collect();
    match namesakes.as_slice() {
        [one] => Ok((one.id, one.name.clone())),
        [] if all.is_empty() => Err(format!("could not find the {what} {asked}: there is none on this server yet")),
        [] => Err(format!("could not find the {what} {asked}. Type one of these:\n{}", choices(all.iter()))),
        several => Err(format!(
            "could not tell which {what} is meant: {} are called {asked}. Type an id:\n{}",
            several.len(),
            choices(several.iter().copied())
        )),
    }
}

/// Limit: lines of a list of choices in an error; more are counted, not shown.
const CHOICES_MAX: usize = 20;

fn choices<'a, I: Display + 'a>(candidates: impl Iterator<Item = &'a Candidate<I>>) -> String {
    let mut lines: Vec<String> =
        candidates.map(|candidate| format!("  {}  {}{}", candidate.id, candidate.name, candidate.beside)).collect();
    lines.sort();
    let more = lines.len().saturating_sub(CHOICES_MAX);
    lines.truncate(CHOICES_MAX);
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    lines.join("\n")
}

/// The person that `asked` names.
pub(super) fn find_person(service: &Service, asked: &str) -> Result<(PersonId, String), String> {
    let rows = service.sharing.register().read();
    let family =
        |person: &Person| rows.family(person.family).map_or_else(String::new, |family| format!(", {}", family.name));
    let candidate = |person: &Person| Candidate { id: person.id, name: person.name.clone(), beside: family(person) };
    find("person", asked, rows.people().map(candidate).collect())
}

/// The family that `asked` names.
pub(super) fn find_family(service: &Service, asked: &str) -> Result<FamilyId, String> {
    let rows = service.sharing.register().read();
    let candidate = |family: &Family| Candidate { id: family.id, name: family.name.clone(), beside: String::new() };
    find("family", asked, rows.families().map(candidate).collect()).map(|(id, _)| id)
}

/// The account that `asked` names.
pub(super) fn find_account(service: &Service, asked: &str) -> Result<AccountId, String> {
    let rows = service.sharing.register().read();
    let family =
        |account: &Account| rows.family(account.family).map_or_else(String::new, |family| format!(", {}", family.name));
    let candidate =
        |account: &Account| Candidate { id: account.id, name: account.name.clone(), beside: family(account) };
    find("account", asked, rows.accounts().map(candidate).collect()).map(|(id, _)| id)
}

/// A follow is named by its id, or by a follower who has only this one.
pub(super) fn find_follow(service: &Service, asked: &str) -> Result<(FollowId, String), String> {
    let rows = service.sharing.register().read();
    let candidate = |person: &Person, follow: &Follow| Candidate {
        id: follow.id,
        name: rows.account(follow.account).map_or_else(String::new, |account| account.name.clone()),
        beside: format!(" follows {}", person.name),
    };
    let all = rows.people().flat_map(|person| rows.follows_of(person.id).iter().map(move |follow| (person, follow)));
    find("follow", asked, all.map(|(person, follow)| candidate(person, follow)).collect())
}
