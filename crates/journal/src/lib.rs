//! What is remembered: the journal, which is the only thing that is written, and the records, which are the
//! journal folded for reading. This room orders, keeps and answers; it never decides.

pub mod error;
pub mod journal;
pub mod records;
pub mod faulty;
pub mod sqlite;
pub mod suite;
