//! What is taken away when somebody goes: not only rows, but what the journal said of them. Facts that something was removed
//! stay; they hold no more than its kind and number. Readings and blocks of a forgotten person go elsewhere.

use super::entry_row::CHANGED;
use super::failure::{corrupt, failure};
use crate::error::Error;
use keepwatch_model::fact::Fact;
use keepwatch_model::id::AccountId;
use keepwatch_model::row::{Row, RowKey};
use keepwatch_model::sharing::Grant;
use rusqlite::Connection;
use std::collections::HashSet;

/// The letter of an account's key.
const ACCOUNT: char = 'a';

/// Makes the index by which changes of rows are found among readings; readings pay nothing for it, and it is derived.
pub(super) fn index_changes(connection: &Connection) -> Result<(), Error> {
    let index = format!("CREATE INDEX IF NOT EXISTS entry_change ON entry (seq) WHERE kind = {CHANGED}");
    connection.execute_batch(&index).map_err(failure)
}

/// Whether these facts end a person or a human who signs in.
pub(super) fn ends_somebody(facts: &[Fact]) -> bool {
    facts.iter().any(|fact| match fact {
        Fact::PersonForgotten(_) => true,
        Fact::Removed(key) => key.kind == ACCOUNT,
        _ => false,
    })
}

/// Takes away whatever the journal says of the rows that go with somebody who ends in these facts, and of everything that
/// ever belonged to an account that ends: names, and hashes of secrets, also of what was removed before.
pub(super) fn erase_changes(connection: &Connection, facts: &[Fact]) -> Result<(), Error> {
    let removed: HashSet<RowKey> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Removed(key) => Some(*key),
            _ => None,
        })
        .collect();
    let is_gone = |row: &Row| {
        let account = account_of(row).map(|account| RowKey { kind: ACCOUNT, number: account.number() });
        removed.contains(&row.key()) || account.is_some_and(|account| removed.contains(&account))
    };
    let select = format!("SELECT seq, body FROM entry INDEXED BY entry_change WHERE kind = {CHANGED}");
    let mut select = connection.prepare_cached(&select).map_err(failure)?;
    let mut rows = select.query([]).map_err(failure)?;
    let mut gone: Vec<i64> = Vec::new();
    while let Some(row) = rows.next().map_err(failure)? {
        let seq = row.get(0).map_err(failure)?;
        let body: String = row.get(1).map_err(failure)?;
        let changed: Row =
            serde_json::from_str(&body).map_err(|error| corrupt(format!("entry {seq}")).because(error))?;
        if is_gone(&changed) {
            gone.push(seq);
        }
    }
    let mut delete = connection.prepare_cached("DELETE FROM entry WHERE seq = ?1").map_err(failure)?;
    gone.into_iter().try_for_each(|seq| delete.execute([seq]).map(|_| ()).map_err(failure))
}

/// The account to which a row belongs. A follow belongs to the person.
const fn account_of(row: &Row) -> Option<AccountId> {
    match row {
        Row::Account(account) => Some(account.id),
        Row::Device(device) => Some(device.account),
        Row::Invitation(invitation) => Some(invitation.account),
        Row::Credential(credential) => match credential.grant {
            Grant::Account(account) => Some(account),
            Grant::Publish(_) | Grant::Read(_) => None,
        },
        Row::Family(_) | Row::Person(_) | Row::Follow(_) | Row::Source(_) => None,
    }
}
