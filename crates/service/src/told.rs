//! What is told to those who follow live: one event, made once, shared by every stream.
//! Within one process this broadcast is the nerve; it holds nothing.

use crate::register::Rows;
use crate::window::Place;
use bytes::Bytes;
use keepwatch_model::fact::{Fact, Seq};
use keepwatch_model::id::{FollowId, PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading};
use keepwatch_model::row::{Row, RowKey};
use keepwatch_model::sharing::{Caller, Follow};
use std::sync::{Arc, OnceLock};

/// What happened to one person's readings.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// A reading was taken.
    Taken(Reading),
    /// A reading has another value now.
    Corrected(Reading),
    /// A reading is withdrawn.
    Withdrawn(Place),
    /// Somebody checked with a meter.
    Metered(MeterCheck),
}

/// One happening, and where the journal has it.
#[derive(Debug)]
pub struct Heard {
    /// Whose readings.
    pub person: PersonId,
    /// Its place in the journal; `None` while the store refuses and it is only seen.
    pub seq: Option<Seq>,
    /// What happened.
    pub happening: Happening,
    rendered: OnceLock<Bytes>,
}

impl Heard {
    /// A happening to be told.
    pub fn new(person: PersonId, seq: Option<Seq>, happening: Happening) -> Self {
        Self { person, seq, happening, rendered: OnceLock::new() }
    }

    /// The event as it travels: rendered by the first stream that asks, shared by all others.
    pub fn rendered(&self, render: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.rendered.get_or_init(|| render(self)).clone()
    }
}

/// Whom a change of rows concerns.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// People whose name or sources changed.
    pub people: Vec<PersonId>,
    /// Callers who may see others than before.
    pub callers: Vec<Caller>,
}

impl Touched {
    /// Whether it concerns nobody who follows.
    pub const fn is_empty(&self) -> bool {
        self.people.is_empty() && self.callers.is_empty()
    }

    /// Takes in whom a fact concerns; `rows` are as they were before it.
    pub(crate) fn by(&mut self, fact: &Fact, rows: &Rows) {
        match fact {
            Fact::Changed(row) => match &**row {
                Row::Person(person) => self.people.push(person.id),
                Row::Source(source) => self.people.push(source.person),
                Row::Follow(follow) => self.callers.extend(callers_of(follow)),
                _ => {}
            },
            Fact::Removed(RowKey { kind: 'f', number }) => {
                self.callers.extend(rows.follow(FollowId::from_random(*number)).into_iter().flat_map(callers_of));
            }
            Fact::PersonForgotten(person) => self.callers.push(Caller::Publisher(*person)),
            _ => {}
        }
    }
}

/// Who sees by a follow.
fn callers_of(follow: &Follow) -> [Caller; 3] {
    [Caller::Account(follow.account), Caller::Program(follow.account), Caller::Reader(follow.id)]
}

/// A message to the live followers.
#[derive(Clone, Debug)]
pub enum Told {
    /// Something happened to a person's readings.
    Heard(Arc<Heard>),
    /// A source was in touch, or was refused.
    Contact(PersonId, SourceId),
    /// Rows changed.
    Rows(Touched),
}
