//! Readings come in: each is checked, gets its place, and is compared with what is known; the receipt says what
//! became of each. This is where a late reading gets its place. A bad item never sinks the good beside it.

mod deed;

use crate::clock::Clock;
use crate::register::Register;
use crate::told::Told;
use crate::window::Window;
use crate::writer::{Unavailable, Writer};
use deed::{MeterDeed, ReadingsDeed, WithdrawDeed};
use keepwatch_model::id::SourceId;
use keepwatch_model::reading::{Draft, MeterCheck, ReadingKey, Refusal};
use keepwatch_model::sharing::Permit;
use keepwatch_model::source::Protocol;
use keepwatch_model::time::{MINUTE_MS, Timestamp};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Limit: readings in one upload; edge refuses larger ones, with the number.
pub const READINGS_MAX_PER_UPLOAD: usize = 1_000;
/// Being in touch is told to followers at most so often for one source.
const CONTACT_TOLD_EVERY_MS: i64 = MINUTE_MS;

/// By which door and from which device an upload comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// By which door.
    pub protocol: Protocol,
    /// What the device calls itself; one source for each. Empty where the dialect names none.
    pub device: String,
    /// How screens shall call it, until the owner names it otherwise.
    pub name: String,
}

/// What became of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new and is kept.
    Accepted(ReadingKey),
    /// It was known already.
    Known(ReadingKey),
    /// Another value was known; this one holds now.
    Corrected(ReadingKey),
    /// It is not kept, and why.
    Refused(Refusal),
}

/// What became of each item, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// One for each item.
    pub items: Vec<Outcome>,
}

impl Receipt {
    fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.items.iter().filter(|item| is(item)).count()
    }

    /// How many were new.
    pub fn accepted(&self) -> usize {
        self.count(|item| matches!(item, Outcome::Accepted(_)))
    }

    /// How many were known.
    pub fn known(&self) -> usize {
        self.count(|item| matches!(item, Outcome::Known(_)))
    }

    /// How many corrected another value.
    pub fn corrected(&self) -> usize {
        self.count(|item| matches!(item, Outcome::Corrected(_)))
    }

    /// How many were refused.
    pub fn refused(&self) -> usize {
        self.count(|item| matches!(item, Outcome::Refused(_)))
    }
}

/// Takes readings in.
#[derive(Clone)]
pub struct Intake {
    writer: Writer,
    window: Arc<Window>,
    register: Arc<Register>,
    clock: Arc<dyn Clock>,
}

impl Intake {
    pub(crate) fn new(writer: Writer, window: Arc<Window>, register: Arc<Register>, clock: Arc<dyn Clock>) -> Self {
        Self { writer, window, register, clock }
    }

    /// Takes an upload of one source. Items that the protocol could not read come as refusals, so that the receipt
    /// keeps their order.
    ///
    /// # Errors
    /// [`Unavailable`] when the store refuses: followers have seen the good readings, but nothing is acknowledged.
    pub async fn accept(
        &self,
        permit: &Permit,
        origin: Origin,
        drafts: Vec<Result<Draft, Refusal>>,
    ) -> Result<Receipt, Unavailable> {
        let (reply, answer) = oneshot::channel();
        let received_at = self.clock.now();
        self.writer.hand_in(Box::new(ReadingsDeed::new(permit.person(), origin, received_at, drafts, reply))).await;
        answer.await.unwrap_or(Err(Unavailable::STOPPING))
    }

    /// Withdraws a reading; false when there is none of this key.
    ///
    /// # Errors
    /// [`Unavailable`] when the store refuses.
    pub async fn withdraw(&self, permit: &Permit, source: SourceId, at: Timestamp) -> Result<bool, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.writer.hand_in(Box::new(WithdrawDeed::new(permit.person(), source, at, reply))).await;
        answer.await.unwrap_or(Err(Unavailable::STOPPING))
    }

    /// Notes meter checks; each is new, known, or refused.
    ///
    /// # Errors
    /// [`Unavailable`] when the store refuses.
    pub async fn check_meter(
        &self,
        permit: &Permit,
        checks: Vec<Result<MeterCheck, Refusal>>,
    ) -> Result<Vec<Result<bool, Refusal>>, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.writer.hand_in(Box::new(MeterDeed::new(permit.person(), checks, reply))).await;
        answer.await.unwrap_or(Err(Unavailable::STOPPING))
    }

    /// Notes that an uploader was in touch without bringing readings. Nothing is written.
    pub fn heard(&self, permit: &Permit, origin: &Origin) {
        let person = permit.person();
        let source = self.register.read().source_named(person, origin.protocol, &origin.device).map(|source| source.id);
        let Some(source) = source else { return };
        let now = self.clock.now();
        let last = self.window.write(person, |window| window.source_mut(source).last_contact.replace(now));
        if last.is_none_or(|last| now.ms_since(last) >= CONTACT_TOLD_EVERY_MS) {
            self.writer.tell(Told::Contact(person, source));
        }
    }
}
