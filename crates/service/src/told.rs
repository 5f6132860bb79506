//! What is told to those who follow live: one event, made once, shared by every stream.
//! Within one process this broadcast is the nerve; it holds nothing.

use crate::window::Place;
use bytes::Bytes;
use keepwatch_model::fact::Seq;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading};
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

/// A message to the live followers.
#[derive(Clone, Debug)]
pub enum Told {
    /// Something happened to a person's readings.
    Heard(Arc<Heard>),
    /// A source was in touch, or was refused.
    Contact(PersonId, SourceId),
    /// Names, follows or devices changed.
    Rows(Seq),
}
