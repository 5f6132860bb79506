//! What is true: the nouns of the house and their arithmetic.
//!
//! Nothing here asks the time, logs, stores or speaks. The modules stand in reading order;
//! each may use those above it, never those below.

pub mod time;
pub mod id;
pub mod glucose;
pub mod trend;
pub mod family;
pub mod source;
pub mod reading;
pub mod series;
pub mod sharing;
pub mod row;
pub mod fact;
