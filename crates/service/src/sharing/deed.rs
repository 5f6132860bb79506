//! A change of rows: decided by the writer, when nothing else is under way.

use super::NotDone;
use crate::vitals::Vitals;
use crate::writer::{Deed, Ground, Unavailable};
use keepwatch_model::fact::Fact;
use tokio::sync::oneshot;

/// Decides which facts follow, and what to answer once they are durable.
type Decide<T> = Box<dyn FnOnce() -> Result<(Vec<Fact>, T), NotDone> + Send>;

pub(super) struct RowsDeed<T> {
    decide: Option<Decide<T>>,
    outcome: Option<Result<T, NotDone>>,
    reply: oneshot::Sender<Result<T, NotDone>>,
}

impl<T> RowsDeed<T> {
    pub(super) fn new(
        decide: impl FnOnce() -> Result<(Vec<Fact>, T), NotDone> + Send + 'static,
        reply: oneshot::Sender<Result<T, NotDone>>,
    ) -> Self {
        Self { decide: Some(Box::new(decide)), outcome: None, reply }
    }
}

impl<T: Send> Deed for RowsDeed<T> {
    fn decide(&mut self, _: &mut Ground<'_>) -> Vec<Fact> {
        let Some(decide) = self.decide.take() else { return Vec::new() };
        let (facts, outcome) = match decide() {
            Ok((facts, outcome)) => (facts, Ok(outcome)),
            Err(reason) => (Vec::new(), Err(reason)),
        };
        self.outcome = Some(outcome);
        facts
    }

    fn done(self: Box<Self>, result: Result<(), Unavailable>, _: &Vitals) {
        let decided = self.outcome.unwrap_or(Err(NotDone::Unavailable(Unavailable::STOPPING)));
        let answer = match result {
            Ok(()) => decided,
            Err(unavailable) => decided.and(Err(NotDone::Unavailable(unavailable))),
        };
        // Whoever asked may have gone; what was done stays done.
        let _ = self.reply.send(answer);
    }

    fn changes_rows(&self) -> bool {
        true
    }
}
